// Configuration from environment variables (contract config.md section 2).
//
// OS__STORAGE__TYPE=tiered is storage.type = "tiered". The prefix counts in any case, the rest of a
// name is lower-cased; a name with an empty level is not ours.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/config_value.h"

namespace objectstore {

using Environment = std::map<std::string, std::string>;

// The value that `text` spells: a boolean, a number, a quoted string or character, an inline list
// or dictionary; whatever is none of these is a string, blanks at its ends removed. Never fails.
// `origin` goes into every node. Keys that a dictionary repeats (the last one counts) are appended
// to `duplicates`, if given.
[[nodiscard]] ConfigValue parse_env_value(std::string_view text, const std::string& origin,
                                          std::vector<std::string>* duplicates = nullptr);

// The levels of a variable's name below the prefix, lower case; empty for a variable not ours.
[[nodiscard]] std::vector<std::string> env_key_levels(std::string_view name);

// One dictionary of all OS__ variables. Variables are taken in the order of their names, a later
// one over an earlier one. Repeated keys of inline dictionaries are appended to `errors`.
[[nodiscard]] ConfigValue config_from_environment(const Environment& environment,
                                                  std::vector<ConfigProblem>& errors);

}  // namespace objectstore
