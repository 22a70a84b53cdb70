// Files of sections and settings as AWS's tools write them (~/.aws/credentials, ~/.aws/config).
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace objectstore {

class IniFile {
 public:
  // By name, in lower case. The last of equal ones counts, in sections of the same name, too.
  using Section = std::map<std::string, std::string>;

  // Errors: invalid_argument, naming `path` and the line's number, never what it holds.
  [[nodiscard]] static Result<IniFile> parse(std::string path, std::string_view text);

  [[nodiscard]] const std::string& path() const { return path_; }
  // Null where there is none. Blanks within the names of a file count as one.
  [[nodiscard]] const Section* section(const std::string& name) const;

 private:
  explicit IniFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::map<std::string, Section> sections_;
};

}  // namespace objectstore
