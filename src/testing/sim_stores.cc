#include "testing/sim_stores.h"

namespace objectstore::testing {

// --- rows ----------------------------------------------------------------------------------------

Task<Result<Row>> SimRowStore::read(std::string_view key, RowPart part) {
  auto& world = network_.process().world();
  return network_.ask<Row>("read", [this, &world, key = std::string(key), part] {
    return world.immediately(backends_.row_rules->read(key, part));
  });
}

Task<Mutation> SimRowStore::write_unless_redirect(std::string_view key, const RowState& state,
                                                  const Stamp& stamp) {
  auto& world = network_.process().world();
  const bool again = backends_.monitor.small_write_sent(stamp);
  return network_.mutate("small", [this, &world, key = std::string(key), state, stamp, again] {
    auto written = world.immediately(backends_.row_rules->write_unless_redirect(key, state, stamp));
    auto& counters = backends_.monitor.counters();
    if (again) ++(written.is_applied() ? counters.resends_applied : counters.resends_refused);
    return written;
  });
}

Task<Mutation> SimRowStore::open_intent(std::string_view key, const AttemptId& attempt,
                                        const IntentCondition& condition) {
  auto& world = network_.process().world();
  if (rules_ == CommitRules::draft) conditions_[attempt] = condition;
  return network_.mutate("intent", [this, &world, key = std::string(key), attempt, condition] {
    return world.immediately(backends_.row_rules->open_intent(key, attempt, condition));
  });
}

// Check-then-act: the predicate is the row as it was read, and nothing else.
Mutation SimRowStore::draft_commit(const std::string& key, const AttemptId& attempt,
                                   const RowState& state, const Stamp& stamp) {
  auto& world = network_.process().world();
  const auto row = world.immediately(backends_.rows.read(key, RowPart::metadata));
  IntentCondition condition;
  condition.stamp = row->stamp;
  if (const auto* target = redirect_target(row->state)) condition.redirect = *target;
  if (condition.redirect != conditions_[attempt].redirect) return Mutation::refused();
  // Whatever became of the attempt's intent, a new one is opened on the spot.
  const AttemptId fresh{make_uuid_v7(backends_.clock, world.random())};
  (void)world.immediately(backends_.rows.open_intent(key, fresh, condition));
  return world.immediately(backends_.rows.commit(key, fresh, state, stamp));
}

Task<Mutation> SimRowStore::commit(std::string_view key_view, const AttemptId& attempt,
                                   const RowState& state, const Stamp& stamp) {
  auto& world = network_.process().world();
  const std::string key(key_view);
  std::function<Mutation()> apply = [this, &world, key, attempt, state, stamp] {
    if (rules_ == CommitRules::draft) {
      auto committed = draft_commit(key, attempt, state, stamp);
      backends_.monitor.commit_applied(attempt, committed.is_applied());
      return committed;
    }
    backends_.monitor.commit_arrives(key, attempt, backends_.clock.now());
    auto committed = world.immediately(backends_.row_rules->commit(key, attempt, state, stamp));
    backends_.monitor.commit_applied(attempt, committed.is_applied());
    return committed;
  };
  if (rules_ != CommitRules::draft) backends_.monitor.commit_sent(attempt);
  auto committed = co_await network_.mutate("commit", std::move(apply));
  auto& counters = backends_.monitor.counters();
  if (committed.is_refused()) ++counters.commits_refused;
  if (committed.outcome() == Mutation::Outcome::unknown) ++counters.commits_unknown;
  co_return committed;
}

Task<Result<FenceFound>> SimRowStore::fence(std::string_view key, const AttemptId& attempt) {
  auto& world = network_.process().world();
  const int process = network_.process().id();
  std::function<Result<FenceFound>()> apply = [this, &world, process, key = std::string(key),
                                               attempt] {
    auto fenced = world.immediately(backends_.row_rules->fence(key, attempt));
    if (fenced.ok()) backends_.monitor.fence_applied(process, attempt, *fenced);
    return fenced;
  };
  auto found = co_await network_.ask<FenceFound>("fence", std::move(apply));
  if (found.ok() && *found == FenceFound::open) ++backends_.monitor.counters().fences_found_open;
  co_return found;
}

Task<Mutation> SimRowStore::bump(std::string_view key, const Row& as_read, WallTime deadline) {
  auto& world = network_.process().world();
  return network_.mutate("bump", [this, &world, key = std::string(key), as_read, deadline] {
    auto bumped = world.immediately(backends_.row_rules->bump(key, as_read, deadline));
    auto& counters = backends_.monitor.counters();
    ++(bumped.is_applied() ? counters.bumps_applied : counters.bumps_refused);
    return bumped;
  });
}

Task<Result<RowSweeper::Sweep>> SimRowStore::sweep(WallTime now, std::string from,
                                                   std::size_t limit) {
  auto& world = network_.process().world();
  return network_.ask<Sweep>("sweep", [this, &world, now, from = std::move(from), limit] {
    return world.immediately(backends_.rows.sweep(now, from, limit));
  });
}

// --- blobs ---------------------------------------------------------------------------------------

class SimBlobStore::Writer final : public BlobWriter {
 public:
  Writer(SimNetwork& network, SimBackends& backends, Revision name,
         std::shared_ptr<BlobWriter> inner)
      : network_(network), backends_(backends), name_(std::move(name)), inner_(std::move(inner)) {}

  // Appends go into the upload's own buffer: only the end of an upload is seen by anybody.
  Task<Result<void>> append(std::string_view bytes) override {
    payload_.append(bytes);
    return inner_->append(bytes);
  }

  // A request only where the store opens something by it.
  Task<Result<std::string>> begin() override {
    CO_TRY_ASSIGN(auto address, co_await inner_->begin());
    if (address.empty()) co_return address;
    std::function<Result<std::string>()> apply = [address] { return Result<std::string>(address); };
    co_return co_await network_.ask<std::string>("begin", std::move(apply));
  }

  Task<Result<void>> finish() override {
    auto& world = network_.process().world();
    auto done = std::make_shared<bool>(false);
    std::function<Result<void>()> apply = [&backends = backends_, &world, name = name_,
                                           inner = inner_, payload = payload_,
                                           done]() -> Result<void> {
      const bool second_copy = std::exchange(*done, true);
      if (second_copy) return SimNetwork::reply_lost();
      auto finished = world.immediately(inner->finish());
      backends.monitor.finish_applied(name, payload, finished.ok());
      return finished;
    };
    return network_.ask<void>("finish", std::move(apply));
  }

 private:
  SimNetwork& network_;
  SimBackends& backends_;
  Revision name_;
  std::string payload_;
  std::shared_ptr<BlobWriter> inner_;
};

Task<Result<std::unique_ptr<BlobWriter>>> SimBlobStore::create(const Revision& name,
                                                               const Metadata& metadata) {
  CO_TRY_ASSIGN(auto inner, co_await backends_.blobs.create(name, metadata));
  std::unique_ptr<BlobWriter> writer =
      std::make_unique<Writer>(network_, backends_, name, std::move(inner));
  co_return std::move(writer);
}

Task<Result<std::unique_ptr<BlobReader>>> SimBlobStore::open(const Revision& name) {
  auto& world = network_.process().world();
  // A reader can't be copied through a function; what it found is kept aside.
  auto found = std::make_shared<std::unique_ptr<BlobReader>>();
  std::function<Result<void>()> apply = [this, &world, name, found]() -> Result<void> {
    auto opened = world.immediately(backends_.blobs.open(name));
    if (!opened.ok()) return std::move(opened).error();
    *found = std::move(*opened);
    return Result<void>();
  };
  CO_TRY(co_await network_.ask<void>("open", std::move(apply)));
  if (*found == nullptr) ++backends_.monitor.counters().blobs_vanished_for_readers;
  co_return std::move(*found);
}

Task<Result<Discarded>> SimBlobStore::discard(const Revision& name, std::string_view upload) {
  auto& world = network_.process().world();
  return network_.ask<Discarded>("discard", [this, &world, name, upload = std::string(upload)] {
    backends_.monitor.discard_arrives(name);
    return world.immediately(backends_.blobs.discard(name, upload));
  });
}

Task<Result<bool>> SimBlobStore::extend(const Revision& name, WallTime deadline) {
  auto& world = network_.process().world();
  return network_.ask<bool>("extend", [this, &world, name, deadline] {
    return world.immediately(backends_.blobs.extend(name, deadline));
  });
}

// --- the log -------------------------------------------------------------------------------------

Task<Result<void>> SimChangeLog::record(const std::vector<LogEntry>& entries, EntryTime time) {
  auto& world = network_.process().world();
  return network_.ask<void>("record", [this, &world, entries, time] {
    for (const auto& entry : entries)
      backends_.monitor.recorded(entry);
    return world.immediately(backends_.log.record(entries, time));
  });
}

Task<Result<void>> SimChangeLog::remove(std::string_view key) {
  auto& world = network_.process().world();
  return network_.ask<void>("remove", [this, &world, key = std::string(key)] {
    backends_.monitor.removal_arrives(key, backends_.blobs.blobs());
    return world.immediately(backends_.log.remove(key));
  });
}

Task<Mutation> SimChangeLog::exchange(std::string_view key,
                                      const std::optional<UploadState>& expected,
                                      const std::optional<LogEntry>& next, EntryTime time) {
  auto& world = network_.process().world();
  return network_.mutate("exchange", [this, &world, key = std::string(key), expected, next, time] {
    if (!next) backends_.monitor.removal_arrives(key, backends_.blobs.blobs(), expected);
    auto exchanged = world.immediately(backends_.log.exchange(key, expected, next, time));
    backends_.monitor.exchanged(expected, next, exchanged.is_applied());
    return exchanged;
  });
}

Task<Result<std::vector<ScannedEntry>>> SimChangeLog::scan(const ScanRequest& request) {
  auto& world = network_.process().world();
  return network_.ask<std::vector<ScannedEntry>>(
      "scan", [this, &world, request] { return world.immediately(backends_.log.scan(request)); });
}

Task<Mutation> SimChangeLog::claim(const ScannedEntry& entry, EntryTime now) {
  auto& world = network_.process().world();
  std::function<Mutation()> apply = [this, &world, entry, now] {
    return world.immediately(backends_.log.claim(entry, now));
  };
  auto claimed = co_await network_.mutate("claim", std::move(apply));
  if (claimed.is_refused()) ++backends_.monitor.counters().claims_lost;
  co_return claimed;
}

Task<Mutation> SimChangeLog::quarantine(const ScannedEntry& entry, std::string_view reason,
                                        EntryTime now) {
  auto& world = network_.process().world();
  return network_.mutate("quarantine", [this, &world, entry, reason = std::string(reason), now] {
    return world.immediately(backends_.log.quarantine(entry, reason, now));
  });
}

Task<Result<std::vector<QuarantinedEntry>>> SimChangeLog::quarantined(EntryTime before,
                                                                      std::string_view after,
                                                                      std::size_t limit) {
  auto& world = network_.process().world();
  return network_.ask<std::vector<QuarantinedEntry>>(
      "quarantined", [this, &world, before, after = std::string(after), limit] {
        return world.immediately(backends_.log.quarantined(before, after, limit));
      });
}

Task<Result<void>> SimChangeLog::release(const QuarantinedEntry& entry, EntryTime time) {
  auto& world = network_.process().world();
  return network_.ask<void>("release", [this, &world, entry, time] {
    return world.immediately(backends_.log.release(entry, time));
  });
}

Task<Mutation> SimChangeLog::drop(const QuarantinedEntry& entry) {
  auto& world = network_.process().world();
  return network_.mutate(
      "drop", [this, &world, entry] { return world.immediately(backends_.log.drop(entry)); });
}

}  // namespace objectstore::testing
