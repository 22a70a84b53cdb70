#include "changelog/recovery.h"

#include <boost/asio/this_coro.hpp>

#include "runtime/sync.h"

namespace objectstore {

namespace {

constexpr std::size_t remembered_entries = 100'000;

}  // namespace

Recovery::Recovery(ChangeLog& log, OpenChanges& open_changes, ChangeSettler& settler, Clock& clock,
                   Random& random, Logger& logger, ChangeLogSettings settings)
    : log_(log),
      open_changes_(open_changes),
      settler_(settler),
      clock_(clock),
      random_(random),
      logger_(logger),
      settings_(settings),
      observer_(settings.stale_after, remembered_entries) {}

Task<void> Recovery::run() {
  co_await report_entries_at_start();
  Backoff backoff(settings_.scan_backoff, random_);
  while (true) {
    const bool stopping = co_await stop_requested();
    if (stopping) break;
    const auto result = co_await pass();
    if (result == Pass::failed) {
      co_await clock_.sleep_for(backoff.next());
      continue;
    }
    backoff.reset();
    if (result == Pass::worked) continue;
    co_await retry_quarantined();
    co_await clock_.sleep_for(wait_after_empty_pass());
  }
}

Task<void> Recovery::report_entries_at_start() {
  const auto request = ScanRequest::all(settings_.scan_limit);
  const auto entries = co_await log_.scan(request);
  if (entries.ok()) {
    logger_.info("recovery found open entries at start",
                 {{"count", std::to_string(entries->size())}});
  }
}

Duration Recovery::wait_after_empty_pass() const {
  // An entry under observation is looked at again as soon as it can be stale.
  const auto next = observer_.next_stale();
  if (!next) return settings_.empty_wait;
  const auto now = clock_.monotonic_now();
  const Duration until = *next > now ? *next - now : Duration::zero();
  const Duration least = settings_.stale_after / 10;
  return std::min(settings_.empty_wait, std::max(until, least));
}

Task<Recovery::Pass> Recovery::pass() {
  ++counters_.scans;
  auto work = co_await find_work();
  if (!work.ok()) {
    logger_.warn("the change log can't be scanned", {{"error", work.error().describe()}});
    co_return Pass::failed;
  }
  if (work->empty()) co_return Pass::empty;

  withheld_ = 0;
  const auto executor = co_await boost::asio::this_coro::executor;
  Semaphore places(settings_.recovery_concurrency);
  auto run_one = [](Recovery& self, ScannedEntry entry, Semaphore::Permit) -> Task<void> {
    co_await self.act(std::move(entry));
  };
  for (auto& entry : *work) {
    auto permit = co_await places.acquire();
    settling_.spawn(executor, run_one(*this, std::move(entry), std::move(permit)));
  }
  co_await settling_.join();
  // A log that hands nothing over, full or failing, is left alone for a while.
  co_return withheld_ == work->size() ? Pass::failed : Pass::worked;
}

Task<Result<std::vector<ScannedEntry>>> Recovery::find_work() {
  // Begins at a random shard and wraps around, so that no shard starves.
  const auto middle = shard_start(static_cast<unsigned>(random_.below(changelog_shards)));
  const auto begin = std::string(changelog_prefix);
  const auto end = shard_start(changelog_shards);
  const auto started = clock_.monotonic_now();
  std::vector<ScannedEntry> work;
  CO_TRY(co_await scan_range(middle, end, work));
  CO_TRY(co_await scan_range(begin, middle, work));
  if (work.size() < settings_.scan_limit) observer_.forget_unseen_since(started);
  co_return std::move(work);
}

Task<Result<void>> Recovery::scan_range(std::string from, std::string to,
                                        std::vector<ScannedEntry>& work) {
  ScanRequest request;
  request.from = std::move(from);
  request.to = std::move(to);
  request.limit = settings_.scan_limit;
  // The wall clock only prefilters, and generously, so that the first look comes early.
  const auto now = unix_ms(clock_.now());
  const auto margin = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(settings_.stale_after / 2).count());
  request.before = now > margin ? now - margin : 0;
  while (work.size() < settings_.scan_limit) {
    auto page = co_await log_.scan(request);
    if (!page.ok()) co_return std::move(page).error();
    const bool last = page->size() < request.limit;
    if (!last) request.from = key_after(page->back().key);
    for (auto& entry : *page) {
      if (work.size() < settings_.scan_limit && needs_action(entry)) {
        work.push_back(std::move(entry));
      }
    }
    if (last) break;
  }
  co_return Result<void>();
}

bool Recovery::needs_action(const ScannedEntry& entry) {
  if (std::holds_alternative<UnknownEntryVersion>(entry.content)) return false;
  if (std::holds_alternative<BrokenEntry>(entry.content)) return true;
  return observer_.is_stale(entry.key, entry.time, clock_.monotonic_now());
}

Task<void> Recovery::act(ScannedEntry entry) {
  if (const auto* broken = std::get_if<BrokenEntry>(&entry.content)) {
    auto reason = broken->reason.describe();
    co_await put_aside(std::move(entry), std::move(reason));
    co_return;
  }
  auto log_entry = std::get<LogEntry>(entry.content);
  if (log_entry.upload_state) {
    co_await settle_upload(std::move(entry), std::move(log_entry));
    co_return;
  }
  co_await settle(std::move(entry), std::move(log_entry));
}

Task<void> Recovery::settle(ScannedEntry entry, LogEntry log_entry) {
  const EntryTime now = std::max(unix_ms(clock_.now()), entry.time + 1);
  const auto claim = co_await log_.claim(entry, now);
  if (!claim.is_applied()) {
    // Somebody else has it, its owner lives, or nobody knows: the next pass sees its new time.
    ++counters_.claims_lost;
    ++withheld_;
    co_return;
  }
  ++counters_.claimed;
  observer_.forget(entry.key);
  auto guard = open_changes_.adopt(log_entry);
  const auto settled = co_await settler_.settle(std::move(guard), log_entry.swept_later);
  if (settled.ok()) {
    // The guard has ended the entry of the present form; one of the draft's lies beside it.
    if (entry.key != entry_key(log_entry.change.id)) {
      if (const auto removed = co_await log_.remove(entry.key); !removed.ok()) {
        co_await failed(std::move(entry), removed.error());
        co_return;
      }
    }
    ++counters_.settled;
    failures_.erase(entry.key);
    logger_.info("recovery settled a change",
                 {{"change", log_entry.change.id.str()}, {"object", log_entry.change.object}});
    co_return;
  }
  co_await failed(std::move(entry), settled.error());
}

Task<void> Recovery::settle_upload(ScannedEntry entry, LogEntry log_entry) {
  observer_.forget(entry.key);
  const auto settled = co_await settler_.settle_upload(log_entry);
  if (!settled.ok()) {
    co_await failed(std::move(entry), settled.error());
    co_return;
  }
  ++counters_.settled;
  failures_.erase(entry.key);
  logger_.info("recovery dealt with an upload",
               {{"change", log_entry.change.id.str()}, {"object", log_entry.change.object}});
}

Task<void> Recovery::failed(ScannedEntry entry, Error error) {
  ++counters_.failed;
  logger_.warn("recovery could not settle a change",
               {{"entry", entry.key}, {"error", error.describe()}});
  // Time-outs and unavailability spend no budget: they say nothing about the entry.
  if (error.retryable() || error.code() == ErrorCode::cancelled) co_return;
  if (failures_.size() >= remembered_entries) failures_.clear();
  if (++failures_[entry.key] < settings_.settle_attempts) co_return;
  // Heartbeats may have moved its time since the claim; where they still do, the next failure
  // comes here again.
  const auto request = ScanRequest::one(entry.key);
  auto present = co_await log_.scan(request);
  if (!present.ok() || present->empty()) co_return;
  // Settled by another process meanwhile, which keeps it to sweep later: put aside it would lose
  // its due time.
  const auto* kept = std::get_if<LogEntry>(&present->front().content);
  const auto* tried = std::get_if<LogEntry>(&entry.content);
  if (kept != nullptr && tried != nullptr && kept->swept_later != tried->swept_later) co_return;
  co_await put_aside(std::move(present->front()), error.describe());
}

Task<void> Recovery::put_aside(ScannedEntry entry, std::string reason) {
  const auto moved = co_await log_.quarantine(entry, reason, unix_ms(clock_.now()));
  if (!moved.is_applied()) {
    ++withheld_;
    co_return;
  }
  ++counters_.quarantined;
  failures_.erase(entry.key);
  observer_.forget(entry.key);
  logger_.error("a change log entry was put into quarantine",
                {{"entry", entry.key}, {"reason", reason}});
}

Task<void> Recovery::retry_quarantined() {
  const auto now = clock_.monotonic_now();
  if (next_quarantine_look_ && now < *next_quarantine_look_) co_return;
  next_quarantine_look_ = now + settings_.quarantine_retry / 24;
  const auto wall = unix_ms(clock_.now());
  const auto age = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(settings_.quarantine_retry).count());
  const auto before = wall > age ? wall - age : 0;
  std::string cursor;
  while (true) {
    const auto page = co_await log_.quarantined(before, cursor, settings_.scan_limit);
    if (!page.ok()) co_return;
    for (const auto& entry : *page) {
      if (const auto back = co_await log_.release(entry, wall); !back.ok()) co_return;
    }
    if (page->size() < settings_.scan_limit) co_return;
    cursor = page->back().key;
  }
}

}  // namespace objectstore
