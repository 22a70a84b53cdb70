#include "app/maintenance_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "app/cli.h"

namespace objectstore {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
  std::vector<MaintenanceOrder> orders;
};

Outcome call(const std::vector<std::string>& arguments, Environment environment = {}) {
  Outcome outcome;
  std::ostringstream out;
  std::ostringstream err;
  CliWorld world{out,
                 err,
                 std::move(environment),
                 "/nonexistent",
                 [](std::chrono::seconds) {},
                 [](const Config&, Logger&) { return 99; },
                 [&](const Config&, const MaintenanceOrder& order, std::ostream&, std::ostream&) {
                   outcome.orders.push_back(order);
                   return 40;
                 },
                 {}};
  outcome.code = run_cli(arguments, world);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

TEST(MaintenanceArguments, arguments_become_commands) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"scrub"}, encode_command(ScrubOptions())},
      {{"scrub", "--deep", "--repair", "--resume", "1:2:a", "--rate", "1MB/s", "--young", "1h"},
       R"({"command":"scrub","options":{"deep":true,"repair":true,"bytes_per_second":1000000,)"
       R"("young_s":3600,"resume":"1:2:a"}})"},
      {{"changelog", "list"}, R"({"command":"changelog list","options":{}})"},
      {{"changelog", "show", "a"}, R"({"command":"changelog show","options":{"id":"a"}})"},
      {{"changelog", "retry", "a"}, R"({"command":"changelog retry","options":{"id":"a"}})"},
      {{"changelog", "retry", "--all"}, R"({"command":"changelog retry","options":{}})"},
      {{"changelog", "drop", "a"}, R"({"command":"changelog drop","options":{"id":"a"}})"},
      {{"changelog", "drop", "a", "--yes"},
       R"({"command":"changelog drop","options":{"id":"a","confirmed":true}})"},
  };
  for (const auto& [arguments, command] : cases) {
    for (const bool json : {false, true}) {
      auto given = arguments;
      if (json) given.emplace_back("--json");
      const auto outcome = call(given);
      EXPECT_EQ(outcome.code, 40) << command << outcome.err;
      ASSERT_EQ(outcome.orders.size(), 1U) << command;
      EXPECT_EQ(encode_command(outcome.orders[0].command), command);
      EXPECT_EQ(outcome.orders[0].json, json);
    }
  }
}

TEST(MaintenanceArguments, bad_ones_end_with_64_and_do_nothing) {
  const std::vector<std::vector<std::string>> cases = {
      {"scrub", "--bogus"},
      {"scrub", "extra"},
      {"scrub", "--rate"},
      {"scrub", "--rate", "fast"},
      {"scrub", "--young", "soon"},
      {"scrub", "--young", "900000d"},
      {"scrub", "--resume", std::string(20'000, 'x')},
      {"changelog"},
      {"changelog", "bogus"},
      {"changelog", "list", "extra"},
      {"changelog", "show"},
      {"changelog", "retry"},
      {"changelog", "retry", "a", "--all"},
      {"changelog", "drop"},
      {"changelog", "drop", "--yes"},
  };
  for (const auto& arguments : cases) {
    const auto outcome = call(arguments);
    EXPECT_EQ(outcome.code, 64) << ::testing::PrintToString(arguments);
    EXPECT_NE(outcome.err, "");
    EXPECT_TRUE(outcome.orders.empty());
  }
}

TEST(MaintenanceArguments, a_configuration_that_is_wrong_is_no_finding) {
  const auto outcome = call({"scrub"}, {{"OS__HTTP_ADDR", "localhost:1"}});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("http_addr"));
}

TEST(MaintenanceArguments, the_configuration_may_be_named_behind_the_command) {
  for (const auto& arguments : {std::vector<std::string>{"scrub", "-c", "/nonexistent/c.yaml"},
                                {"changelog", "list", "-c", "/nonexistent/c.yaml"},
                                {"-c", "/nonexistent/c.yaml", "scrub"}}) {
    const auto outcome = call(arguments);
    EXPECT_THAT(outcome.err, HasSubstr("/nonexistent/c.yaml: configuration file not found"));
  }
}

TEST(MaintenanceArguments, the_command_to_go_on_is_the_one_that_was_given) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"scrub"}, "objectstore scrub"},
      {{"scrub", "--repair", "--deep", "--json"}, "objectstore scrub --deep --repair --json"},
      {{"scrub", "--rate", "8 MiB", "--young", "1h", "--resume", "1:2:a"}, ""},
      {{"scrub", "--rate", "8MiB/s", "--young", "1h 30m", "--resume", "1:2:a"},
       "objectstore scrub --rate 8MiB/s --young '1h 30m'"},
  };
  for (const auto& [arguments, line] : cases) {
    const auto outcome = call(arguments);
    if (line.empty()) {
      EXPECT_EQ(outcome.code, 64);
      continue;
    }
    ASSERT_EQ(outcome.orders.size(), 1U) << line << outcome.err;
    EXPECT_EQ(outcome.orders[0].command_line, line);
  }
}

TEST(MaintenanceArguments, rates) {
  const std::pair<std::string, std::optional<std::uint64_t>> cases[] = {
      {"0", 0},
      {"1000000", 1'000'000},
      {"1000000B", 1'000'000},
      {"50MB/s", 50'000'000},
      {"50mb", 50'000'000},
      {"1.5KiB/s", 1536},
      {"2GiB", 2ULL << 30},
      {"3kB/s", 3000},
      {"1GB", 1'000'000'000},
      {"", std::nullopt},
      {"MB", std::nullopt},
      {"-1", std::nullopt},
      {"1 MB", std::nullopt},
      {"1MB/h", std::nullopt},
      {"1e9", std::nullopt},
      {"nan", std::nullopt},
      {"inf", std::nullopt},
      {"0.1", std::nullopt},
      {"99999999999GB", std::nullopt},
      {"1MB/s/s", std::nullopt},
      {"0x10", std::nullopt},
  };
  for (const auto& [text, bytes] : cases) {
    const auto parsed = parse_rate(text);
    EXPECT_EQ(parsed.ok(), bytes.has_value()) << text;
    if (parsed.ok() && bytes) {
      EXPECT_EQ(*parsed, *bytes) << text;
    }
  }
}

}  // namespace
}  // namespace objectstore
