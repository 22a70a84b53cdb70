// Patterns of names (contract semantics.md section 6).
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace objectstore {

// A compiled pattern; any thread may call. A character is a byte: the names are ASCII.
//
// `?` one character; `*` and `**` any run of them, '/' too; `[ab]`, `[a-z]` one of them, `[!ab]` or
// `[^ab]` another one; `{a,b}` either pattern, they may nest and be empty; `\` takes the meaning
// from the next character. A ']' that comes first in its brackets and a '-' that comes first or
// last stand for themselves.
class Glob {
 public:
  static constexpr std::size_t longest_pattern = 4096;

  // nullopt: brackets or braces without their other end, a final `\`, a range that runs backwards,
  // or too long.
  [[nodiscard]] static std::optional<Glob> compile(std::string_view pattern);

  // All of `name`, case-sensitive. Takes time in proportion to the product of the lengths at most.
  [[nodiscard]] bool matches(std::string_view name) const;

 private:
  class Compiler;
  class Places;

  using Characters = std::bitset<256>;
  enum class Kind : std::uint8_t {
    one,     // the character `operand`
    any,     // any character
    some,    // one of sets_[operand]
    run,     // any number of characters
    fork,    // goes on at the next step and at `operand`
    jump,    // goes on at `operand`
    accept,  // the name must end here
  };
  struct Step {
    Kind kind;
    std::uint16_t operand = 0;
  };

  Glob() = default;

  std::vector<Step> steps_;  // the last one accepts
  std::vector<Characters> sets_;
};

}  // namespace objectstore
