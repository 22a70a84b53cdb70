#include "tiered/tiered_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/forwarding_stores.h"
#include "tiered/no_blobs.h"
#include "tiered/test_support.h"

namespace objectstore::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

Error lost() {
  return Error(ErrorCode::unavailable, "the reply was lost");
}

class PayloadSize : public TieredTest, public ::testing::WithParamInterface<std::size_t> {};

TEST_P(PayloadSize, decides_the_tier_and_comes_back) {
  const std::string bytes(GetParam(), 'x');
  ASSERT_TRUE(put("k", bytes).ok());
  EXPECT_EQ(get("k"), bytes);
  const bool in_row = GetParam() <= 1 << 20;
  EXPECT_EQ(std::holds_alternative<InlineRow>(row("k").state), in_row);
  EXPECT_EQ(blobs_.blobs().size(), in_row ? 0U : 1U);
  EXPECT_TRUE(log_.empty());
}

INSTANTIATE_TEST_SUITE_P(Sizes, PayloadSize,
                         ::testing::Values(0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20));

using TieredStoreTest = TieredTest;

TEST_F(TieredStoreTest, overwrites_leave_one_copy_whatever_the_sizes) {
  const std::optional<std::string> contents[] = {std::nullopt, "small", large};
  for (const auto& before : contents) {
    for (const auto& after : contents) {
      for (const auto& content : {before, after}) {
        ASSERT_TRUE((content ? put("k", *content) : remove("k")).ok());
      }
      EXPECT_EQ(get("k"), after.value_or("absent"));
      EXPECT_EQ(blobs_.blobs().size(), after == large ? 1U : 0U);
      EXPECT_TRUE(blobs_.uploads().empty());
      EXPECT_TRUE(log_.empty());
    }
  }
}

TEST_F(TieredStoreTest, delete_leaves_the_stamp_alone) {
  ASSERT_TRUE(put("k", "small").ok());
  const auto before = row("k").stamp;
  ASSERT_TRUE(remove("k").ok());
  EXPECT_TRUE(std::holds_alternative<AbsentRow>(row("k").state));
  EXPECT_GT(row("k").stamp, before);
}

TEST_F(TieredStoreTest, broken_body_leaves_the_old_object_whole) {
  ASSERT_TRUE(put("k", large).ok());
  for (const std::size_t breaks_at : {0, 500'000, 1'500'000}) {
    PieceStream stream(std::string(2'000'000, 'n'));
    stream.breaks_at = breaks_at;
    const auto stored = put_stream("k", stream);
    ASSERT_FALSE(stored.ok());
    EXPECT_EQ(stored.error().code(), ErrorCode::client_stream);
    EXPECT_EQ(get("k"), large);
    EXPECT_EQ(blobs_.blobs().size(), 1U);
    EXPECT_TRUE(blobs_.uploads().empty());
    EXPECT_TRUE(log_.empty());
  }
}

TEST_F(TieredStoreTest, missing_blob_is_an_alarm_and_never_absence) {
  ASSERT_TRUE(put("k", large).ok());
  const auto blobs = blobs_.blobs();
  (void)run(blobs_.discard(*blobs.begin(), ""));
  EXPECT_EQ(get("k"), "corrupt");
  EXPECT_EQ(logger_.count("ALARM"), 1U);
}

TEST_F(TieredStoreTest, reader_reads_again_when_the_blob_went_under_its_eyes) {
  ASSERT_TRUE(put("k", large).ok());
  const auto old_row = run(memory_rows_.read(id("k").storage_path(), RowPart::everything));
  ASSERT_TRUE(put("k", "new").ok());
  bool first = true;
  rows_.on_read = [&]() -> std::optional<Result<Row>> {
    if (std::exchange(first, false)) return *old_row;
    return std::nullopt;
  };
  EXPECT_EQ(get("k"), "new");
  EXPECT_EQ(logger_.count("ALARM"), 0U);
}

TEST_F(TieredStoreTest, lost_reply_is_answered_by_the_same_request_again) {
  // Applied, its reply lost; then the same once more, which is refused by its own stamp.
  bool first = true;
  rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
    if (name != "small" || !std::exchange(first, false)) return std::nullopt;
    RowState state = InlineRow{Metadata{}, SharedBytes("value")};
    (void)run(
        memory_rows_.write_unless_redirect(id("k").storage_path(), state, rows_.stamps.back()));
    return Mutation::unknown(lost());
  };
  EXPECT_TRUE(put("k", "value").ok());
  ASSERT_EQ(rows_.stamps.size(), 2U);
  EXPECT_EQ(rows_.stamps[0], rows_.stamps[1]);
  EXPECT_THAT(rows_.requests, ElementsAre("small", "small", "read"));
}

TEST_F(TieredStoreTest, lost_reply_before_another_write_is_an_error_and_not_a_second_write) {
  bool first = true;
  rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
    if (name != "small" || !std::exchange(first, false)) return std::nullopt;
    RowState state = InlineRow{Metadata{}, SharedBytes("theirs")};
    const Stamp later{rows_.stamps.back().number + 1, Uuid()};
    (void)run(memory_rows_.write_unless_redirect(id("k").storage_path(), state, later));
    return Mutation::unknown(lost());
  };
  const auto stored = put("k", "value");
  ASSERT_FALSE(stored.ok());
  EXPECT_TRUE(stored.error().retryable());
  EXPECT_EQ(get("k"), "theirs");
}

// A week later the stamp that would refuse it may have been collected.
// Its first request, refused because of the redirect, may be delivered a second time: a row whose
// stamp is below its own would take it then, after the write was acknowledged as overwritten.
TEST_F(TieredStoreTest, small_write_overtaken_by_an_older_stamp_is_not_acknowledged) {
  ASSERT_TRUE(put("k", large).ok());
  // Just before the commit somebody else deletes the object, by a stamp so much above the fast one.
  const auto overtake = [&](std::int64_t distance) {
    rows_.on_mutation = [&, distance](const std::string& name) -> std::optional<Mutation> {
      if (name != "commit") return std::nullopt;
      rows_.on_mutation = nullptr;
      const auto key = id("k").storage_path();
      const AttemptId other{make_uuid_v7(clock_, random_)};
      const auto before = row("k");
      const IntentCondition condition{before.stamp, *redirect_target(before.state), {}};
      EXPECT_TRUE(run(memory_rows_.open_intent(key, other, condition)).is_applied());
      const Stamp stamp{rows_.stamps.back().number + static_cast<std::uint64_t>(distance), Uuid()};
      EXPECT_GT(stamp, *before.stamp);
      EXPECT_TRUE(run(memory_rows_.commit(key, other, AbsentRow{}, stamp)).is_applied());
      return std::nullopt;
    };
  };
  clock_.advance(std::chrono::seconds(1));
  overtake(-1);
  const auto written = put("k", "small");
  ASSERT_FALSE(written.ok());
  EXPECT_TRUE(written.error().retryable());
  // A younger one refuses it.
  ASSERT_TRUE(put("k", large).ok());
  overtake(1);
  EXPECT_TRUE(put("k", "small").ok());
}

TEST_F(TieredStoreTest, small_write_is_not_sent_again_after_a_long_pause) {
  int sent = 0;
  rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
    if (name != "small") return std::nullopt;
    ++sent;
    clock_.advance(std::chrono::hours(8 * 24));  // the process stands still
    return Mutation::unknown(Error(ErrorCode::unavailable, "the reply was lost"));
  };
  EXPECT_FALSE(put("k", "small").ok());
  EXPECT_EQ(sent, 1);
}

// By then the store may have collected the fence and not yet the intent.
TEST_F(TieredStoreTest, commit_is_not_sent_after_a_pause_of_days) {
  bool committed = false;
  rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
    if (name == "intent") clock_.advance(std::chrono::hours(6 * 24));
    committed = committed || name == "commit";
    return std::nullopt;
  };
  ASSERT_FALSE(put("k", large).ok());
  EXPECT_FALSE(committed);
  EXPECT_TRUE(blobs_.blobs().empty());
  EXPECT_TRUE(log_.empty());
  rows_.on_mutation = nullptr;
  ASSERT_TRUE(put("k", "small").ok());
}

TEST_F(TieredStoreTest, unknown_commit_that_was_applied_is_a_success) {
  rows_.loses_next_commit_reply = true;
  EXPECT_TRUE(put("k", large).ok());
  EXPECT_FALSE(rows_.loses_next_commit_reply);
  EXPECT_EQ(get("k"), large);
  EXPECT_TRUE(log_.empty());
}

TEST_F(TieredStoreTest, unknown_commit_that_was_not_applied_is_fenced_and_cleaned_up) {
  rows_.on_mutation = [](const std::string& name) -> std::optional<Mutation> {
    if (name == "commit") return Mutation::unknown(lost());
    return std::nullopt;
  };
  const auto stored = put("k", large);
  ASSERT_FALSE(stored.ok());
  EXPECT_TRUE(stored.error().retryable());
  EXPECT_EQ(get("k"), "absent");
  EXPECT_TRUE(blobs_.blobs().empty());
  EXPECT_TRUE(log_.empty());
  EXPECT_THAT(rows_.requests, Contains("fence"));
}

TEST_F(TieredStoreTest, nothing_is_deleted_while_the_fence_is_unknown) {
  ASSERT_TRUE(put("k", large).ok());
  rows_.on_mutation = [](const std::string& name) -> std::optional<Mutation> {
    if (name == "commit" || name == "fence") return Mutation::unknown(lost());
    return std::nullopt;
  };
  EXPECT_FALSE(put("k", large).ok());
  EXPECT_EQ(blobs_.blobs().size(), 2U);
  EXPECT_FALSE(log_.empty());  // recovery's, once the store answers
}

TEST_F(TieredStoreTest, nothing_is_deleted_while_the_row_can_not_be_read) {
  ASSERT_TRUE(put("k", large).ok());
  bool broken = false;
  rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
    if (name == "commit") broken = true;
    return name == "commit" ? std::optional(Mutation::refused()) : std::nullopt;
  };
  rows_.on_read = [&]() -> std::optional<Result<Row>> {
    if (broken) return Result<Row>(Error(ErrorCode::corrupt, "the row is corrupt"));
    return std::nullopt;
  };
  EXPECT_FALSE(put("k", large).ok());
  EXPECT_EQ(blobs_.blobs().size(), 2U);
  EXPECT_FALSE(log_.empty());
}

TEST_F(TieredStoreTest, change_without_heartbeats_is_not_committed) {
  class Stream final : public ByteStream {
   public:
    explicit Stream(std::function<void()> halfway) : halfway_(std::move(halfway)) {}
    Task<Result<std::string_view>> next() override {
      ++calls_;
      if (calls_ == 3) halfway_();
      if (calls_ > 4) co_return std::string_view();
      co_return std::string_view(bytes_);
    }

   private:
    std::function<void()> halfway_;
    int calls_ = 0;
    std::string bytes_ = std::string(900'000, 's');
  };
  // Whoever beats finds the log gone.
  class NoLog final : public ForwardingChangeLog {
   public:
    using ForwardingChangeLog::ForwardingChangeLog;
    bool fails = false;
    Task<Result<void>> record(const std::vector<LogEntry>& entries, EntryTime time) override {
      if (fails) co_return Error(ErrorCode::io, "the log is gone");
      co_return co_await inner().record(entries, time);
    }
  };
  NoLog log(log_);
  OpenChanges changes(log, clock_, random_, logger_, ChangeLogSettings{});
  TieredStore store(rows_, blobs_, changes, clock_, random_, logger_, TieredSettings{});
  Stream stream([&] {
    run_ready(context_);
    log.fails = true;
    run(changes.beat());
  });
  Upload upload;
  upload.stream = &stream;
  upload.length = 1'800'000;
  const auto stored = wait(store.put(id("k"), Metadata{}, upload));
  ASSERT_FALSE(stored.ok());
  EXPECT_EQ(stored.error().code(), ErrorCode::unavailable);
  EXPECT_THAT(rows_.requests, Not(Contains("commit")));
  EXPECT_FALSE(log_.empty());
}

// Its row is the last that knows of the blob.
TEST_F(TieredStoreTest, rows_alone_do_not_overwrite_what_lies_in_a_long_term_tier) {
  ASSERT_TRUE(put("k", large).ok());
  NoBlobs no_blobs(1000);
  TieredSettings settings;
  settings.has_long_term = false;
  settings.log_is_durable = false;
  TieredStore store(rows_, no_blobs, changes_, clock_, random_, logger_, settings);
  const auto removed = wait(store.remove(id("k")));
  ASSERT_FALSE(removed.ok());
  EXPECT_EQ(removed.error().code(), ErrorCode::unsupported);
  EXPECT_EQ(get("k"), large);
}

TEST_F(TieredStoreTest, failed_upload_gives_its_space_back_before_any_fence) {
  PieceStream stream(std::string(2'000'000, 'n'));
  stream.breaks_at = 1'500'000;
  rows_.on_mutation = [](const std::string& name) -> std::optional<Mutation> {
    if (name == "fence")
      return Mutation::failed(Error(ErrorCode::out_of_space, "the disk is full"));
    return std::nullopt;
  };
  EXPECT_FALSE(put_stream("k", stream).ok());
  EXPECT_TRUE(blobs_.uploads().empty());
  EXPECT_FALSE(log_.empty());
}

TEST_F(TieredStoreTest, corrupt_row_ends_recovery_of_its_change_at_once) {
  LogEntry entry;
  entry.change.id = make_uuid_v7(clock_, random_);
  entry.change.object = id("k").storage_path();
  rows_.on_mutation = [](const std::string&) -> std::optional<Mutation> {
    return Mutation::failed(Error(ErrorCode::corrupt, "the row is corrupt"));
  };
  const auto began = clock_.monotonic_now();
  const auto settled = wait(store_.settler().settle(changes_.adopt(entry), false));
  EXPECT_FALSE(settled.ok());
  EXPECT_EQ(clock_.monotonic_now(), began);
}

TEST_F(TieredStoreTest, rows_alone_refuse_what_does_not_fit) {
  NoBlobs no_blobs(1000);
  TieredSettings settings;
  settings.inline_limit = 1000;
  TieredStore store(rows_, no_blobs, changes_, clock_, random_, logger_, settings);
  for (const std::size_t size : {1000, 1001}) {
    PieceStream stream(std::string(size, 'r'));
    Upload upload;
    upload.stream = &stream;
    const auto stored = wait(store.put(id("k"), Metadata{}, upload));
    EXPECT_EQ(stored.ok(), size == 1000);
    if (!stored.ok()) {
      EXPECT_EQ(stored.error().code(), ErrorCode::payload_too_large);
    }
  }
}

}  // namespace
}  // namespace objectstore::testing
