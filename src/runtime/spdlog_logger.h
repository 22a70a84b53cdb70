// The Logger of the real process: lines on stderr, written through spdlog.
//
// One call of write() is one line, whatever the message and the values hold: control characters,
// line separators and bytes that are not UTF-8 are escaped in every format.
#pragma once

#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "runtime/log.h"

namespace spdlog {
class logger;
}

namespace objectstore {

// How a line looks:
//   pretty      2026-04-20 13:37:00.123  INFO message key=value      (coloured on a terminal)
//   simplified  2026-04-20T13:37:00.123456Z INFO message key=value
//   json {"timestamp":"2026-04-20T13:37:00.123456Z","level":"INFO","message":"…","fields":{…}}
// `automatic` (written "auto") is pretty on a terminal, else simplified. Times are UTC.
enum class LogFormat : std::uint8_t { automatic, pretty, simplified, json };

// "auto", "pretty", "simplified", "json"; lower case only.
[[nodiscard]] std::optional<LogFormat> parse_log_format(std::string_view text);
[[nodiscard]] std::string_view to_string(LogFormat format);

// TRACE DEBUG INFO WARN ERROR OFF in any case, or "0" (off), "1" (error) to "5" (trace).
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view text);
// Upper case: "INFO".
[[nodiscard]] std::string_view to_string(LogLevel level);

// The level that counts where RUST_LOG is `rust_log`: a bare level word makes the log quieter than
// `configured`, never louder, for `configured` caps what reaches stderr. Directives for single
// targets ("a=debug") don't apply to this program and are ignored.
[[nodiscard]] LogLevel effective_log_level(LogLevel configured, std::string_view rust_log);

// One line without its line end. `format` is not `automatic`; `coloured` counts for pretty only.
[[nodiscard]] std::string format_log_line(LogFormat format, bool coloured, WallTime time,
                                          LogLevel level, std::string_view message,
                                          std::initializer_list<LogField> fields);

class SpdlogLogger final : public Logger {
 public:
  // Writes to stderr of the process.
  SpdlogLogger(LogLevel level, LogFormat format);
  // Writes to `stream`, which must outlive the logger; never coloured, `automatic` is simplified.
  SpdlogLogger(LogLevel level, LogFormat format, std::ostream& stream);

  [[nodiscard]] bool enabled(LogLevel level) const override;
  void write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields) override;

 private:
  LogLevel level_;
  LogFormat format_;
  bool coloured_ = false;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace objectstore
