// Stores that tell the recorder what they are asked for: each disk call then carries the step of
// the change protocol that it belongs to.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "power_cut/disk_recorder.h"
#include "storage/row_store.h"
#include "testing/forwarding_stores.h"

namespace objectstore::testing {

namespace phase {
inline constexpr std::string_view small_write = "small write";
inline constexpr std::string_view intent = "intent";
inline constexpr std::string_view commit = "commit";
inline constexpr std::string_view fence = "fence";
inline constexpr std::string_view bump = "bump";
inline constexpr std::string_view open = "open";
inline constexpr std::string_view upload = "upload";
inline constexpr std::string_view finish = "finish";
inline constexpr std::string_view discard = "discard";
inline constexpr std::string_view record = "record";
inline constexpr std::string_view claim = "claim";
inline constexpr std::string_view remove = "remove";
inline constexpr std::string_view flush = "flush";
inline constexpr std::string_view compact = "compact";
}  // namespace phase

inline void enter_phase(std::string_view name) {
  if (auto* recorder = DiskRecorder::active()) recorder->enter(name);
}

// Where two things go on beside each other, their order must not be the luck of RocksDB's threads.
inline Task<void> let_others_go_first() {
  const auto executor = co_await boost::asio::this_coro::executor;
  co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

class PhasedRows final : public RowStore {
 public:
  explicit PhasedRows(RowStore& inner) : inner_(inner) {}

  Task<Result<Row>> read(std::string_view key, RowPart part) override {
    return inner_.read(key, part);
  }
  Task<Mutation> write_unless_redirect(std::string_view key, const RowState& state,
                                       const Stamp& stamp) override {
    enter_phase(phase::small_write);
    return inner_.write_unless_redirect(key, state, stamp);
  }
  Task<Mutation> open_intent(std::string_view key, const AttemptId& attempt,
                             const IntentCondition& condition) override {
    co_await let_others_go_first();  // the payload, which comes in beside this
    enter_phase(phase::intent);
    co_return co_await inner_.open_intent(key, attempt, condition);
  }
  Task<Mutation> commit(std::string_view key, const AttemptId& attempt, const RowState& state,
                        const Stamp& stamp) override {
    enter_phase(phase::commit);
    return inner_.commit(key, attempt, state, stamp);
  }
  Task<Result<FenceFound>> fence(std::string_view key, const AttemptId& attempt) override {
    enter_phase(phase::fence);
    return inner_.fence(key, attempt);
  }
  Task<Mutation> bump(std::string_view key, const Row& as_read, WallTime deadline) override {
    enter_phase(phase::bump);
    return inner_.bump(key, as_read, deadline);
  }

 private:
  RowStore& inner_;
};

class PhasedLog final : public ForwardingChangeLog {
 public:
  using ForwardingChangeLog::ForwardingChangeLog;

  Task<Result<void>> record(const std::vector<LogEntry>& entries, EntryTime time) override {
    enter_phase(phase::record);
    return inner().record(entries, time);
  }
  Task<Result<void>> remove(std::string_view key) override {
    co_await let_others_go_first();  // the acknowledgement
    enter_phase(phase::remove);
    co_return co_await inner().remove(key);
  }
  Task<Mutation> claim(const ScannedEntry& entry, EntryTime now) override {
    enter_phase(phase::claim);
    return inner().claim(entry, now);
  }
};

class PhasedWriter final : public BlobWriter {
 public:
  explicit PhasedWriter(std::unique_ptr<BlobWriter> inner) : inner_(std::move(inner)) {}

  Task<Result<void>> append(std::string_view bytes) override { return inner_->append(bytes); }
  Task<Result<std::string>> begin() override { return inner_->begin(); }
  void proceed() override { inner_->proceed(); }
  void give_up() override { inner_->give_up(); }
  Task<Result<void>> finish() override {
    enter_phase(phase::finish);
    return inner_->finish();
  }

 private:
  std::unique_ptr<BlobWriter> inner_;
};

class PhasedBlobs final : public ForwardingBlobStore {
 public:
  using ForwardingBlobStore::ForwardingBlobStore;

  Task<Result<std::unique_ptr<BlobWriter>>> create(const Revision& name,
                                                   const Metadata& metadata) override {
    enter_phase(phase::upload);
    CO_TRY_ASSIGN(auto writer, co_await inner().create(name, metadata));
    std::unique_ptr<BlobWriter> phased = std::make_unique<PhasedWriter>(std::move(writer));
    co_return phased;
  }
  Task<Result<Discarded>> discard(const Revision& name, std::string_view upload) override {
    co_await let_others_go_first();  // the acknowledgement
    enter_phase(phase::discard);
    co_return co_await inner().discard(name, upload);
  }
};

struct PhasedStores {
  PhasedStores(RowStore& row_store, ChangeLog& change_log, BlobStore& blob_store)
      : rows(row_store), log(change_log), blobs(blob_store) {}
  PhasedRows rows;
  PhasedLog log;
  PhasedBlobs blobs;
};

}  // namespace objectstore::testing
