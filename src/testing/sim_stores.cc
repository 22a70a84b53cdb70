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
    return world.immediately(backends_.rows.read(key, part));
  };
  Result<Row> unknown = lost();
  Result<Row> failed = not_sent();
  co_return co_await network_.call<Result<Row>>("read", std::move(apply), std::move(unknown),
                                                std::move(failed));
}

Task<Mutation> SimRowStore::write_unless_redirect(std::string_view key, const RowState& state,
                                                  const Stamp& stamp) {
  auto& world = network_.process().world();
  return mutate("small", [this, &world, key = std::string(key), state, stamp] {
    return world.immediately(backends_.rows.write_unless_redirect(key, state, stamp));
  });
}

Task<Mutation> SimRowStore::open_intent(std::string_view key, const AttemptId& attempt,
                                        const IntentCondition& condition) {
  auto& world = network_.process().world();
  if (rules_ == CommitRules::draft) conditions_[attempt] = condition;
  return mutate("intent", [this, &world, key = std::string(key), attempt, condition] {
    return world.immediately(backends_.rows.open_intent(key, attempt, condition));
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
    if (rules_ == CommitRules::draft) return draft_commit(key, attempt, state, stamp);
    return world.immediately(backends_.rows.commit(key, attempt, state, stamp));
  };
  auto committed = co_await mutate("commit", std::move(apply));
  if (committed.is_refused()) ++network_.counters().commits_refused;
  if (committed.outcome() == Mutation::Outcome::unknown) ++network_.counters().commits_unknown;
  co_return committed;
}

Task<Result<FenceFound>> SimRowStore::fence(std::string_view key, const AttemptId& attempt) {
  auto& world = network_.process().world();
  std::function<Result<FenceFound>()> apply = [this, &world, key = std::string(key), attempt] {
    return world.immediately(backends_.rows.fence(key, attempt));
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
    return world.immediately(backends_.rows.bump(key, as_read, deadline));
  });
}

// --- blobs ---------------------------------------------------------------------------------------

class SimBlobStore::Writer final : public BlobWriter {
 public:
  Writer(SimNetwork& network, std::shared_ptr<BlobWriter> inner)
      : network_(network), inner_(std::move(inner)) {}

  // Appends go into the upload's own buffer: only the end of an upload is seen by anybody.
  Task<Result<void>> append(std::string_view bytes) override { return inner_->append(bytes); }

  Task<Result<void>> finish() override {
    auto& world = network_.process().world();
    auto done = std::make_shared<bool>(false);
    std::function<Result<void>()> apply = [&world, inner = inner_, done]() -> Result<void> {
      if (std::exchange(*done, true)) return lost();  // the second copy of one request
      return world.immediately(inner->finish());
    };
    Result<void> unknown = lost();
    Result<void> failed = not_sent();
    co_return co_await network_.call<Result<void>>("finish", std::move(apply), std::move(unknown),
                                                   std::move(failed));
  }

 private:
  SimNetwork& network_;
  std::shared_ptr<BlobWriter> inner_;
};

Task<Result<std::unique_ptr<BlobWriter>>> SimBlobStore::create(const Revision& name,
                                                               const Metadata& metadata) {
  CO_TRY_ASSIGN(auto inner, co_await backends_.blobs.create(name, metadata));
  std::unique_ptr<BlobWriter> writer = std::make_unique<Writer>(network_, std::move(inner));
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
  co_return std::move(*found);
}

Task<Result<Discarded>> SimBlobStore::discard(const Revision& name) {
  auto& world = network_.process().world();
  std::function<Result<Discarded>()> apply = [this, &world, name] {
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
  auto unknown = Mutation::unknown(lost());
  auto failed = Mutation::failed(not_sent());
  auto claimed = co_await network_.call<Mutation>("claim", std::move(apply), std::move(unknown),
                                                  std::move(failed));
  if (claimed.is_refused()) ++network_.counters().claims_lost;
  co_return claimed;
}

Task<Mutation> SimChangeLog::quarantine(const ScannedEntry& entry, std::string_view reason,
                                        EntryTime now) {
  return backends_.log.quarantine(entry, reason, now);
}

Task<Result<std::vector<QuarantinedEntry>>> SimChangeLog::quarantined(EntryTime before,
                                                                      std::string_view after,
                                                                      std::size_t limit) {
  return backends_.log.quarantined(before, after, limit);
}

Task<Result<void>> SimChangeLog::release(const QuarantinedEntry& entry, EntryTime time) {
  return backends_.log.release(entry, time);
}

}  // namespace objectstore::testing
