// Which build this is.
#pragma once

#include <string>

namespace objectstore {

// "objectstore@<version>+<commit>": the commit's 40 hex digits, zeros where it is not known.
[[nodiscard]] std::string version_text();

}  // namespace objectstore
