// Log lines: one line each, whatever the values hold, and JSON that gives the values back.
#include <nlohmann/json.hpp>

#include "base/percent.h"
#include "fuzz.h"
#include "runtime/spdlog_logger.h"

namespace objectstore {
namespace {

// Nothing that ends a line or steers a terminal.
void check_one_line(std::string_view line) {
  for (const char c : line) {
    const auto byte = static_cast<std::uint8_t>(c);
    FUZZ_CHECK(byte >= 0x20 && byte != 0x7f);
  }
  FUZZ_CHECK(is_utf8(line));
  for (const auto* separator : {"\xe2\x80\xa8", "\xe2\x80\xa9", "\xc2\x85", "\xc2\x9b"})
    FUZZ_CHECK(line.find(separator) == std::string_view::npos);
}

void check_json(std::string_view line, std::string_view message, std::string_view value) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  FUZZ_CHECK(json.is_object());
  if (is_utf8(message)) FUZZ_CHECK(json["message"] == message);
  if (is_utf8(value)) FUZZ_CHECK(json["fields"]["key"] == value);
}

}  // namespace

// A message, a newline, a value.
FUZZ_TARGET(input) {
  const auto message = input.substr(0, input.find('\n'));
  const auto value = input.substr(std::min(message.size() + 1, input.size()));
  const auto time = WallTime(std::chrono::nanoseconds(1'776'692'220'123'456'789));
  for (const auto format : {LogFormat::pretty, LogFormat::simplified, LogFormat::json}) {
    const auto line = format_log_line(format, false, time, LogLevel::info, message,
                                      {{"key", std::string(value)}});
    check_one_line(line);
    FUZZ_CHECK(line.size() < 256 + 6 * input.size());
    if (format == LogFormat::json) check_json(line, message, value);
  }

  if (const auto level = parse_log_level(input)) {
    FUZZ_CHECK(parse_log_level(to_string(*level)) == level);
  }
  if (const auto format = parse_log_format(input)) FUZZ_CHECK(to_string(*format) == input);
  for (const auto configured : {LogLevel::trace, LogLevel::warn, LogLevel::off}) {
    FUZZ_CHECK(effective_log_level(configured, input) >= configured);
  }
}

}  // namespace objectstore
