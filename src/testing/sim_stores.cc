#include "testing/sim_stores.h"

namespace objectstore::testing {

namespace {

Error lost() {
  return Error(ErrorCode::unavailable, "the reply was lost");
}
Error not_sent() {
  return Error(ErrorCode::unavailable, "the request could not be sent");
}

}  // namespace

template <class R>
Task<R> SimNetwork::call(std::string what, std::function<R()> apply, R lost_reply, R failed) {
  const auto fate = policy_.next(process_, what);
  auto& world = process_.world();
  apply = [&world, inner = std::move(apply)] {
    world.request_applied();
    return inner();
  };
  world.trace("p" + std::to_string(process_.id()) + " " + what + " fate " +
              std::to_string(static_cast<int>(fate.kind)));
  auto send = [this, &world, fate, &what, &apply, &lost_reply, &failed](Completer<R> completer) {
    auto reply = process_.hold(std::move(completer));
    auto lost_copy = std::make_shared<R>(std::move(lost_reply));
    const auto answer_lost = [reply, lost_copy] { reply(std::move(*lost_copy)); };
    using Kind = CallFate::Kind;
    switch (fate.kind) {
      case Kind::not_sent: {
        auto failed_copy = std::make_shared<R>(std::move(failed));
        world.after(fate.there, [reply, failed_copy] { reply(std::move(*failed_copy)); });
        return;
      }
      case Kind::dropped:
        world.after(timeout, answer_lost);
        return;
      case Kind::reply_lost:
        world.after(fate.there, [apply] { (void)apply(); });
        world.after(timeout, answer_lost);
        return;
      case Kind::late:
        ++counters_.late_applications;
        world.after(fate.there + fate.late_by, [apply] { (void)apply(); });
        world.after(timeout, answer_lost);
        return;
      case Kind::twice:
        ++counters_.late_applications;
        world.after(fate.there + fate.late_by, [apply] { (void)apply(); });
        break;
      case Kind::normal:
        break;
    }
    world.after(fate.there, [this, &world, fate, apply, reply, what] {
      auto result = std::make_shared<R>(apply());
      policy_.on_applied(process_, what);
      world.after(fate.back, [reply, result] { reply(std::move(*result)); });
    });
  };
  co_return co_await await_callback<R>(send);
}

// --- rows ----------------------------------------------------------------------------------------

Task<Mutation> SimRowStore::mutate(std::string what, std::function<Mutation()> apply) {
  auto unknown = Mutation::unknown(lost());
  auto failed = Mutation::failed(not_sent());
  co_return co_await network_.call<Mutation>(std::move(what), std::move(apply), std::move(unknown),
                                             std::move(failed));
}

Task<Result<Row>> SimRowStore::read(std::string_view key, RowPart part) {
  auto& world = network_.process().world();
  std::function<Result<Row>()> apply = [this, &world, key = std::string(key), part] {
    return world.immediately(backends_.row_rules->read(key, part));
  };
  Result<Row> unknown = lost();
  Result<Row> failed = not_sent();
  co_return co_await network_.call<Result<Row>>("read", std::move(apply), std::move(unknown),
                                                std::move(failed));
}

Task<Mutation> SimRowStore::write_unless_redirect(std::string_view key, const RowState& state,
                                                  const Stamp& stamp) {
  auto& world = network_.process().world();
  const bool again = backends_.monitor.small_write_sent(stamp);
  return mutate("small", [this, &world, key = std::string(key), state, stamp, again] {
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
  return mutate("intent", [this, &world, key = std::string(key), attempt, condition] {
    return world.immediately(backends_.row_rules->open_intent(key, attempt, condition));
  });
}

// Check-then-act: the predicate is the row as it was read, and nothing else.
Mutation SimRowStore::draft_commit(const std::string& key, const AttemptId& attempt,
                                   const RowState& state, const Stamp& stamp) {
  auto& world = network_.process().world();
  const auto row = world.immediately(backends_.rows.read(key, RowPart::metadata));
  const auto* redirect = std::get_if<RedirectRow>(&row->state);
  std::optional<Revision> target;
  if (redirect != nullptr) target = redirect->target;
  if (target != conditions_[attempt].redirect) return Mutation::refused();
  // Whatever became of the attempt's intent, a new one is opened on the spot.
  const AttemptId fresh{make_uuid_v7(backends_.clock, world.random())};
  IntentCondition condition;
  condition.stamp = row->stamp;
  condition.redirect = target;
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
  auto committed = co_await mutate("commit", std::move(apply));
  if (committed.is_refused()) ++network_.counters().commits_refused;
  if (committed.outcome() == Mutation::Outcome::unknown) ++network_.counters().commits_unknown;
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
  Result<FenceFound> unknown = lost();
  Result<FenceFound> failed = not_sent();
  auto found = co_await network_.call<Result<FenceFound>>("fence", std::move(apply),
                                                          std::move(unknown), std::move(failed));
  if (found.ok() && *found == FenceFound::open) ++network_.counters().fences_found_open;
  co_return found;
}

Task<Mutation> SimRowStore::bump(std::string_view key, const Row& as_read, WallTime deadline) {
  auto& world = network_.process().world();
  return mutate("bump", [this, &world, key = std::string(key), as_read, deadline] {
    auto bumped = world.immediately(backends_.row_rules->bump(key, as_read, deadline));
    auto& counters = backends_.monitor.counters();
    ++(bumped.is_applied() ? counters.bumps_applied : counters.bumps_refused);
    return bumped;
  });
}

Task<Result<RowSweeper::Sweep>> SimRowStore::sweep(WallTime now, std::string from,
                                                   std::size_t limit) {
  auto& world = network_.process().world();
  std::function<Result<Sweep>()> apply = [this, &world, now, from = std::move(from), limit] {
    return world.immediately(backends_.rows.sweep(now, from, limit));
  };
  Result<Sweep> unknown = lost();
  Result<Sweep> failed = not_sent();
  co_return co_await network_.call<Result<Sweep>>("sweep", std::move(apply), std::move(unknown),
                                                  std::move(failed));
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

  Task<Result<void>> finish() override {
    auto& world = network_.process().world();
    auto done = std::make_shared<bool>(false);
    std::function<Result<void>()> apply = [&backends = backends_, &world, name = name_,
                                           inner = inner_, payload = payload_,
                                           done]() -> Result<void> {
      if (std::exchange(*done, true)) return lost();  // the second copy of one request
      auto finished = world.immediately(inner->finish());
      backends.monitor.finish_applied(name, payload, finished.ok());
      return finished;
    };
    Result<void> unknown = lost();
    Result<void> failed = not_sent();
    co_return co_await network_.call<Result<void>>("finish", std::move(apply), std::move(unknown),
                                                   std::move(failed));
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
  Result<void> unknown = lost();
  Result<void> failed = not_sent();
  CO_TRY(co_await network_.call<Result<void>>("open", std::move(apply), std::move(unknown),
                                              std::move(failed)));
  if (*found == nullptr) ++network_.counters().blobs_vanished_for_readers;
  co_return std::move(*found);
}

Task<Result<Discarded>> SimBlobStore::discard(const Revision& name) {
  auto& world = network_.process().world();
  std::function<Result<Discarded>()> apply = [this, &world, name] {
    backends_.monitor.discard_arrives(name);
    return world.immediately(backends_.blobs.discard(name));
  };
  Result<Discarded> unknown = lost();
  Result<Discarded> failed = not_sent();
  co_return co_await network_.call<Result<Discarded>>("discard", std::move(apply),
                                                      std::move(unknown), std::move(failed));
}

Task<Result<bool>> SimBlobStore::extend(const Revision& name, WallTime deadline) {
  auto& world = network_.process().world();
  std::function<Result<bool>()> apply = [this, &world, name, deadline] {
    return world.immediately(backends_.blobs.extend(name, deadline));
  };
  Result<bool> unknown = lost();
  Result<bool> failed = not_sent();
  co_return co_await network_.call<Result<bool>>("extend", std::move(apply), std::move(unknown),
                                                 std::move(failed));
}

// --- the log -------------------------------------------------------------------------------------

Task<Result<void>> SimChangeLog::record(const std::vector<LogEntry>& entries, EntryTime time) {
  auto& world = network_.process().world();
  std::function<Result<void>()> apply = [this, &world, entries, time] {
    for (const auto& entry : entries)
      backends_.monitor.recorded(entry);
    return world.immediately(backends_.log.record(entries, time));
  };
  Result<void> unknown = lost();
  Result<void> failed = not_sent();
  co_return co_await network_.call<Result<void>>("record", std::move(apply), std::move(unknown),
                                                 std::move(failed));
}

Task<Result<void>> SimChangeLog::remove(std::string_view key) {
  auto& world = network_.process().world();
  std::function<Result<void>()> apply = [this, &world, key = std::string(key)] {
    backends_.monitor.removal_arrives(key, backends_.blobs.blobs());
    return world.immediately(backends_.log.remove(key));
  };
  Result<void> unknown = lost();
  Result<void> failed = not_sent();
  co_return co_await network_.call<Result<void>>("remove", std::move(apply), std::move(unknown),
                                                 std::move(failed));
}

Task<Result<std::vector<ScannedEntry>>> SimChangeLog::scan(const ScanRequest& request) {
  using Found = Result<std::vector<ScannedEntry>>;
  auto& world = network_.process().world();
  std::function<Found()> apply = [this, &world, request] {
    return world.immediately(backends_.log.scan(request));
  };
  Found unknown = lost();
  Found failed = not_sent();
  co_return co_await network_.call<Found>("scan", std::move(apply), std::move(unknown),
                                          std::move(failed));
}

Task<Mutation> SimChangeLog::claim(std::string_view key, EntryTime seen, EntryTime now) {
  auto& world = network_.process().world();
  std::function<Mutation()> apply = [this, &world, key = std::string(key), seen, now] {
    return world.immediately(backends_.log.claim(key, seen, now));
  };
  auto claimed = co_await mutate("claim", std::move(apply));
  if (claimed.is_refused()) ++network_.counters().claims_lost;
  co_return claimed;
}

Task<Mutation> SimChangeLog::quarantine(const ScannedEntry& entry, std::string_view reason,
                                        EntryTime now) {
  auto& world = network_.process().world();
  return mutate("quarantine", [this, &world, entry, reason = std::string(reason), now] {
    return world.immediately(backends_.log.quarantine(entry, reason, now));
  });
}

Task<Result<std::vector<QuarantinedEntry>>> SimChangeLog::quarantined(EntryTime before,
                                                                      std::string_view after,
                                                                      std::size_t limit) {
  using Found = Result<std::vector<QuarantinedEntry>>;
  auto& world = network_.process().world();
  std::function<Found()> apply = [this, &world, before, after = std::string(after), limit] {
    return world.immediately(backends_.log.quarantined(before, after, limit));
  };
  Found unknown = lost();
  Found failed = not_sent();
  co_return co_await network_.call<Found>("quarantined", std::move(apply), std::move(unknown),
                                          std::move(failed));
}

Task<Result<void>> SimChangeLog::release(const QuarantinedEntry& entry, EntryTime time) {
  auto& world = network_.process().world();
  std::function<Result<void>()> apply = [this, &world, entry, time] {
    return world.immediately(backends_.log.release(entry, time));
  };
  Result<void> unknown = lost();
  Result<void> failed = not_sent();
  co_return co_await network_.call<Result<void>>("release", std::move(apply), std::move(unknown),
                                                 std::move(failed));
}

Task<Mutation> SimChangeLog::drop(const QuarantinedEntry& entry) {
  auto& world = network_.process().world();
  return mutate("drop",
                [this, &world, entry] { return world.immediately(backends_.log.drop(entry)); });
}

Task<Mutation> SimChangeLog::mutate(std::string what, std::function<Mutation()> apply) {
  auto unknown = Mutation::unknown(lost());
  auto failed = Mutation::failed(not_sent());
  co_return co_await network_.call<Mutation>(std::move(what), std::move(apply), std::move(unknown),
                                             std::move(failed));
}

}  // namespace objectstore::testing
