#include "backends/rocksdb/rocksdb_row_store.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "backends/rocksdb/test_support.h"

namespace objectstore::testing {
namespace {

using Outcome = Mutation::Outcome;

class RocksDbRowStoreTest : public ::testing::Test {
 protected:
  [[nodiscard]] ErrorCode error_of(const std::string& key, RowPart part, std::string* text) {
    const auto row = run(parts_.rows.read(key, part));
    EXPECT_FALSE(row.ok());
    if (row.ok()) return ErrorCode::internal;
    *text = row.error().describe();
    return row.error().code();
  }

  ScratchDirectory directory_;
  ManualClock clock_;
  RocksDbParts parts_{directory_.path() / "rows", clock_};
  const std::string key_ = "u/objects/k";
};

TEST_F(RocksDbRowStoreTest, a_flipped_byte_of_a_payload_is_an_error_that_names_the_row) {
  const std::string payload = "the payload of a row";
  ASSERT_EQ(parts_.write(key_, inline_state(payload), stamp_of(1)), Outcome::applied);
  for (std::size_t at = 0; at <= payload.size(); ++at) {
    auto flipped = payload;
    if (at < payload.size()) {
      flipped[at] = static_cast<char>(flipped[at] ^ 1);
    } else {
      flipped.pop_back();
    }
    parts_.put_raw(Column::payloads, key_, flipped);
    std::string text;
    EXPECT_EQ(error_of(key_, RowPart::everything, &text), ErrorCode::corrupt) << at;
    EXPECT_NE(text.find(key_), std::string::npos) << text;
  }
  EXPECT_TRUE(run(parts_.rows.read(key_, RowPart::metadata)).ok()) << "the cells are whole";
  EXPECT_EQ(parts_.write(key_, inline_state("new"), stamp_of(2)), Outcome::applied);
  EXPECT_EQ(parts_.state(key_), "inline new");
}

TEST_F(RocksDbRowStoreTest, a_missing_payload_is_corrupt_and_never_an_empty_one) {
  ASSERT_EQ(parts_.write(key_, inline_state(""), stamp_of(1)), Outcome::applied);
  EXPECT_EQ(parts_.state(key_), "inline ");
  ASSERT_TRUE(parts_.database->db()
                  .Delete(rocksdb::WriteOptions(), parts_.database->column(Column::payloads), key_)
                  .ok());
  EXPECT_EQ(parts_.state(key_), "corrupt");
}

TEST_F(RocksDbRowStoreTest, a_payload_of_another_row_is_corrupt) {
  ASSERT_EQ(parts_.write(key_, inline_state("same"), stamp_of(1)), Outcome::applied);
  ASSERT_EQ(parts_.write("u/objects/other", inline_state("same"), stamp_of(1)), Outcome::applied);
  parts_.put_raw(Column::rows, "u/objects/other", parts_.raw(Column::rows, key_));
  EXPECT_EQ(parts_.state("u/objects/other"), "corrupt");
}

TEST_F(RocksDbRowStoreTest, a_corrupt_row_fails_every_request_and_stays_as_it_is) {
  ASSERT_EQ(parts_.write(key_, inline_state("payload", clock_.now()), stamp_of(1)),
            Outcome::applied);
  auto value = parts_.raw(Column::rows, key_);
  value[3] = static_cast<char>(value[3] ^ 1);
  parts_.put_raw(Column::rows, key_, value);
  std::string text;
  EXPECT_EQ(error_of(key_, RowPart::metadata, &text), ErrorCode::corrupt);
  EXPECT_EQ(parts_.write(key_, AbsentRow{}, stamp_of(9)), Outcome::failed);
  EXPECT_FALSE(run(parts_.rows.fence(key_, attempt_of(1))).ok());
  EXPECT_EQ(run(parts_.rows.open_intent(key_, attempt_of(1), {})).outcome(), Outcome::failed);
  const auto swept = run(parts_.rows.sweep(clock_.now() + std::chrono::hours(1), "", 10));
  ASSERT_TRUE(swept.ok());
  EXPECT_EQ(swept->collected, 0U);
  EXPECT_EQ(parts_.raw(Column::rows, key_), value);
  const auto listed = run(parts_.rows.list_rows("", 10));
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->rows.size(), 1U);
  EXPECT_THAT(listed->rows[0].problem, ::testing::HasSubstr(key_));
  const auto inspected = run(parts_.rows.inspect(key_));
  ASSERT_TRUE(inspected.ok());
  EXPECT_EQ(inspected->problem, listed->rows[0].problem);
}

TEST_F(RocksDbRowStoreTest, the_index_of_deadlines_follows_the_rows) {
  const auto first = clock_.now() + std::chrono::hours(1);
  const auto second = clock_.now() + std::chrono::hours(2);
  const auto index = [&] { return parts_.keys(Column::expiry); };
  using Keys = std::vector<std::string>;
  ASSERT_EQ(parts_.write(key_, inline_state("one", first), stamp_of(1)), Outcome::applied);
  EXPECT_EQ(index(), Keys{expiry_key(first, key_)});
  const auto row = parts_.read(key_);
  ASSERT_TRUE(run(parts_.rows.bump(key_, *row, second)).is_applied());
  EXPECT_EQ(index(), Keys{expiry_key(second, key_)}) << "bumped";
  ASSERT_EQ(parts_.write(key_, inline_state("two", first), stamp_of(2)), Outcome::applied);
  EXPECT_EQ(index(), Keys{expiry_key(first, key_)}) << "overwritten";
  ASSERT_EQ(parts_.write(key_, inline_state("late", second), stamp_of(1)), Outcome::refused);
  EXPECT_EQ(index(), Keys{expiry_key(first, key_)}) << "refused";
  ASSERT_EQ(parts_.write(key_, inline_state("three"), stamp_of(3)), Outcome::applied);
  EXPECT_EQ(index(), Keys{}) << "without a deadline";
  IntentCondition condition;
  condition.stamp = stamp_of(3);
  ASSERT_TRUE(run(parts_.rows.open_intent(key_, attempt_of(1), condition)).is_applied());
  const auto redirect = redirect_state(key_, 1, second);
  ASSERT_TRUE(run(parts_.rows.commit(key_, attempt_of(1), redirect, stamp_of(4))).is_applied());
  EXPECT_EQ(index(), Keys{expiry_key(second, key_)}) << "a redirect";
  EXPECT_EQ(parts_.keys(Column::payloads), Keys{}) << "its payload is gone";
}

TEST_F(RocksDbRowStoreTest, a_stale_key_in_the_index_is_dropped_by_the_sweep) {
  const auto deadline = clock_.now();
  ASSERT_EQ(parts_.write(key_, inline_state("payload"), stamp_of(1)), Outcome::applied);
  parts_.put_raw(Column::expiry, expiry_key(deadline, key_), "");
  parts_.put_raw(Column::expiry, expiry_key(deadline, "u/objects/never"), "");
  const auto swept = run(parts_.rows.sweep(deadline + std::chrono::hours(1), "", 10));
  ASSERT_TRUE(swept.ok());
  EXPECT_EQ(swept->collected, 0U);
  EXPECT_TRUE(parts_.keys(Column::expiry).empty());
  EXPECT_EQ(parts_.state(key_), "inline payload");
}

// Versions differ in every byte of their payloads and say in their metadata which they are.
InlineRow version_of(std::uint64_t number) {
  InlineRow row;
  row.metadata.custom = {{"version", std::to_string(number)}};
  row.payload = SharedBytes(std::string(1000 + number % 7, static_cast<char>('a' + number % 26)));
  return row;
}

TEST_F(RocksDbRowStoreTest, a_reader_beside_overwrites_never_sees_the_payload_of_another_version) {
  constexpr std::uint64_t versions = 300;
  ASSERT_EQ(parts_.write(key_, version_of(0), stamp_of(1)), Outcome::applied);
  std::atomic<bool> done = false;
  std::atomic<std::uint64_t> reads = 0, wrong = 0, failed = 0;
  const auto reader = [&] {
    while (!done) {
      const auto row = parts_.read(key_);
      ++reads;
      if (!row.ok()) {
        ++failed;
        continue;
      }
      const auto* value = std::get_if<InlineRow>(&row->state);
      if (value == nullptr) continue;  // deleted at that moment
      const auto number = std::stoull(value->metadata.custom.at("version"));
      wrong += !(value->payload == version_of(number).payload);
    }
  };
  std::thread first(reader), second(reader);
  for (std::uint64_t number = 1; number <= versions; ++number) {
    RowState next = version_of(number);
    if (number % 10 == 0) next = AbsentRow{};
    EXPECT_EQ(parts_.write(key_, next, stamp_of(number + 1)), Outcome::applied);
    // Some versions are read from files, some from memory.
    if (number % 50 == 0) {
      (void)parts_.database->db().Flush(
          rocksdb::FlushOptions(),
          {parts_.database->column(Column::rows), parts_.database->column(Column::payloads)});
    }
  }
  done = true;
  first.join();
  second.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(failed, 0U);
  EXPECT_GT(reads, 0U);
}

TEST(RocksDbSpace, a_sweep_and_a_reclaim_give_the_disk_back) {
  const ScratchDirectory directory;
  ManualClock clock;
  const auto path = directory.path() / "rows";
  RocksDbParts parts(path, clock);
  constexpr std::size_t rows = 640, row_bytes = 64 << 10;
  const RowState state = inline_state(std::string(row_bytes, 'x'), clock.now());
  const std::string base = "u/objects/";
  for (std::size_t begin = 0; begin < rows; begin += 64) {
    Together together;
    std::vector<std::string> keys;
    for (std::size_t i = begin; i < begin + 64; ++i)
      keys.push_back(base + std::to_string(i));
    for (const auto& key : keys) {
      together.start(parts.rows.write_unless_redirect(key, state, stamp_of(1)));
    }
    for (const auto outcome : together.finish())
      ASSERT_EQ(outcome, Outcome::applied);
  }
  const RowState kept = inline_state("kept");
  ASSERT_EQ(parts.write("u/objects/kept", kept, stamp_of(1)), Outcome::applied);
  const auto before = bytes_below(path);
  EXPECT_GE(before, rows * row_bytes);

  const auto now = clock.now() + std::chrono::seconds(1);
  std::size_t collected = 0;
  std::string from;
  do {
    const auto swept = run(parts.rows.sweep(now, from, 100));
    ASSERT_TRUE(swept.ok());
    collected += swept->collected;
    from = swept->next;
  } while (!from.empty());
  EXPECT_EQ(collected, rows);
  const auto reclaimed = run(parts.rows.reclaim());
  ASSERT_TRUE(reclaimed.ok()) << reclaimed.error().describe();
  // Files are unlinked behind our back: closing waits for that.
  ASSERT_TRUE(parts.database->db().DisableFileDeletions().ok());
  ASSERT_TRUE(parts.database->db().EnableFileDeletions(/*force=*/true).ok());
  EXPECT_LT(bytes_below(path), before / 4) << before;
  EXPECT_EQ(parts.state("u/objects/kept"), "inline kept");
}

TEST(RocksDbSpace, a_reclaim_without_garbage_does_nothing) {
  const ScratchDirectory directory;
  ManualClock clock;
  RocksDbParts parts(directory.path() / "rows", clock);
  ASSERT_EQ(parts.write("u/objects/k", inline_state("payload"), stamp_of(1)), Outcome::applied);
  ASSERT_TRUE(run(parts.rows.reclaim()).ok());
  std::uint64_t files = 0;
  ASSERT_TRUE(parts.database->db().GetIntProperty(parts.database->column(Column::payloads),
                                                  rocksdb::DB::Properties::kTotalSstFilesSize,
                                                  &files));
  EXPECT_EQ(files, 0U) << "nothing was compacted";
}

}  // namespace
}  // namespace objectstore::testing
