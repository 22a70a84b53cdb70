#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <map>
#include <set>

#include "simulation/broken_rules.h"
#include "testing/forwarding_stores.h"

namespace objectstore::testing {

namespace {

// What the three stores of one process share.
struct NearEnd {
  BrokenRule rule;
  StoreView inner;
  SimProcess& process;
  Clock& clock;
  SimBackends& backends;

  // The intents whose entry is to be recorded first.
  struct Postponed {
    std::string key;
    IntentCondition condition;
  };
  std::map<AttemptId, Postponed> postponed;

  [[nodiscard]] bool breaks(BrokenRule which) const { return rule == which; }
};

class Rows final : public RowStore {
 public:
  explicit Rows(NearEnd& shared) : shared_(shared) {}

  Task<Result<Row>> read(std::string_view key, RowPart part) override {
    auto row = co_await inner().read(key, part);
    if (!row.ok()) {
      if (breaks(BrokenRule::unreadable_row_permits_no_deletion)) co_return Row{};
      co_return row;
    }
    if (breaks(BrokenRule::protocol_sees_raw_cells)) {
      const auto deadline = deadline_of(row->state);
      if (deadline && *deadline < shared_.clock.now()) row->state = AbsentRow{};
    }
    if (breaks(BrokenRule::missing_stamp_is_no_difference) && !row->stamp &&
        refused_.contains(std::string(key))) {
      row->stamp = Stamp{std::uint64_t{1} << 62, Uuid{}};
    }
    co_return row;
  }

  Task<Mutation> write_unless_redirect(std::string_view key, const RowState& state,
                                       const Stamp& stamp) override {
    auto sent = numbered(stamp, std::nullopt);
    if (breaks(BrokenRule::resend_with_same_stamp)) {
      if (copies_[stamp]++ != 0) sent.number = std::max(sent.number + 1, micros());
    }
    auto written = co_await inner().write_unless_redirect(key, state, sent);
    if (breaks(BrokenRule::refused_after_doubt_is_an_error)) {
      // As a proxy that repeats by itself: the caller never learns of the doubt.
      while (written.outcome() == Mutation::Outcome::unknown) {
        co_await shared_.clock.sleep_for(std::chrono::milliseconds(100));
        written = co_await inner().write_unless_redirect(key, state, sent);
      }
    }
    co_return written;
  }

  Task<Mutation> open_intent(std::string_view key, const AttemptId& attempt,
                             const IntentCondition& condition) override {
    seen_[attempt] = condition.stamp;
    if (breaks(BrokenRule::record_after_intent) || breaks(BrokenRule::hold_after_intent)) {
      shared_.postponed[attempt] = NearEnd::Postponed{std::string(key), condition};
      co_return Mutation::applied();
    }
    co_return co_await inner().open_intent(key, attempt, condition);
  }

  Task<Mutation> commit(std::string_view key, const AttemptId& attempt, const RowState& state,
                        const Stamp& stamp) override {
    if (breaks(BrokenRule::record_after_intent) || breaks(BrokenRule::hold_after_intent)) {
      // No entry was recorded for it: no blob is concerned, the order means nothing.
      const auto postponed = shared_.postponed.extract(attempt);
      if (!postponed.empty()) {
        const auto condition = postponed.mapped().condition;
        auto opened = co_await inner().open_intent(key, attempt, condition);
        if (!opened.is_applied()) co_return opened;
      }
    }
    const auto sent = numbered(stamp, attempt);
    auto committed = co_await inner().commit(key, attempt, state, sent);
    if (committed.is_refused()) refused_.insert(std::string(key));
    co_return committed;
  }

  Task<Result<FenceFound>> fence(std::string_view key, const AttemptId& attempt) override {
    auto fenced = co_await inner().fence(key, attempt);
    if (!fenced.ok() && breaks(BrokenRule::fence_must_be_confirmed)) {
      co_return FenceFound::not_open;
    }
    co_return fenced;
  }

  Task<Mutation> bump(std::string_view key, const Row& as_read, WallTime deadline) override {
    return inner().bump(key, as_read, deadline);
  }

 private:
  [[nodiscard]] RowStore& inner() { return *shared_.inner.rows; }
  [[nodiscard]] bool breaks(BrokenRule rule) const { return shared_.breaks(rule); }

  [[nodiscard]] std::uint64_t micros() const {
    const auto now = shared_.clock.now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now).count());
  }

  // The stamp by the rules that are left.
  [[nodiscard]] Stamp numbered(Stamp stamp, const std::optional<AttemptId>& attempt) const {
    if (breaks(BrokenRule::stamp_above_all_seen)) {
      stamp.number = micros();
    }
    if (attempt && breaks(BrokenRule::slow_stamp_above_fast_one)) {
      const auto seen = seen_.at(*attempt);
      stamp.number = (seen ? seen->number : 0) + 1;
    }
    if (attempt && breaks(BrokenRule::expiry_leaves_the_stamp) && stamp == seen_.at(*attempt)) {
      ++stamp.number;
    }
    return stamp;
  }

  NearEnd& shared_;
  std::map<AttemptId, std::optional<Stamp>> seen_;  // when the intent was opened
  std::map<Stamp, std::uint64_t> copies_;
  std::set<std::string> refused_;  // rows that refused a commit
};

// Sends the end of an upload once more where the answer was lost, then looks for the blob.
class RepeatingWriter final : public BlobWriter {
 public:
  RepeatingWriter(const MemoryBlobStore& blobs, Revision name, std::unique_ptr<BlobWriter> inner)
      : blobs_(blobs), name_(std::move(name)), inner_(std::move(inner)) {}

  Task<Result<void>> append(std::string_view bytes) override { return inner_->append(bytes); }
  Task<Result<std::string>> begin() override { return inner_->begin(); }
  void proceed() override { inner_->proceed(); }
  void give_up() override { inner_->give_up(); }
  Task<Result<void>> finish() override {
    auto finished = co_await inner_->finish();
    if (finished.ok()) co_return finished;
    finished = co_await inner_->finish();
    if (blobs_.blobs().contains(name_)) co_return Result<void>();
    co_return finished;
  }

 private:
  const MemoryBlobStore& blobs_;
  const Revision name_;
  const std::unique_ptr<BlobWriter> inner_;
};

class Blobs final : public ForwardingBlobStore {
 public:
  explicit Blobs(NearEnd& shared) : ForwardingBlobStore(*shared.inner.blobs), shared_(shared) {}

  Task<Result<std::unique_ptr<BlobWriter>>> create(const Revision& name,
                                                   const Metadata& metadata) override {
    auto writer = co_await inner().create(name, metadata);
    if (!writer.ok() || !shared_.breaks(BrokenRule::finish_is_sent_once)) co_return writer;
    std::unique_ptr<BlobWriter> repeating =
        std::make_unique<RepeatingWriter>(shared_.backends.blobs, name, std::move(writer).value());
    co_return std::move(repeating);
  }
  Task<Result<Discarded>> discard(const Revision& name, std::string_view upload) override {
    const bool there = shared_.backends.blobs.blobs().contains(name);
    auto discarded = co_await inner().discard(name, upload);
    if (discarded.ok() && !there && shared_.breaks(BrokenRule::keep_entry_for_late_uploads)) {
      co_return Discarded::for_good;
    }
    co_return discarded;
  }
  Task<Result<bool>> extend(const Revision& name, WallTime deadline) override {
    if (shared_.breaks(BrokenRule::blob_is_bumped_first)) co_return true;
    co_return co_await inner().extend(name, deadline);
  }

 private:
  NearEnd& shared_;
};

class Log final : public ForwardingChangeLog {
 public:
  explicit Log(NearEnd& shared) : ForwardingChangeLog(*shared.inner.log), shared_(shared) {}

  Task<Result<void>> record(const std::vector<LogEntry>& entries, EntryTime time) override {
    const bool first = entries.size() == 1 && recorded_.insert(entries[0].change.id).second;
    // The rule is about uploads in parts; others keep theirs.
    if (first && shared_.breaks(BrokenRule::hold_after_intent)) {
      CO_TRY(co_await open_postponed(entries[0].change.attempt()));
    }
    if (first && shared_.breaks(BrokenRule::finish_waits_for_record)) {
      boost::asio::co_spawn(shared_.process.context(), record_behind(entries, time),
                            boost::asio::detached);
      co_return Result<void>();
    }
    CO_TRY(co_await inner().record(entries, time));
    if (first && shared_.breaks(BrokenRule::record_after_intent)) {
      co_return co_await open_postponed(entries[0].change.attempt());
    }
    co_return Result<void>();
  }

  Task<Result<std::vector<ScannedEntry>>> scan(const ScanRequest& request) override {
    auto found = co_await inner().scan(request);
    const bool looks_one_up = request.limit == 1;
    if (!found.ok() || !looks_one_up || !shared_.breaks(BrokenRule::upload_is_held_by_one)) {
      co_return found;
    }
    for (auto& scanned : *found) {
      auto* entry = std::get_if<LogEntry>(&scanned.content);
      if (entry == nullptr || !entry->upload_state) continue;
      if (entry->upload_state->phase == UploadPhase::held) {
        entry->upload_state->phase = UploadPhase::idle;
      }
    }
    co_return found;
  }

  Task<Mutation> exchange(std::string_view key, const std::optional<UploadState>& expected,
                          const std::optional<LogEntry>& next, EntryTime time) override {
    auto exchanged = co_await inner().exchange(key, expected, next, time);
    if (!expected || !next) co_return exchanged;
    if (exchanged.is_refused() && forces(expected->phase, next->upload_state->phase)) {
      // Written whatever is there.
      std::vector<LogEntry> entries(1, *next);
      const auto recorded = co_await inner().record(entries, time);
      exchanged = recorded.ok() ? Mutation::applied() : Mutation::unknown(recorded.error());
    }
    const bool held = exchanged.is_applied() && expected->phase == UploadPhase::idle &&
                      next->upload_state->phase == UploadPhase::held;
    if (held && shared_.breaks(BrokenRule::hold_after_intent)) {
      const auto opened = co_await open_postponed(next->upload_state->attempts.back());
      if (!opened.ok()) co_return Mutation::unknown(opened.error());
    }
    co_return exchanged;
  }

 private:
  Task<void> record_behind(std::vector<LogEntry> entries, EntryTime time) {
    (void)co_await inner().record(entries, time);
  }

  [[nodiscard]] bool forces(UploadPhase from, UploadPhase to) const {
    return to == UploadPhase::held && from == UploadPhase::idle &&
           shared_.breaks(BrokenRule::upload_is_held_by_one);
  }

  // The change is in the log; now its intent, on the row as it is by then.
  Task<Result<void>> open_postponed(AttemptId attempt) {
    const auto postponed = shared_.postponed.extract(attempt);
    if (postponed.empty()) co_return Result<void>();
    const auto key = postponed.mapped().key;
    auto condition = postponed.mapped().condition;
    for (int tries = 0; tries < 5; ++tries) {
      const auto opened = co_await shared_.inner.rows->open_intent(key, attempt, condition);
      if (opened.is_applied()) co_return Result<void>();
      const auto row = co_await shared_.inner.rows->read(key, RowPart::metadata);
      if (!row.ok()) continue;
      const auto* target = redirect_target(row->state);
      const auto redirect = target == nullptr ? std::nullopt : std::optional(*target);
      if (redirect != condition.redirect) break;  // the entry would name the wrong blob
      condition.stamp = row->stamp;
    }
    co_return Error(ErrorCode::unavailable, "the intent could not be opened");
  }

  NearEnd& shared_;
  std::set<Uuid> recorded_;
};

class Decorator final : public StoreDecorator {
 public:
  explicit Decorator(NearEnd shared)
      : shared_(std::move(shared)), rows_(shared_), blobs_(shared_), log_(shared_) {}
  [[nodiscard]] StoreView stores() override { return StoreView{&rows_, &blobs_, &log_}; }

 private:
  NearEnd shared_;
  Rows rows_;
  Blobs blobs_;
  Log log_;
};

}  // namespace

std::unique_ptr<StoreDecorator> break_near_end(BrokenRule rule, StoreView stores,
                                               SimProcess& process, Clock& clock,
                                               SimBackends& backends) {
  if (follower_of(rule) != RuleFollower::process) return nullptr;
  return std::make_unique<Decorator>(NearEnd{rule, stores, process, clock, backends, {}});
}

}  // namespace objectstore::testing
