#include "net/ini_file.h"

#include <algorithm>
#include <utility>

#include "base/trim.h"
#include "model/text.h"

namespace objectstore {

namespace {

constexpr std::string_view blank = " \t\r";

bool is_comment(char c) {
  return c == '#' || c == ';';
}

// A comment behind a value stands after a blank.
std::string_view without_comment(std::string_view value) {
  for (std::size_t at = 1; at < value.size(); ++at) {
    if (is_comment(value[at]) && blank.find(value[at - 1]) != std::string_view::npos) {
      return trimmed(value.substr(0, at));
    }
  }
  return value;
}

std::string section_name(std::string_view text) {
  std::string name;
  for (const char c : trimmed(text)) {
    const bool is_blank = blank.find(c) != std::string_view::npos;
    if (is_blank && name.ends_with(' ')) continue;
    name += is_blank ? ' ' : c;
  }
  return name;
}

}  // namespace

Result<IniFile> IniFile::parse(std::string path, std::string_view text) {
  IniFile file(std::move(path));
  Section* section = nullptr;
  bool nests = false;  // the last setting has settings of its own, as "s3 =" may have
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto content = trimmed(line);
    if (content.empty() || is_comment(content.front())) continue;
    const auto bad = [&] {
      return Error(ErrorCode::invalid_argument, "line " + std::to_string(number) + " of " +
                                                    file.path_ +
                                                    " is neither a section nor a setting of one");
    };
    if (content.front() == '[') {
      const auto end = content.find(']');
      if (end == std::string_view::npos) return bad();
      section = &file.sections_[section_name(content.substr(1, end - 1))];
      nests = false;
      continue;
    }
    if (nests && blank.find(line.front()) != std::string_view::npos) continue;
    const auto equals = content.find('=');
    if (equals == std::string_view::npos || equals == 0 || section == nullptr) return bad();
    std::string name(trimmed(content.substr(0, equals)));
    std::transform(name.begin(), name.end(), name.begin(), to_lower_ascii);
    const auto value = without_comment(trimmed(content.substr(equals + 1)));
    nests = value.empty();
    (*section)[std::move(name)] = value;
  }
  return file;
}

const IniFile::Section* IniFile::section(const std::string& name) const {
  const auto found = sections_.find(name);
  return found == sections_.end() ? nullptr : &found->second;
}

}  // namespace objectstore
