#include <gtest/gtest.h>

#include "app/config_load.h"
#include "app/env_value.h"

namespace objectstore {
namespace {

using Data = ConfigValue::Data;
using List = ConfigValue::List;

std::string shape(const ConfigValue& value) {
  struct Printer {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool v) const { return v ? "b:true" : "b:false"; }
    std::string operator()(std::int64_t v) const { return "i:" + std::to_string(v); }
    std::string operator()(std::uint64_t v) const { return "u:" + std::to_string(v); }
    std::string operator()(double v) const { return "f:" + std::to_string(v); }
    std::string operator()(const std::string& v) const { return "s:" + v; }
    std::string operator()(const ConfigValue::List& list) const {
      std::string out = "[";
      for (const auto& item : list)
        out += shape(item) + ";";
      return out + "]";
    }
    std::string operator()(const ConfigValue::Map& map) const {
      std::string out = "{";
      for (const auto& [key, item] : map)
        out += key + "=" + shape(item) + ";";
      return out + "}";
    }
  };
  return std::visit(Printer(), value.data);
}

struct Case {
  std::string text;
  std::string expected;
};

TEST(EnvValue, text_becomes_the_value_it_spells) {
  const std::vector<Case> cases = {
      {"true", "b:true"},
      {" false ", "b:false"},
      {"True", "s:True"},
      {"0", "u:0"},
      {"42", "u:42"},
      {"007", "u:7"},
      {"18446744073709551615", "u:18446744073709551615"},
      {"18446744073709551616", "s:18446744073709551616"},
      {"-5", "i:-5"},
      {"- 5", "s:- 5"},
      {"1.5", "f:1.500000"},
      {"-0.25", "f:-0.250000"},
      {"1e5", "s:1e5"},
      {"1.2.3.4", "s:1.2.3.4"},
      {"0.0.0.0:8888", "s:0.0.0.0:8888"},
      {"", "s:"},
      {"  a b  ", "s:a b"},
      {"a,b", "s:a,b"},
      {"true]", "s:true]"},
      {"a=b", "s:a=b"},
      {"'c'", "s:c"},
      {"'ü'", "s:ü"},
      {"'1'", "s:1"},
      {"'ab'", "s:'ab'"},
      {"''", "s:''"},
      {"\"\"", "s:"},
      {"\"123\"", "s:123"},
      {R"("a\b\t\n\f\r\"\\z")", "s:a\b\t\n\f\r\"\\z"},
      {R"("\u00fc\U0001F600\u20AC")", "s:ü😀€"},
      {R"("\x41")", R"(s:"\x41")"},
      {R"("\ud800")", R"(s:"\ud800")"},
      {R"("\u12")", R"(s:"\u12")"},
      {R"("open)", R"(s:"open)"},
      {R"("a" b)", R"(s:"a" b)"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(shape(parse_env_value(c.text, "X")), c.expected) << c.text;
}

TEST(EnvValue, lists_and_dictionaries_nest) {
  const std::vector<Case> cases = {
      {"[]", "[]"},
      {"[ ]", "[]"},
      {"[1, 2 ,]", "[u:1;u:2;]"},
      {"[a b, true,-1,1.5]", "[s:a b;b:true;i:-1;f:1.500000;]"},
      {"[\"a,b\",'c']", "[s:a,b;s:c;]"},
      {"[[1],[],{}]", "[[u:1;];[];{};]"},
      {"{}", "{}"},
      {"{a=1,}", "{a=u:1;}"},
      {" { a-B_9 = x , \"odd key.\"=y } ", "{a-B_9=s:x;odd key.=s:y;}"},
      {"{a={b=[c,{d=e}]}}", "{a={b=[s:c;{d=s:e;};];};}"},
      {"{a=b=c}", "{a=s:b=c;}"},
      {"[a\"b]", "[s:a\"b;]"},
      // What doesn't parse as a whole is text.
      {"[1", "s:[1"},
      {"[,]", "s:[,]"},
      {"[1,,2]", "s:[1,,2]"},
      {"[1] x", "s:[1] x"},
      {"[1}", "s:[1}"},
      {"{a}", "s:{a}"},
      {"{a=}", "s:{a=}"},
      {"{a b=1}", "s:{a b=1}"},
      {"{=1}", "s:{=1}"},
      {"[\"a\"b]", "s:[\"a\"b]"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(shape(parse_env_value(c.text, "X")), c.expected) << c.text;
}

TEST(EnvValue, nesting_is_bounded) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(shape(parse_env_value(deep, "X")), "s:" + deep);
}

TEST(EnvValue, the_contracts_examples_parse) {
  EXPECT_EQ(
      shape(parse_env_value(R"({test_kid={key_files=["/keys/a.pem","/keys/b.pem"],)"
                            R"(max_permissions=["object.read"],},other={key_files=["c.pem"]}})",
                            "X")),
      "{other={key_files=[s:c.pem;];};test_kid={key_files=[s:/keys/a.pem;s:/keys/b.pem;];"
      "max_permissions=[s:object.read;];};}");
  EXPECT_EQ(
      shape(parse_env_value(R"([{usecase=broken},{scopes={org="42"},service="relay*"}])", "X")),
      "[{usecase=s:broken;};{scopes={org=s:42;};service=s:relay*;};]");
  EXPECT_EQ(shape(parse_env_value(
                R"({attachments={expiration={manual={allowed=false},ttl={max="90d"}}}})", "X")),
            "{attachments={expiration={manual={allowed=b:false;};ttl={max=s:90d;};};};}");
}

TEST(EnvValue, names_split_into_lower_case_levels) {
  using Levels = std::vector<std::string>;
  EXPECT_EQ(env_key_levels("OS__STORAGE__HIGH_VOLUME__TYPE"),
            (Levels{"storage", "high_volume", "type"}));
  EXPECT_EQ(env_key_levels("os__Http_Addr"), Levels{"http_addr"});
  EXPECT_EQ(env_key_levels("oS__a___b"), (Levels{"a", "_b"}));
  for (const auto* name :
       {"OS__", "OS____A", "OS__A__", "OS__A____B", "OS_A", "XOS__A", "OS", ""}) {
    EXPECT_EQ(env_key_levels(name), Levels{}) << name;
  }
}

TEST(EnvValue, every_node_names_its_variable) {
  std::vector<ConfigProblem> errors;
  const auto root = config_from_environment({{"OS__A__B", "[{c=1}]"}, {"HOME", "/"}}, errors);
  const auto& a = root.map()->at("a");
  const auto& b = a.map()->at("b");
  EXPECT_EQ(a.origin, "OS__A__B");
  EXPECT_EQ(std::get<List>(b.data)[0].map()->at("c").origin, "OS__A__B");
  EXPECT_EQ(root.map()->size(), 1U);
  EXPECT_TRUE(errors.empty());
}

TEST(EnvValue, variables_of_one_section_add_up) {
  std::vector<ConfigProblem> errors;
  const auto root = config_from_environment(
      {{"OS__A", "{b=1,c=2}"}, {"OS__A__C", "3"}, {"OS__A__D", "4"}}, errors);
  EXPECT_EQ(shape(root), "{a={b=u:1;c=u:3;d=u:4;};}");
}

TEST(EnvValue, repeated_keys_of_an_inline_dictionary_are_errors) {
  std::vector<ConfigProblem> errors;
  (void)config_from_environment({{"OS__A", "{b=1,b=2}"}}, errors);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].str(), "a (OS__A): key \"b\" is given twice");
}

}  // namespace
}  // namespace objectstore
