// Writing the few JSON texts that responses consist of.
#pragma once

#include <string>
#include <string_view>

namespace objectstore {

// Appends `text` (UTF-8) as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace objectstore
