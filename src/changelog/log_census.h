// How many entries the change log holds, and how long they stand still: for dashboards and alarms.
#pragma once

#include <cstdint>
#include <mutex>

#include "changelog/change_log.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace objectstore {

struct LogCount {
  std::uint64_t open = 0;         // changes under way, of any process, or left by one that died
  std::uint64_t uploads = 0;      // multipart uploads
  std::uint64_t swept_later = 0;  // settled, kept for an upload that may finish late
  std::uint64_t unreadable = 0;   // broken, or of a later version
  std::uint64_t quarantined = 0;
  // How far the time of the entry that is most overdue lies back. Heartbeats and recovery keep it
  // below a minute; what is not due yet does not count.
  Duration oldest{};
  bool complete = true;  // false: there are more than were looked at
  friend bool operator==(const LogCount&, const LogCount&) = default;
};

struct CensusSettings {
  Duration interval = std::chrono::seconds(30);
  std::size_t page = 500;
  std::size_t most = 10'000;  // entries looked at, and as many of those in quarantine
};

// One instance a process, run by one task.
class LogCensus {
 public:
  // The references outlive it.
  LogCensus(ChangeLog& log, Clock& clock, Logger& logger, CensusSettings settings = {})
      : log_(log), clock_(clock), logger_(logger), settings_(settings) {}

  // Endless, until its scope is stopped.
  [[nodiscard]] Task<void> run();
  [[nodiscard]] Task<Result<LogCount>> take();

  // The last that was taken. Any thread may call.
  [[nodiscard]] LogCount last() const;

 private:
  [[nodiscard]] Task<Result<void>> count_entries(LogCount& count);
  [[nodiscard]] Task<Result<void>> count_quarantined(LogCount& count);

  ChangeLog& log_;
  Clock& clock_;
  Logger& logger_;
  const CensusSettings settings_;
  mutable std::mutex mutex_;
  LogCount last_;
};

}  // namespace objectstore
