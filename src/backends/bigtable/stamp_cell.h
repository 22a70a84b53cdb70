// Stamps as the values of cells: texts of one width, whose order is that of the stamps, so that a
// range of values is a range of stamps (docs/formats/bigtable-rows.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/row_store.h"

namespace objectstore::bigtable {

// "{16 lower-case hexadecimal digits of the number}.{id}"
[[nodiscard]] std::string encode_stamp(const Stamp& stamp);
// nullopt for any other text.
[[nodiscard]] std::optional<Stamp> decode_stamp(std::string_view text);

}  // namespace objectstore::bigtable
