#include "runtime/spdlog_logger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

namespace objectstore {
namespace {

// 2026-04-20T13:37:00.123456789Z
const WallTime time_of_test{std::chrono::nanoseconds(1776692220123456789)};

std::string line(LogFormat format, std::string_view message, std::string value,
                 bool coloured = false) {
  return format_log_line(format, coloured, time_of_test, LogLevel::info, message,
                         {{"key", std::move(value)}});
}

TEST(SpdlogLogger, each_format_has_its_fixed_form) {
  EXPECT_EQ(line(LogFormat::simplified, "went well", "a"),
            "2026-04-20T13:37:00.123456Z INFO went well key=a");
  EXPECT_EQ(line(LogFormat::pretty, "went well", "a"),
            "2026-04-20 13:37:00.123  INFO went well key=a");
  EXPECT_EQ(line(LogFormat::pretty, "went well", "a", true),
            "2026-04-20 13:37:00.123 \x1b[32m INFO\x1b[0m went well \x1b[2mkey=\x1b[0ma");
  EXPECT_EQ(line(LogFormat::simplified, "x", "a", true).find('\x1b'), std::string::npos);
  EXPECT_EQ(line(LogFormat::json, "went well", "a"),
            R"({"timestamp":"2026-04-20T13:37:00.123456Z","level":"INFO","message":"went well",)"
            R"("fields":{"key":"a"}})");
}

TEST(SpdlogLogger, values_that_could_be_misread_are_quoted) {
  struct Case {
    std::string value;
    std::string shown;
  };
  const std::vector<Case> cases = {
      {"plain/value:1", "plain/value:1"},
      {"", "\"\""},
      {"two words", "\"two words\""},
      {"a=b", "\"a=b\""},
      {"a\"b", R"("a\"b")"},
      {"a\\n", R"("a\\n")"},
      {"grün", "grün"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(line(LogFormat::simplified, "m", c.value),
              "2026-04-20T13:37:00.123456Z INFO m key=" + c.shown);
  }
}

TEST(SpdlogLogger, no_value_breaks_a_line) {
  const std::vector<std::string> nasty = {
      "a\nb",     "a\r\nb",   "\x1b[2J",      "\xC2\x85", "\xE2\x80\xA8",        "\xE2\x80\xA9",
      "\xFF\xFE", "\xE2\x80", "\xED\xA0\x80", "\x7F",     std::string("a\0b", 3)};
  for (const auto format : {LogFormat::pretty, LogFormat::simplified, LogFormat::json}) {
    for (const auto& text : nasty) {
      const auto out = line(format, text, text);
      EXPECT_TRUE(std::all_of(out.begin(), out.end(), [](char c) { return c >= 0x20 && c < 0x7F; }))
          << out;
    }
  }
}

TEST(SpdlogLogger, json_lines_keep_every_value) {
  const std::string value = "a\n\"\\\x1b grün \xE2\x80\xA8";
  const auto parsed = nlohmann::json::parse(line(LogFormat::json, value, value));
  EXPECT_EQ(parsed["message"], value);
  EXPECT_EQ(parsed["fields"]["key"], value);
}

TEST(SpdlogLogger, names_of_fields_are_escaped_like_values) {
  const std::string name = "a \n\"=\\\x1b";
  const auto named = [&](LogFormat format) {
    return format_log_line(format, false, time_of_test, LogLevel::info, "m", {{name, "v"}});
  };
  EXPECT_EQ(named(LogFormat::simplified),
            "2026-04-20T13:37:00.123456Z INFO m \"a \\n\\\"=\\\\\\x1b\"=v");
  EXPECT_EQ(nlohmann::json::parse(named(LogFormat::json))["fields"][name], "v");
  const auto broken = format_log_line(LogFormat::json, false, time_of_test, LogLevel::info, "m",
                                      {{"\xFF", "\xFE"}});
  EXPECT_EQ(nlohmann::json::parse(broken)["fields"]["\uFFFD"], "\uFFFD");
}

TEST(SpdlogLogger, lines_of_several_threads_stay_whole) {
  std::ostringstream out;
  constexpr int threads = 4;
  constexpr int lines = 500;
  {
    SpdlogLogger logger(LogLevel::info, LogFormat::json, out);
    std::vector<std::thread> writers;
    writers.reserve(threads);
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([&logger, t] {
        const std::string value(200, static_cast<char>('a' + t));
        for (int i = 0; i < lines; ++i)
          logger.info("written", {{"value", value}});
      });
    }
    for (auto& writer : writers)
      writer.join();
  }
  std::istringstream in(out.str());
  int whole = 0;
  for (std::string text; std::getline(in, text); ++whole) {
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    ASSERT_TRUE(parsed.is_object()) << text;
    const auto value = parsed["fields"]["value"].get<std::string>();
    ASSERT_EQ(value, std::string(200, value[0]));
  }
  EXPECT_EQ(whole, threads * lines);
}

TEST(SpdlogLogger, levels_parse_in_any_case_and_as_digits) {
  const std::vector<std::pair<std::string, LogLevel>> cases = {
      {"TRACE", LogLevel::trace}, {"debug", LogLevel::debug}, {"Info", LogLevel::info},
      {"wArN", LogLevel::warn},   {"ERROR", LogLevel::error}, {"off", LogLevel::off},
      {"0", LogLevel::off},       {"1", LogLevel::error},     {"2", LogLevel::warn},
      {"3", LogLevel::info},      {"4", LogLevel::debug},     {"5", LogLevel::trace},
  };
  for (const auto& [text, level] : cases)
    EXPECT_EQ(parse_log_level(text), level) << text;
  for (const auto* text : {"", "6", "-1", "warning", "info ", "00"}) {
    EXPECT_EQ(parse_log_level(text), std::nullopt) << text;
  }
}

TEST(SpdlogLogger, format_names_are_lower_case) {
  for (const auto format :
       {LogFormat::automatic, LogFormat::pretty, LogFormat::simplified, LogFormat::json}) {
    EXPECT_EQ(parse_log_format(to_string(format)), format);
  }
  EXPECT_EQ(to_string(LogFormat::automatic), "auto");
  EXPECT_EQ(parse_log_format("JSON"), std::nullopt);
}

TEST(SpdlogLogger, rust_log_quietens_but_never_passes_the_configured_level) {
  EXPECT_EQ(effective_log_level(LogLevel::info, ""), LogLevel::info);
  EXPECT_EQ(effective_log_level(LogLevel::info, "warn"), LogLevel::warn);
  EXPECT_EQ(effective_log_level(LogLevel::info, "off"), LogLevel::off);
  EXPECT_EQ(effective_log_level(LogLevel::info, "trace"), LogLevel::info);
  EXPECT_EQ(effective_log_level(LogLevel::info, "hyper=error"), LogLevel::info);
}

TEST(SpdlogLogger, only_levels_at_or_above_the_least_are_written) {
  std::ostringstream out;
  SpdlogLogger logger(LogLevel::warn, LogFormat::automatic, out);
  logger.info("quiet");
  logger.warn("braces {} stay", {{"n", "{}"}});
  logger.error("loud");
  const auto text = out.str();
  EXPECT_EQ(text.find("quiet"), std::string::npos);
  EXPECT_NE(text.find("Z WARN braces {} stay n={}\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Z ERROR loud\n"), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(SpdlogLogger, off_writes_nothing) {
  std::ostringstream out;
  SpdlogLogger logger(LogLevel::off, LogFormat::json, out);
  logger.error("loud");
  logger.write(LogLevel::off, "odd", {});
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace objectstore
