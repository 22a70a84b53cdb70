#include "runtime/spdlog_logger.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

namespace objectstore {
namespace {

constexpr std::array<std::pair<std::string_view, LogFormat>, 4> format_names = {{
    {"auto", LogFormat::automatic},
    {"pretty", LogFormat::pretty},
    {"simplified", LogFormat::simplified},
    {"json", LogFormat::json},
}};

constexpr std::array<std::string_view, 6> level_names = {"TRACE", "DEBUG", "INFO",
                                                         "WARN",  "ERROR", "OFF"};

// The bytes of the UTF-8 sequence at `text[at]`, or 0 where it is not one.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool too_large = first == 0xF4 && byte(1) > 0x8F;
    return overlong || too_large ? 0 : 4;
  }
  return 0;
}

// Characters that end a line or steer a terminal: C0, DEL, C1, U+2028 and U+2029.
bool is_control(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  if (sequence.size() == 2) return first == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
  return sequence == "\xE2\x80\xA8" || sequence == "\xE2\x80\xA9";
}

void append_escaped(std::string& out, std::string_view text, bool quoted) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    const auto sequence = text.substr(i, std::max<std::size_t>(length, 1));
    i += sequence.size();
    if (length == 0 || is_control(sequence)) {
      if (sequence == "\n") {
        out += "\\n";
        continue;
      }
      for (const char c : sequence) {
        const auto value = static_cast<unsigned char>(c);
        out += "\\x";
        out += digits[value >> 4U];
        out += digits[value & 0xFU];
      }
    } else {
      if (quoted && (sequence == "\"" || sequence == "\\")) out += '\\';
      out += sequence;
    }
  }
}

void append_value(std::string& out, std::string_view value) {
  const bool quoted = value.empty() || value.find_first_of(" =\"\\") != std::string_view::npos;
  if (quoted) out += '"';
  append_escaped(out, value, quoted);
  if (quoted) out += '"';
}

std::string format_time(WallTime time, char separator, int fraction_digits,
                        std::string_view suffix) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::microseconds>(time - day));
  const auto micros = static_cast<std::uint64_t>(clock.subseconds().count());
  const std::uint64_t fraction = fraction_digits == 3 ? micros / 1000 : micros;
  return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}.{:0{}}{}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     separator, clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count(), fraction, fraction_digits, suffix);
}

std::string json_line(WallTime time, LogLevel level, std::string_view message,
                      std::initializer_list<LogField> fields) {
  nlohmann::ordered_json line;
  line["timestamp"] = format_time(time, 'T', 6, "Z");
  line["level"] = to_string(level);
  line["message"] = message;
  auto& members = line["fields"] = nlohmann::ordered_json::object();
  for (const auto& field : fields)
    members[std::string(field.name)] = field.value;
  // Everything beyond ASCII as \u: no character is left that some reader takes for a line end.
  return line.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

std::string_view colour_of(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "\x1b[31m";
    case LogLevel::warn:
      return "\x1b[33m";
    case LogLevel::info:
      return "\x1b[32m";
    case LogLevel::debug:
      return "\x1b[34m";
    case LogLevel::trace:
    case LogLevel::off:
      break;
  }
  return "\x1b[35m";
}

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("objectstore", std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  // A line that can't be written is dropped: there is nowhere left to tell.
  logger->set_error_handler([](const std::string&) {});
  return logger;
}

}  // namespace

std::optional<LogFormat> parse_log_format(std::string_view text) {
  for (const auto& [name, format] : format_names) {
    if (name == text) return format;
  }
  return std::nullopt;
}

std::string_view to_string(LogFormat format) {
  for (const auto& [name, candidate] : format_names) {
    if (candidate == format) return name;
  }
  return "auto";
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  if (text.size() == 1 && text[0] >= '0' && text[0] <= '5') {
    return static_cast<LogLevel>('5' - text[0]);
  }
  std::string upper(text);
  for (char& c : upper)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const auto* const found = std::find(level_names.begin(), level_names.end(), upper);
  if (found == level_names.end()) return std::nullopt;
  return static_cast<LogLevel>(found - level_names.begin());
}

std::string_view to_string(LogLevel level) {
  return level_names[static_cast<std::size_t>(level)];
}

LogLevel effective_log_level(LogLevel configured, std::string_view rust_log) {
  const auto filter = parse_log_level(rust_log);
  return filter ? std::max(configured, *filter) : configured;
}

std::string format_log_line(LogFormat format, bool coloured, WallTime time, LogLevel level,
                            std::string_view message, std::initializer_list<LogField> fields) {
  if (format == LogFormat::json) return json_line(time, level, message, fields);
  const bool pretty = format == LogFormat::pretty;
  coloured = coloured && pretty;
  std::string line = pretty ? format_time(time, ' ', 3, " ") : format_time(time, 'T', 6, "Z ");
  if (coloured) line += colour_of(level);
  line += pretty ? fmt::format("{:>5}", to_string(level)) : std::string(to_string(level));
  if (coloured) line += "\x1b[0m";
  line += ' ';
  append_escaped(line, message, false);
  for (const auto& field : fields) {
    line += coloured ? " \x1b[2m" : " ";
    append_value(line, field.name);
    line += coloured ? "=\x1b[0m" : "=";
    append_value(line, field.value);
  }
  return line;
}

SpdlogLogger::SpdlogLogger(LogLevel level, LogFormat format)
    : level_(level),
      format_(format),
      logger_(make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  if (format_ == LogFormat::automatic) {
    format_ = terminal ? LogFormat::pretty : LogFormat::simplified;
  }
  coloured_ = terminal;
}

SpdlogLogger::SpdlogLogger(LogLevel level, LogFormat format, std::ostream& stream)
    : level_(level),
      format_(format == LogFormat::automatic ? LogFormat::simplified : format),
      logger_(make_logger(std::make_shared<spdlog::sinks::ostream_sink_mt>(stream))) {}

bool SpdlogLogger::enabled(LogLevel level) const {
  return level >= level_ && level != LogLevel::off;
}

void SpdlogLogger::write(LogLevel level, std::string_view message,
                         std::initializer_list<LogField> fields) {
  if (!enabled(level)) return;
  try {
    const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    const auto line = format_log_line(format_, coloured_, now, level, message, fields);
    logger_->log(spdlog::level::critical, spdlog::string_view_t(line.data(), line.size()));
  } catch (...) {  // NOLINT(bugprone-empty-catch): the line is dropped, as the interface says
  }
}

}  // namespace objectstore
