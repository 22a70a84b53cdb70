// A tiered store on memory backends, with a hand on its clock and on the way to its stores.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/memory/memory_blob_store.h"
#include "backends/memory/memory_change_log.h"
#include "backends/memory/memory_row_store.h"
#include "testing/manual_clock.h"
#include "testing/read_content.h"
#include "testing/recording_logger.h"
#include "testing/run.h"
#include "testing/seeded_random.h"
#include "tiered/tiered_store.h"

namespace objectstore::testing {

// Passes everything on, but for what a test takes out.
class HookedRowStore final : public RowStore {
 public:
  explicit HookedRowStore(RowStore& inner) : inner_(inner) {}

  // Called with the request's name before it is passed on; what it returns is the answer instead.
  std::function<std::optional<Mutation>(const std::string&)> on_mutation;
  std::function<std::optional<Result<Row>>()> on_read;
  // The next commit is passed on, and its reply lost.
  bool loses_next_commit_reply = false;
  std::vector<std::string> requests;

  Task<Result<Row>> read(std::string_view key, RowPart part) override {
    requests.emplace_back("read");
    if (on_read) {
      if (auto answer = on_read()) co_return std::move(*answer);
    }
    co_return co_await inner_.read(key, part);
  }
  Task<Mutation> write_unless_redirect(std::string_view key, const RowState& state,
                                       const Stamp& stamp) override {
    stamps.push_back(stamp);
    if (auto answer = intercept("small")) co_return std::move(*answer);
    co_return co_await inner_.write_unless_redirect(key, state, stamp);
  }
  Task<Mutation> open_intent(std::string_view key, const AttemptId& attempt,
                             const IntentCondition& condition) override {
    if (auto answer = intercept("intent")) co_return std::move(*answer);
    co_return co_await inner_.open_intent(key, attempt, condition);
  }
  Task<Mutation> commit(std::string_view key, const AttemptId& attempt, const RowState& state,
                        const Stamp& stamp) override {
    if (auto answer = intercept("commit")) co_return std::move(*answer);
    auto committed = co_await inner_.commit(key, attempt, state, stamp);
    if (!std::exchange(loses_next_commit_reply, false)) co_return committed;
    co_return Mutation::unknown(Error(ErrorCode::unavailable, "the reply was lost"));
  }
  Task<Result<FenceFound>> fence(std::string_view key, const AttemptId& attempt) override {
    if (auto answer = intercept("fence")) co_return answer->cause();
    co_return co_await inner_.fence(key, attempt);
  }
  Task<Mutation> bump(std::string_view key, const Row& as_read, WallTime deadline) override {
    if (auto answer = intercept("bump")) co_return std::move(*answer);
    co_return co_await inner_.bump(key, as_read, deadline);
  }

  std::vector<Stamp> stamps;  // of small writes

 private:
  std::optional<Mutation> intercept(const char* name) {
    requests.emplace_back(name);
    return on_mutation ? on_mutation(name) : std::nullopt;
  }
  RowStore& inner_;
};

// A payload in pieces, which may break off.
class PieceStream final : public ByteStream {
 public:
  explicit PieceStream(std::string bytes, std::size_t piece = 100'000)
      : bytes_(std::move(bytes)), piece_(piece) {}

  std::optional<std::size_t> breaks_at;

  Task<Result<std::string_view>> next() override {
    if (breaks_at && offset_ >= *breaks_at) {
      co_return Error(ErrorCode::client_stream, "error reading client stream");
    }
    const auto piece = std::string_view(bytes_).substr(offset_, piece_);
    offset_ += piece.size();
    co_return piece;
  }

 private:
  std::string bytes_;
  std::size_t piece_;
  std::size_t offset_ = 0;
};

class TieredTest : public ::testing::Test {
 protected:
  // Runs the task to its end while time goes by for whoever sleeps.
  template <class T>
  T wait(Task<T> task) {
    std::optional<T> result;
    testing::detail::spawn(context_, testing::detail::store_result(std::move(task), &result));
    for (int rounds = 0; rounds < 1000; ++rounds) {
      run_ready(context_);
      if (result && store_.background_tasks() == 0) break;
      if (clock_.next_due()) clock_.advance(*clock_.next_due() - clock_.monotonic_now());
    }
    OBJECTSTORE_ASSERT(result.has_value());
    return *std::move(result);
  }

  Result<void> put(const std::string& key, std::string bytes, ExpirationPolicy policy = {}) {
    PieceStream stream(std::move(bytes));
    return put_stream(key, stream, policy);
  }
  Result<void> put_stream(const std::string& key, ByteStream& stream,
                          ExpirationPolicy policy = {}) {
    Metadata metadata;
    metadata.expiration = policy;
    metadata.time_expires = *policy.deadline_from(clock_.now());
    Upload upload;
    upload.stream = &stream;
    return wait(store_.put(id(key), std::move(metadata), upload));
  }
  Result<void> remove(const std::string& key) { return wait(store_.remove(id(key))); }

  // The payload; "absent", or the error.
  std::string get(const std::string& key) {
    auto got = wait(store_.get(id(key), std::nullopt));
    if (!got.ok()) return std::string(to_string(got.error().code()));
    auto* content = std::get_if<ObjectContent>(&*got);
    if (content == nullptr) return "absent";
    const auto text = wait(read_content(std::move(*content)));
    return text.ok() ? *text : std::string(to_string(text.error().code()));
  }

  static ObjectId id(const std::string& key) {
    ObjectId object;
    object.usecase = "u";
    object.key = key;
    return object;
  }
  RowCells row(const std::string& key) {
    auto rows = memory_rows_.snapshot();
    return rows[id(key).storage_path()];
  }
  static ExpirationPolicy policy(const char* text) { return *ExpirationPolicy::parse(text); }

  static inline const std::string large = std::string((1 << 20) + 1, 'L');

  boost::asio::io_context context_{1};
  ManualClock clock_;
  SeededRandom random_;
  RecordingLogger logger_;
  MemoryRowStore memory_rows_{clock_};
  MemoryBlobStore blobs_{LateUploads::prevented};
  MemoryChangeLog log_;
  HookedRowStore rows_{memory_rows_};
  OpenChanges changes_{log_, clock_, random_, logger_, ChangeLogSettings{}};
  UploadEntries entries_{log_, clock_, random_, ChangeLogSettings{}};
  TieredStore store_{rows_,   blobs_,  changes_,         clock_,
                     random_, logger_, TieredSettings{}, MultipartParts{&blobs_, &entries_}};
};

}  // namespace objectstore::testing
