#include "simulation/crash_points_stores.h"

namespace objectstore::testing {

namespace {

Error local_failure() {
  return Error(ErrorCode::io, "injected: the call failed within the process");
}

}  // namespace

// --- blobs ---------------------------------------------------------------------------------------

class NamedBlobStore::Writer final : public BlobWriter {
 public:
  Writer(NamedBlobStore& store, std::unique_ptr<BlobWriter> inner)
      : store_(store), inner_(std::move(inner)) {}

  Task<Result<void>> append(std::string_view bytes) override {
    const bool works = co_await store_.local_step("append");
    if (!works) co_return local_failure();
    co_return co_await inner_->append(bytes);
  }
  Task<Result<std::string>> begin() override { return inner_->begin(); }
  void proceed() override { inner_->proceed(); }
  void give_up() override { inner_->give_up(); }
  Task<Result<void>> finish() override { return inner_->finish(); }

 private:
  NamedBlobStore& store_;
  std::unique_ptr<BlobWriter> inner_;
};

Task<bool> NamedBlobStore::local_step(std::string what) {
  const auto fate = stage_.plan.next(process_, what);
  // A process that was stopped stops here.
  co_await clock_.sleep_for(fate.there);
  co_return fate.kind == CallFate::Kind::normal;
}

Task<Result<std::unique_ptr<BlobWriter>>> NamedBlobStore::create(const Revision& name,
                                                                 const Metadata& metadata) {
  const bool works = co_await local_step("create");
  if (!works) co_return local_failure();
  CO_TRY_ASSIGN(auto writer, co_await inner().create(name, metadata));
  std::unique_ptr<BlobWriter> named = std::make_unique<Writer>(*this, std::move(writer));
  co_return std::move(named);
}

Task<Result<Discarded>> NamedBlobStore::discard(const Revision& name, std::string_view upload) {
  const bool old = stage_.old_blobs.contains(name);
  const std::string what = old ? "discard old" : "discard new";
  if (old && clock_.monotonic_now() < stage_.undeletable_until) {
    (void)co_await local_step(what);
    co_return Error(ErrorCode::io, "injected: the blob can't be deleted");
  }
  stage_.plan.announce(what);
  auto discarded = co_await inner().discard(name, upload);
  if (discarded.ok() && stage_.discards_lie) discarded = Discarded::for_good;
  co_return discarded;
}

// --- the log -------------------------------------------------------------------------------------

Task<Result<void>> NamedChangeLog::record(const std::vector<LogEntry>& entries, EntryTime time) {
  const auto key = entry_key(entries.front().change.id);
  const bool kept_alive = kept_alive_.contains(key);
  const std::string beat = kept_alive ? "beat" : "record";
  stage_.plan.announce(entries.front().swept_later ? "keep" : beat);
  auto recorded = co_await inner().record(entries, time);
  if (recorded.ok()) kept_alive_.insert(key);
  co_return recorded;
}

Task<Result<std::vector<ScannedEntry>>> NamedChangeLog::scan(const ScanRequest& request) {
  if (stage_.tears_scan && stage_.tears_scan(request)) {
    co_return Error(ErrorCode::unavailable, "injected: the scan broke off");
  }
  const auto found = stage_.world.immediately(stage_.backends.log.scan(request));
  stage_.plan.announce(found->empty() ? "scan" + FaultPlan::of_nothing : "scan");
  co_return co_await inner().scan(request);
}

Task<Mutation> NamedChangeLog::claim(const ScannedEntry& entry, EntryTime now) {
  const std::string key = entry.key;
  auto claimed = co_await inner().claim(entry, now);
  if (claimed.is_applied()) kept_alive_.insert(key);
  co_return claimed;
}

Task<Result<std::vector<QuarantinedEntry>>> NamedChangeLog::quarantined(EntryTime before,
                                                                        std::string_view after,
                                                                        std::size_t limit) {
  const auto found =
      stage_.world.immediately(stage_.backends.log.quarantined(before, after, limit));
  stage_.plan.announce(found->empty() ? "quarantined" + FaultPlan::of_nothing : "quarantined");
  return inner().quarantined(before, after, limit);
}

// --- the sweeper ---------------------------------------------------------------------------------

Task<Result<RowSweeper::Sweep>> NamedSweeper::sweep(WallTime now, std::string from,
                                                    std::size_t limit) {
  // The rows as they are now, swept on the side.
  MemoryRowStore aside(stage_.backends.clock);
  for (const auto& row : stage_.backends.rows.snapshot())
    aside.edit(row.first, [&row](RowCells& cells) { cells = row.second; });
  const auto found = stage_.world.immediately(aside.sweep(now, from, limit));
  const bool finds = found->collected != 0 || !found->redirects.empty();
  stage_.plan.announce(finds ? "sweep" : "sweep" + FaultPlan::of_nothing);
  return inner_.sweep(now, std::move(from), limit);
}

}  // namespace objectstore::testing
