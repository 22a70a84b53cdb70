#include "changelog/log_census.h"

#include <algorithm>
#include <limits>

#include "runtime/task_scope.h"

namespace objectstore {

namespace {

std::uint64_t& kind_of(const ScannedEntry& entry, LogCount& count) {
  const auto* known = std::get_if<LogEntry>(&entry.content);
  if (known == nullptr) return count.unreadable;
  if (known->swept_later) return count.swept_later;
  return known->upload_state ? count.uploads : count.open;
}

}  // namespace

Task<void> LogCensus::run() {
  while (true) {
    const bool stopping = co_await stop_requested();
    if (stopping) break;
    const auto count = co_await take();
    if (count.ok()) {
      const std::lock_guard lock(mutex_);
      last_ = *count;
    } else {
      logger_.warn("the change log's entries can't be counted",
                   {{"error", count.error().describe()}});
    }
    co_await clock_.sleep_for(settings_.interval);
  }
}

LogCount LogCensus::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

Task<Result<LogCount>> LogCensus::take() {
  LogCount count;
  CO_TRY(co_await count_entries(count));
  CO_TRY(co_await count_quarantined(count));
  co_return count;
}

Task<Result<void>> LogCensus::count_entries(LogCount& count) {
  auto request = ScanRequest::all(settings_.page);
  const auto now = unix_ms(clock_.now());
  std::uint64_t oldest_ms = 0;
  std::size_t seen = 0;
  while (true) {
    CO_TRY_ASSIGN(const auto page, co_await log_.scan(request));
    for (const auto& entry : page) {
      ++kind_of(entry, count);
      if (entry.time < now) oldest_ms = std::max(oldest_ms, now - entry.time);
    }
    count.oldest = std::chrono::milliseconds(oldest_ms);
    seen += page.size();
    if (page.size() < request.limit) co_return Result<void>();
    if (seen >= settings_.most) break;
    request.from = key_after(page.back().key);
  }
  count.complete = false;
  co_return Result<void>();
}

Task<Result<void>> LogCensus::count_quarantined(LogCount& count) {
  constexpr auto any_time = std::numeric_limits<EntryTime>::max();
  std::string after;
  while (true) {
    CO_TRY_ASSIGN(const auto page, co_await log_.quarantined(any_time, after, settings_.page));
    count.quarantined += page.size();
    if (page.size() < settings_.page) co_return Result<void>();
    if (count.quarantined >= settings_.most) break;
    after = page.back().key;
  }
  count.complete = false;
  co_return Result<void>();
}

}  // namespace objectstore
