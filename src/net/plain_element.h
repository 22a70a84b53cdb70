// XML answers whose elements of interest hold plain text: those of AWS's token service.
#pragma once

#include <optional>
#include <string_view>

namespace objectstore {

// What the first element of that name holds, of any depth. nullopt: there is none without
// attributes, or it holds more than text (elements, entities, CDATA).
[[nodiscard]] std::optional<std::string_view> plain_element(std::string_view xml,
                                                            std::string_view name);

}  // namespace objectstore
