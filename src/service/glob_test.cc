#include "service/glob.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace objectstore {
namespace {

using namespace std::literals;

TEST(Glob, matches) {
  const struct {
    std::string_view pattern;
    std::vector<std::string_view> matching;
    std::vector<std::string_view> other;
  } cases[] = {
      {"relay", {"relay"}, {"", "Relay", "relays", "rela", "xrelay"}},
      {"", {""}, {"a"}},
      {"?", {"a", "/", "?"}, {"", "ab"}},
      {"*", {"", "a", "a/b"}, {}},
      {"**", {"", "a", "a/b"}, {}},
      {"relay*", {"relay", "relay-7", "relay/x"}, {"xrelay"}},
      {"*-pop", {"-pop", "relay-pop"}, {"relay-pops"}},
      {"a**b", {"ab", "axb", "a/x/b"}, {"a", "abc"}},
      {"a*b*c", {"abc", "axxbxxc", "abcbc"}, {"acb", "ab"}},
      {"[ab]", {"a", "b"}, {"c", "", "ab", "[ab]"}},
      {"[!ab]", {"c", "!", "/"}, {"a", "b", ""}},
      {"[^ab]", {"c", "!"}, {"a", "b"}},
      {"[a-c0]x", {"ax", "bx", "cx", "0x"}, {"dx", "-x", "x"}},
      {"[-a]", {"-", "a"}, {"b"}},
      {"[a-]", {"-", "a"}, {"b"}},
      {"[]a]", {"]", "a"}, {"b", "[]a]"}},
      {"[!]]", {"a"}, {"]"}},
      {"[\\]]", {"]"}, {"\\", "\\]"}},
      {"[a!]", {"a", "!"}, {"b"}},
      {"[*?]", {"*", "?"}, {"a"}},
      {"]", {"]"}, {"a"}},
      {"{a,b}", {"a", "b"}, {"", "c", "ab", "{a,b}"}},
      {"{a}", {"a"}, {"", "b"}},
      {"{}x", {"x"}, {"", "{}x"}},
      {"x{,y}", {"x", "xy"}, {"y", "xyy"}},
      {"{a,b*}*", {"a", "ab", "bxx", "b"}, {"", "c"}},
      {"{re*,sym?}-{1,[23]}", {"relay-1", "symb-3", "re-2"}, {"symbol-1", "relay-4", "relay"}},
      {"{a,{b,c}d}e", {"ae", "bde", "cde"}, {"be", "ade"}},
      {"a,b", {"a,b"}, {"a", "b"}},
      {"{a\\,b,c}", {"a,b", "c"}, {"a", "b"}},
      {"\\*", {"*"}, {"a", "\\*"}},
      {"\\\\", {"\\"}, {}},
      {"\\a", {"a"}, {}},
      {"\\{\\}", {"{}"}, {""}},
  };
  for (const auto& c : cases) {
    const auto glob = Glob::compile(c.pattern);
    ASSERT_TRUE(glob) << c.pattern;
    for (const auto name : c.matching)
      EXPECT_TRUE(glob->matches(name)) << c.pattern << " " << name;
    for (const auto name : c.other)
      EXPECT_FALSE(glob->matches(name)) << c.pattern << " " << name;
  }
}

TEST(Glob, invalid_patterns) {
  for (const auto pattern :
       {"["sv, "[a"sv, "[]"sv, "[!]"sv, "[!"sv, "[b-a]"sv, "[a-\\"sv, "[\\"sv, "{"sv, "{a"sv,
        "{a,"sv, "{a,{b}"sv, "}"sv, "a}"sv, "{a}}"sv, "\\"sv, "a\\"sv, "{[}"sv}) {
    EXPECT_FALSE(Glob::compile(pattern)) << pattern;
  }
  EXPECT_TRUE(Glob::compile(std::string(Glob::longest_pattern, '*')));
  EXPECT_FALSE(Glob::compile(std::string(Glob::longest_pattern + 1, '*')));
}

TEST(Glob, runs_and_braces_that_make_others_backtrack_take_little_time) {
  std::string runs;
  for (int i = 0; i < 200; ++i)
    runs += "*a";
  EXPECT_FALSE(Glob::compile(runs + "b")->matches(std::string(2000, 'a')));
  std::string braces;
  for (int i = 0; i < 200; ++i)
    braces += "{a,aa,*}";
  EXPECT_FALSE(Glob::compile(braces + "b")->matches(std::string(2000, 'a')));
  const std::string deep(Glob::longest_pattern / 2, '{');
  const std::string ends(Glob::longest_pattern / 2, '}');
  EXPECT_TRUE(Glob::compile(deep + ends)->matches(""));
  EXPECT_TRUE(Glob::compile(std::string(Glob::longest_pattern - 2, ',').insert(0, "{") + "}"));
}

// --- against a simple reference ------------------------------------------------------------------

// A pattern as it was made up: what it means is read from this, not from its text.
struct Part {
  enum Kind { text, one, run, members, others, either } kind;
  std::string characters;                       // of text, members and others
  std::vector<std::vector<Part>> alternatives;  // of either
};
using Pattern = std::vector<Part>;

std::string written(const Pattern& pattern) {
  std::string out;
  for (const auto& part : pattern) {
    switch (part.kind) {
      case Part::text:
        for (const char c : part.characters) {
          if ("*?[]{},\\!-"sv.find(c) != std::string_view::npos) out += '\\';
          out += c;
        }
        break;
      case Part::one:
        out += '?';
        break;
      case Part::run:
        out += part.characters.empty() ? "*" : "**";
        break;
      case Part::members:
      case Part::others:
        out += part.kind == Part::others ? "[!" : "[";
        for (const char c : part.characters)
          out.append("\\").append(1, c);
        out += ']';
        break;
      case Part::either:
        out += '{';
        for (const auto& alternative : part.alternatives) {
          if (&alternative != part.alternatives.data()) out += ',';
          out += written(alternative);
        }
        out += '}';
        break;
    }
  }
  return out;
}

// All ends of matches in `name` that begin at one of `starts`.
std::vector<bool> ends(const Pattern& pattern, std::string_view name, std::vector<bool> starts) {
  for (const auto& part : pattern) {
    std::vector<bool> next(name.size() + 1);
    for (std::size_t at = 0; at <= name.size(); ++at) {
      if (!starts[at]) continue;
      const auto rest = name.substr(at);
      const bool in = !rest.empty() && part.characters.find(rest[0]) != std::string::npos;
      switch (part.kind) {
        case Part::text:
          if (rest.starts_with(part.characters)) next[at + part.characters.size()] = true;
          break;
        case Part::one:
          if (!rest.empty()) next[at + 1] = true;
          break;
        case Part::run:
          for (auto end = at; end <= name.size(); ++end)
            next[end] = true;
          break;
        case Part::members:
        case Part::others:
          if (!rest.empty() && in == (part.kind == Part::members)) next[at + 1] = true;
          break;
        case Part::either:
          break;
      }
    }
    for (const auto& alternative : part.alternatives) {
      const auto found = ends(alternative, name, starts);
      for (std::size_t at = 0; at <= name.size(); ++at)
        next[at] = next[at] || found[at];
    }
    starts = next;
  }
  return starts;
}

bool reference_matches(const Pattern& pattern, std::string_view name) {
  std::vector<bool> starts(name.size() + 1);
  starts[0] = true;
  return ends(pattern, name, starts).back();
}

rc::Gen<std::string> any_text(std::size_t least, std::size_t most) {
  return rc::gen::exec([=] {
    const auto size = *rc::gen::inRange(least, most + 1);
    return *rc::gen::container<std::string>(
        size, rc::gen::element('a', 'a', 'b', 'b', 'A', '-', '/', '*', ',', ']', '!', '\\'));
  });
}

Pattern any_pattern(int depth) {
  Pattern pattern(*rc::gen::inRange<std::size_t>(0, 5));
  for (auto& part : pattern) {
    part.kind = static_cast<Part::Kind>(*rc::gen::inRange(0, depth > 0 ? 6 : 5));
    const bool has_class = part.kind == Part::members || part.kind == Part::others;
    if (part.kind == Part::text) part.characters = *any_text(0, 2);
    if (part.kind == Part::run) part.characters = *any_text(0, 1);
    if (has_class) part.characters = *any_text(1, 3);
    if (part.kind != Part::either) continue;
    const auto count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i)
      part.alternatives.push_back(any_pattern(depth - 1));
  }
  return pattern;
}

// A name that may well match.
std::string like(const Pattern& pattern) {
  std::string name;
  for (const auto& part : pattern) {
    switch (part.kind) {
      case Part::text:
        name += part.characters;
        break;
      case Part::one:
      case Part::others:
        name += *any_text(1, 1);
        break;
      case Part::run:
        name += *any_text(0, 2);
        break;
      case Part::members:
        name += *rc::gen::elementOf(part.characters);
        break;
      case Part::either:
        name +=
            like(part.alternatives[*rc::gen::inRange<std::size_t>(0, part.alternatives.size())]);
        break;
    }
  }
  return name;
}

RC_GTEST_PROP(Glob, matches_as_the_reference_does, ()) {
  const auto pattern = any_pattern(2);
  const auto glob = Glob::compile(written(pattern));
  RC_ASSERT(glob.has_value());
  std::size_t matching = 0;
  for (int i = 0; i < 20; ++i) {
    const auto name = i % 2 == 0 ? like(pattern) : *any_text(0, 6);
    const bool expected = reference_matches(pattern, name);
    matching += expected ? 1 : 0;
    RC_ASSERT(glob->matches(name) == expected);
  }
  RC_CLASSIFY(matching > 0);
}

}  // namespace
}  // namespace objectstore
