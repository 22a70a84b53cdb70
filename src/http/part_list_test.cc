#include "http/part_list.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace objectstore {
namespace {

using namespace std::string_view_literals;

const std::string one = R"({"parts":[{"part_number":1,"etag":"e"}]})";

BadPartList refusal(std::string_view text) {
  auto list = parse_part_list(text);
  const auto* bad = std::get_if<BadPartList>(&list);
  EXPECT_NE(bad, nullptr) << text.substr(0, 100);
  return bad != nullptr ? *bad : BadPartList{};
}

TEST(PartList, parts_come_in_their_order_and_other_members_are_ignored) {
  const auto list = parse_part_list(
      R"( {"x":[{"y":[]}],"parts":[{"etag":"b","part_number":2,"z":1},{"part_number":1,"etag":""}]} )");
  const auto* parts = std::get_if<std::vector<ListedPart>>(&list);
  ASSERT_NE(parts, nullptr);
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ(parts->front().number, 2U);
  EXPECT_EQ(parts->front().etag, "b");
  EXPECT_EQ(parts->back().number, 1U);
  EXPECT_EQ(parts->back().etag, "");
}

TEST(PartList, text_that_is_not_json_is_refused_with_the_place) {
  const std::string prefix = "Failed to parse the request body as JSON: ";
  const std::pair<std::string, std::string> cases[] = {
      {"", "syntax error at byte 1"},
      {"{", "syntax error at byte 2"},
      {one + "x", "syntax error at byte 41"},
      {one + one, "syntax error at byte 41"},
      {one + std::string("\0garbage", 8), "syntax error at byte 41"},
      {one + std::string("\0", 1), "syntax error at byte 41"},
      {std::string("\0", 1), "syntax error at byte 1"},
      {"\xef\xbb\xbf" + one, "syntax error at byte 1"},
      {"{\"x\":\"" + std::string(100'000, 'x'), "syntax error at byte 100007"},
      {"{\"x\":\"\xff\"}", "syntax error at byte 7"},
      {"{\"x\":1e999}", "number out of range"},
      {std::string(200'000, '['), "nested too deeply"},
  };
  for (const auto& [text, problem] : cases) {
    const auto bad = refusal(text);
    EXPECT_EQ(bad.status, 400U) << text.substr(0, 100);
    EXPECT_EQ(bad.text, prefix + problem) << text.substr(0, 100);
  }
}

TEST(PartList, json_of_another_shape_is_refused_otherwise) {
  for (const auto text : {"[]"sv, "1"sv, "{}"sv, R"({"parts":{}})"sv, R"({"parts":[1]})"sv,
                          R"({"parts":[{"etag":"e"}]})"sv, R"({"parts":[{"part_number":1}]})"sv,
                          R"({"parts":[{"part_number":0,"etag":"e"}]})"sv}) {
    EXPECT_EQ(refusal(text).status, 422U) << text;
  }
}

}  // namespace
}  // namespace objectstore
