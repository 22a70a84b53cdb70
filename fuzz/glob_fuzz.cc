// Globs of kill switches: patterns built of others match what those do.
#include "fuzz.h"
#include "service/glob.h"

namespace objectstore {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text)
    out.append(1, '\\').append(1, c);
  return out;
}

bool matches(std::string_view pattern, std::string_view name) {
  const auto glob = Glob::compile(pattern);
  FUZZ_CHECK(glob.has_value());
  return glob->matches(name);
}

// What is made of one good pattern.
void check_pattern(const std::string& pattern, std::string_view name, bool matching) {
  // Within braces a comma may mean something else.
  if (pattern.find(',') == std::string::npos) {
    FUZZ_CHECK(matches("{" + pattern + "}", name) == matching);
    FUZZ_CHECK(matches("{x" + pattern + "," + pattern + "}", name) == matching ||
               name.starts_with('x'));
  }
  FUZZ_CHECK(matches("{," + pattern + "}", ""));
  if (!matching) return;
  FUZZ_CHECK(matches("*" + pattern, name));
  FUZZ_CHECK(matches(pattern + "**", std::string(name) + "/x"));
  FUZZ_CHECK(matches("?" + pattern + "[!a-c]", "x" + std::string(name) + "d"));
  FUZZ_CHECK(matches(pattern + escaped(name), std::string(name) + std::string(name)));
}

}  // namespace

// The pattern, a line's end, the name.
FUZZ_TARGET(input) {
  const auto line = std::min(input.find('\n'), input.size());
  const std::string pattern(input.substr(0, line));
  const auto name = input.substr(std::min(line + 1, input.size()));

  constexpr std::size_t longest = 500;  // what is made of both stays below the limit
  if (name.size() <= longest) {
    FUZZ_CHECK(matches(escaped(name), name));
    FUZZ_CHECK(!matches(escaped(name), std::string(name) + "x"));
    FUZZ_CHECK(!matches(escaped(name) + "x", name));
  }
  const auto glob = Glob::compile(pattern);
  if (!glob) return;
  const bool matching = glob->matches(name);
  if (pattern.find_first_of("?*[]{}\\") == std::string::npos) {
    FUZZ_CHECK(matching == (pattern == name));
  }
  if (pattern.size() + name.size() <= longest) check_pattern(pattern, name, matching);
}

}  // namespace objectstore
