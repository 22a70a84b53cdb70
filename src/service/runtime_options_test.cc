#include "service/runtime_options.h"

#include <gtest/gtest.h>

#include <utility>

namespace objectstore {
namespace {

TEST(RuntimeOptions, the_contract_s_example) {
  const auto options = parse_runtime_options(
      R"({"options":{"killswitches":[{"usecase":"x","scopes":{"org":"1"},"service":"relay*"}]},)"
      R"("generated_at":"2026-04-20T13:37:00Z"})");
  ASSERT_TRUE(options.ok());
  const std::vector<Killswitch> expected = {{"x", {{"org", "1"}}, "relay*"}};
  EXPECT_EQ(options->killswitches, expected);
  EXPECT_TRUE(options->notes.empty());
}

TEST(RuntimeOptions, everything_may_be_left_out) {
  for (const auto* text : {R"({"options":{}})", R"({"options":{"killswitches":[]}})",
                           R"({"generated_at":17,"options":{}})", " { \"options\" : { } } "}) {
    const auto options = parse_runtime_options(text);
    ASSERT_TRUE(options.ok()) << text;
    EXPECT_TRUE(options->killswitches.empty()) << text;
    EXPECT_TRUE(options->notes.empty()) << text;
  }
  const auto options = parse_runtime_options(
      R"({"options":{"killswitches":[{},{"usecase":""},{"scopes":{}},{"service":"["}]}})");
  ASSERT_TRUE(options.ok());
  const std::vector<Killswitch> expected = {{}, {"", {}, {}}, {}, {{}, {}, "["}};
  EXPECT_EQ(options->killswitches, expected);
}

TEST(RuntimeOptions, unknown_options_are_left_out_with_a_note) {
  const auto options = parse_runtime_options(
      R"({"options":{"later":[1],"killswitches":[{"usecase":"x"}],"b":null},"version":2})");
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->killswitches.size(), 1);
  const std::vector<std::string> notes = {"options.b is unknown and left out",
                                          "options.later is unknown and left out",
                                          "version is unknown and left out"};
  EXPECT_EQ(options->notes, notes);
}

TEST(RuntimeOptions, a_service_that_is_no_glob_is_noted) {
  const auto options = parse_runtime_options(
      R"({"options":{"killswitches":[{"service":"a*"},{"service":"["},{"usecase":"["}]}})");
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->killswitches.size(), 3);
  const std::vector<std::string> notes = {
      "options.killswitches[1].service is no glob: this switch matches nothing"};
  EXPECT_EQ(options->notes, notes);
}

TEST(RuntimeOptions, notes_are_few_and_short) {
  std::string text = R"({"options":{)";
  for (int i = 0; i < 100; ++i)
    text += "\"" + std::to_string(i) + std::string(500, 'x') + "\":0,";
  text += R"("killswitches":[]}})";
  const auto options = parse_runtime_options(text);
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->notes.size(), 21);
  EXPECT_EQ(options->notes.back(), "there is more like this");
  for (const auto& note : options->notes)
    EXPECT_LT(note.size(), 120);

  // Names are cut between characters.
  const std::string name = std::string(63, 'x') + "\xe2\x82\xac!";
  const auto cut = parse_runtime_options(R"({"options":{},")" + name + R"(":1})");
  ASSERT_TRUE(cut.ok());
  EXPECT_EQ(cut->notes.front(), std::string(63, 'x') + "... is unknown and left out");
}

TEST(RuntimeOptions, what_is_wrong_is_named) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "runtime options are no JSON object"},
      {"{", "runtime options are no JSON object"},
      {"[]", "runtime options are no JSON object"},
      {"null", "runtime options are no JSON object"},
      {R"({"options":{}} x)", "runtime options are no JSON object"},
      {std::string_view("{\"options\":{}}\0x", 16), "runtime options are no JSON object"},
      {"{\"options\":{\"\xff\":1}}", "runtime options are no JSON object"},
      {"{}", "options: missing"},
      {R"({"killswitches":[]})", "options: missing"},
      {R"({"options":[]})", "options: not an object"},
      {R"({"options":null})", "options: not an object"},
      {R"({"options":{"killswitches":{}}})", "options.killswitches: not a list"},
      {R"({"options":{"killswitches":null}})", "options.killswitches: not a list"},
      {R"({"options":{"killswitches":["x"]}})", "options.killswitches[0]: not an object"},
      {R"({"options":{"killswitches":[{},{"usecase":1}]}})",
       "options.killswitches[1].usecase: not a string"},
      {R"({"options":{"killswitches":[{"usecase":null}]}})",
       "options.killswitches[0].usecase: not a string"},
      {R"({"options":{"killswitches":[{"service":["relay"]}]}})",
       "options.killswitches[0].service: not a string"},
      {R"({"options":{"killswitches":[{"scopes":["org"]}]}})",
       "options.killswitches[0].scopes: not an object"},
      {R"({"options":{"killswitches":[{"scopes":{"org":42}}]}})",
       "options.killswitches[0].scopes.org: not a string"},
      {R"({"options":{"killswitches":[{"use_case":"x"}]}})",
       "options.killswitches[0].use_case: no member of a kill switch"},
  };
  for (const auto& [text, expected] : cases) {
    const auto options = parse_runtime_options(text);
    ASSERT_FALSE(options.ok()) << text;
    EXPECT_EQ(options.error(), Error(ErrorCode::invalid_argument, std::string(expected))) << text;
  }
}

TEST(RuntimeOptions, size_and_entries_are_bounded) {
  const auto with_entries = [](std::size_t count) {
    std::string text = R"({"options":{"killswitches":[{})";
    for (std::size_t i = 1; i < count; ++i)
      text += ",{}";
    return parse_runtime_options(text + "]}}");
  };
  EXPECT_TRUE(with_entries(most_runtime_killswitches).ok());
  EXPECT_EQ(with_entries(most_runtime_killswitches + 1).error().message(),
            "options.killswitches: more than 1000 entries");

  std::string text = R"({"options":{}})";
  text.resize(longest_runtime_options, ' ');
  EXPECT_TRUE(parse_runtime_options(text).ok());
  EXPECT_EQ(parse_runtime_options(text + " ").error().message(),
            "runtime options are longer than 1048576 bytes");
  EXPECT_FALSE(parse_runtime_options(std::string(longest_runtime_options, '[')).ok());
}

}  // namespace
}  // namespace objectstore
