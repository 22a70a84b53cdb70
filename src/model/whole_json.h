// JSON texts of which all counts.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace objectstore {

// Discarded where the text is not one JSON value and nothing else. The library by itself takes a
// NUL for the end of the text, whatever follows. `look`: sees what is parsed, as the library calls
// it.
template <class Json = nlohmann::json>
[[nodiscard]] Json parse_whole_json(std::string_view text,
                                    const typename Json::parser_callback_t& look = nullptr) {
  if (text.find('\0') != std::string_view::npos) return Json(Json::value_t::discarded);
  return Json::parse(text, look, /*allow_exceptions=*/false);
}

}  // namespace objectstore
