// Configuration from YAML text, read strictly.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/config_value.h"

namespace objectstore {

// Reads `text` as one YAML document whose root is a dictionary (an empty document is an empty one).
// Plain scalars are typed by the YAML 1.2 core rules, quoted ones are strings; anchors and aliases
// work, `<<` means nothing. `name` is how messages and origins name the file. Syntax errors,
// duplicate keys, several documents and unreasonable size or depth are appended to `errors`; the
// tree is then what could be read.
[[nodiscard]] ConfigValue config_from_yaml(const std::string& text, std::string_view name,
                                           std::vector<ConfigProblem>& errors);

}  // namespace objectstore
