// A logger that keeps its lines.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/log.h"

namespace objectstore::testing {

// Safe to use from any thread.
class RecordingLogger final : public Logger {
 public:
  struct Line {
    LogLevel level;
    std::string message;
    std::string fields;  // "name=value name=value"
  };

  [[nodiscard]] bool enabled(LogLevel) const override { return true; }
  void write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields) override {
    Line line{level, std::string(message), std::string()};
    for (const auto& field : fields) {
      if (!line.fields.empty()) line.fields += ' ';
      line.fields.append(field.name).append("=").append(field.value);
    }
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }

  [[nodiscard]] std::vector<Line> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  // Lines whose message or fields hold `text`.
  [[nodiscard]] std::size_t count(std::string_view text) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(lines_.begin(), lines_.end(), [&](auto& line) {
      return line.message.find(text) != std::string::npos ||
             line.fields.find(text) != std::string::npos;
    }));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Line> lines_;
};

}  // namespace objectstore::testing
