// Files of AWS's tools, and answers of its token service.
#include "fuzz.h"
#include "net/ini_file.h"
#include "net/plain_element.h"

namespace objectstore {

FUZZ_TARGET(input) {
  if (const auto file = IniFile::parse("file", input); file.ok()) {
    FUZZ_CHECK(file->path() == "file");
    if (const auto* section = file->section("default")) {
      for (const auto& [name, value] : *section)
        FUZZ_CHECK(!name.empty() && value.size() <= input.size());
    }
  } else {
    FUZZ_CHECK(file.error().code() == ErrorCode::invalid_argument);
  }
  const auto text = plain_element(input, "AccessKeyId");
  if (text) FUZZ_CHECK(text->find('<') == std::string_view::npos);
}

}  // namespace objectstore
