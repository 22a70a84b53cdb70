#include "http/query.h"

#include <gtest/gtest.h>

#include <string>

namespace objectstore {
namespace {

TEST(Query, values_are_form_decoded_and_names_too) {
  EXPECT_EQ(*query_value("a=1&upload_id=x%2Fy+z&b", "upload_id"), "x/y z");
  EXPECT_EQ(*query_value("upload%5Fid=1", "upload_id"), "1");
  EXPECT_EQ(*query_value("a=b=c", "a"), "b=c");
  EXPECT_EQ(*query_value("a", "a"), "");
  EXPECT_EQ(*query_value("A=1", "a"), std::nullopt) << "names are compared with case";
  EXPECT_EQ(*query_value("", "a"), std::nullopt);
  EXPECT_EQ(*query_value("&&a=1&", "a"), "1");
}

TEST(Query, name_given_twice_is_an_error) {
  EXPECT_EQ(query_value("a=1&a=1", "a").error().message(), "duplicate field `a`");
  EXPECT_EQ(query_value("a=1&%61=2", "a").error().message(), "duplicate field `a`");
}

TEST(Query, value_that_must_be_there_is_asked_for_by_name) {
  EXPECT_EQ(required_query_value("b=1", "a").error().message(), "missing field `a`");
  EXPECT_EQ(*required_query_value("a=1", "a"), "1");
  EXPECT_EQ(query_value("a=%ff", "a").error().message(), "a: not UTF-8");
}

TEST(Query, numbers_are_whole_decimal_and_in_range) {
  struct Case {
    const char* text;
    std::optional<std::uint32_t> value;  // unset: refused
  };
  const Case cases[] = {
      {"1", 1},           {"4294967295", 4294967295},
      {"007", 7},         {"0", {}},
      {"", {}},           {"-1", {}},
      {"1.5", {}},        {"1x", {}},
      {"0x1", {}},        {"%2B7", 7},
      {"4294967296", {}}, {" 1", {}},
      {"+1", {}},         {"99999999999999", {}},
  };
  for (const auto& c : cases) {
    const auto query = "n=" + std::string(c.text);
    const auto value = query_number(query, "n", 1);
    EXPECT_EQ(value.ok(), c.value.has_value()) << query;
    if (value.ok()) {
      EXPECT_EQ(*value, c.value) << query;
    }
  }
  EXPECT_EQ(*query_number("n=0", "n", 0), 0U);
  EXPECT_EQ(*query_number("m=0", "n", 0), std::nullopt);
}

}  // namespace
}  // namespace objectstore
