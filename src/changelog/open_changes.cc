#include "changelog/open_changes.h"

#include "runtime/task_scope.h"

namespace objectstore {

ChangeGuard::ChangeGuard(ChangeGuard&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      id_(other.id_),
      change_(std::move(other.change_)) {}

ChangeGuard::~ChangeGuard() {
  if (owner_ != nullptr) owner_->forget(change_.id, id_);
}

bool ChangeGuard::valid() const {
  return owner_ != nullptr && owner_->valid(change_.id, id_);
}

Task<Result<void>> ChangeGuard::set_upload(std::string address) {
  change_.upload = address;
  co_return co_await owner_->set_upload(change_.id, id_, std::move(address));
}

Task<Result<void>> ChangeGuard::close() {
  auto* owner = std::exchange(owner_, nullptr);
  co_await owner->retire(change_.id, id_);
  const auto key = entry_key(change_.id);
  co_return co_await owner->log_.remove(key);
}

Task<Result<void>> ChangeGuard::keep_until(EntryTime due) {
  auto* owner = std::exchange(owner_, nullptr);
  co_await owner->retire(change_.id, id_);
  std::vector<LogEntry> entries;
  entries.push_back(LogEntry{change_, true});
  co_return co_await owner->log_.record(entries, due);
}

OpenChanges::OpenChanges(ChangeLog& log, Clock& clock, Random& random, Logger& logger,
                         ChangeLogSettings settings)
    : log_(log), clock_(clock), random_(random), logger_(logger), settings_(settings) {}

Task<Result<ChangeGuard>> OpenChanges::open(Change change) {
  LogEntry entry{std::move(change), false, settings_.owner};
  std::vector<LogEntry> entries(1, entry);
  CO_TRY(co_await record(entries));
  co_return hold(std::move(entry));
}

ChangeGuard OpenChanges::adopt(LogEntry entry) {
  entry.owner = settings_.owner;
  entry.claimed = !entry.owner.empty();
  return hold(std::move(entry));
}

ChangeGuard OpenChanges::hold(LogEntry entry) {
  Change change = entry.change;
  const std::lock_guard lock(mutex_);
  const auto guard = ++last_guard_;
  open_.insert_or_assign(change.id, Open{std::move(entry), guard, true});
  return ChangeGuard(*this, guard, std::move(change));
}

Task<Result<void>> OpenChanges::record(const std::vector<LogEntry>& entries) {
  Backoff backoff(settings_.scan_backoff, random_);
  for (int attempt = 1;; ++attempt) {
    auto recorded = co_await log_.record(entries, unix_ms(clock_.now()));
    if (recorded.ok() || attempt >= settings_.record_attempts || !recorded.error().retryable()) {
      co_return recorded;
    }
    co_await clock_.sleep_for(backoff.next());
  }
}

Task<void> OpenChanges::run_heartbeats() {
  while (true) {
    const bool stopping = co_await stop_requested();
    if (stopping) break;
    co_await clock_.sleep_for(settings_.heartbeat);
    co_await beat();
  }
}

Task<void> OpenChanges::beat() {
  std::vector<LogEntry> entries;
  auto done = std::make_shared<Event>();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, open] : open_) {
      if (!open.valid) continue;
      entries.push_back(open.entry);
      beating_.insert(id);
    }
    beat_done_ = done;
  }
  bool recorded = true;
  if (!entries.empty()) {
    if (const auto result = co_await record(entries); !result.ok()) {
      recorded = false;
      logger_.error(
          "heartbeats could not be recorded; the open changes are given up",
          {{"changes", std::to_string(entries.size())}, {"error", result.error().describe()}});
    }
    (recorded ? heartbeats_.recorded : heartbeats_.failed) += entries.size();
  }
  {
    const std::lock_guard lock(mutex_);
    if (!recorded) {
      for (const auto& entry : entries) {
        if (const auto it = open_.find(entry.change.id); it != open_.end()) {
          it->second.valid = false;
        }
      }
    }
    beating_.clear();
    beat_done_.reset();
  }
  done->set();
}

bool OpenChanges::valid(const Uuid& id, std::uint64_t guard) const {
  const std::lock_guard lock(mutex_);
  const auto it = open_.find(id);
  return it != open_.end() && it->second.guard == guard && it->second.valid;
}

void OpenChanges::forget(const Uuid& id, std::uint64_t guard) {
  const std::lock_guard lock(mutex_);
  const auto it = open_.find(id);
  if (it != open_.end() && it->second.guard == guard) open_.erase(it);
}

Task<Result<void>> OpenChanges::set_upload(Uuid id, std::uint64_t guard, std::string address) {
  std::vector<LogEntry> entries;
  {
    const std::lock_guard lock(mutex_);
    const auto it = open_.find(id);
    if (it == open_.end() || it->second.guard != guard) {
      co_return Error(ErrorCode::unavailable, "the change was taken over");
    }
    it->second.entry.change.upload = std::move(address);
    entries.push_back(it->second.entry);
  }
  // A heartbeat from before would write the entry without the address over it.
  co_await beat_over(id);
  co_return co_await record(entries);
}

Task<void> OpenChanges::retire(Uuid id, std::uint64_t guard) {
  forget(id, guard);
  co_await beat_over(id);
}

Task<void> OpenChanges::beat_over(Uuid id) {
  std::shared_ptr<Event> in_flight;
  {
    const std::lock_guard lock(mutex_);
    if (beating_.contains(id)) in_flight = beat_done_;
  }
  if (in_flight) co_await in_flight->wait();
}

std::size_t OpenChanges::size() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

}  // namespace objectstore
