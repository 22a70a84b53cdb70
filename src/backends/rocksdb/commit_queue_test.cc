#include "backends/rocksdb/commit_queue.h"

#include <rocksdb/env.h>

#include "backends/rocksdb/test_support.h"

namespace objectstore::testing {
namespace {

using Outcome = Mutation::Outcome;
using FailAt = WalFaults::FailAt;

class CommitQueueTest : public ::testing::Test {
 protected:
  void open() { parts_ = std::make_unique<RocksDbParts>(path_, clock_, env_.get()); }
  void reopen() {
    parts_.reset();
    open();
  }
  Outcome put(const std::string& key, const std::string& payload, std::uint64_t stamp) {
    return parts_->write(key, inline_state(payload), stamp_of(stamp));
  }
  // What a process would find that was killed now, whatever the disk does afterwards.
  std::unique_ptr<RocksDbParts> after_a_crash() {
    const auto copy = directory_.path() / ("copy" + std::to_string(copies_++));
    copy_as_after_a_crash(path_, copy);
    return std::make_unique<RocksDbParts>(copy, clock_);
  }

  ScratchDirectory directory_;
  ManualClock clock_;
  const std::filesystem::path path_ = directory_.path() / "rows";
  std::shared_ptr<WalFaults> disk_ = std::make_shared<WalFaults>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  std::unique_ptr<RocksDbParts> parts_;
  int copies_ = 0;
};

TEST_F(CommitQueueTest, concurrent_writes_share_a_sync) {
  open();
  constexpr int count = 200;
  const auto before = disk_->syncs();
  disk_->hold();
  Together together;
  std::vector<std::string> keys;
  std::vector<RowState> states;
  for (int i = 0; i < count; ++i) {
    keys.push_back("u/objects/" + std::to_string(i));
    states.push_back(inline_state(keys.back()));
  }
  for (int i = 0; i < count; ++i) {
    together.start(parts_->rows.write_unless_redirect(keys[i], states[i], stamp_of(1)));
  }
  together.submit();
  disk_->wait_until_held();
  disk_->release();
  for (const auto outcome : together.finish())
    EXPECT_EQ(outcome, Outcome::applied);
  EXPECT_LE(disk_->syncs() - before, 2) << "one under way, one for all others";
  const auto copy = after_a_crash();
  for (const auto& key : keys)
    EXPECT_EQ(copy->state(key), "inline " + key);
}

TEST_F(CommitQueueTest, a_refused_request_needs_no_sync) {
  open();
  ASSERT_EQ(put("u/objects/k", "payload", 5), Outcome::applied);
  const auto before = disk_->syncs();
  EXPECT_EQ(put("u/objects/k", "late", 4), Outcome::refused);
  EXPECT_EQ(disk_->syncs(), before);
}

TEST_F(CommitQueueTest, nothing_is_seen_before_it_is_durable) {
  open();
  disk_->hold();
  Together together;
  const RowState state = inline_state("payload");
  together.start(parts_->rows.write_unless_redirect("u/objects/k", state, stamp_of(1)));
  together.submit();
  disk_->wait_until_held();
  EXPECT_EQ(parts_->state("u/objects/k"), "absent");
  disk_->release();
  EXPECT_EQ(together.finish(), std::vector<Outcome>{Outcome::applied});
  EXPECT_EQ(parts_->state("u/objects/k"), "inline payload");
}

// Requests of one batch see what those before them have written.
TEST_F(CommitQueueTest, requests_of_one_batch_are_evaluated_in_order) {
  open();
  const auto early = clock_.now() + std::chrono::hours(1);
  const auto late = clock_.now() + std::chrono::hours(2);
  const std::string key = "u/objects/k";
  disk_->hold();
  Together together;
  const RowState other = inline_state("other");
  together.start(parts_->rows.write_unless_redirect("u/objects/other", other, stamp_of(1)));
  together.submit();
  disk_->wait_until_held();  // what is submitted from here on is the next batch

  const RowState first = inline_state("first", early);
  const RowState second = inline_state("second", late);
  const RowState redirect = redirect_state(key, 1, late);
  IntentCondition condition;
  condition.stamp = stamp_of(2);
  auto& rows = parts_->rows;
  together.start(rows.write_unless_redirect(key, first, stamp_of(1)));
  together.start(rows.write_unless_redirect(key, second, stamp_of(2)));
  together.start(rows.write_unless_redirect(key, first, stamp_of(1)));
  together.start(rows.open_intent(key, attempt_of(1), condition));
  together.start(rows.open_intent(key, attempt_of(2), condition));
  together.start(rows.commit(key, attempt_of(1), redirect, stamp_of(3)));
  together.start(rows.commit(key, attempt_of(2), redirect, stamp_of(4)));
  together.start(rows.write_unless_redirect(key, second, stamp_of(5)));
  together.submit();
  const auto before = disk_->syncs();
  disk_->release();
  EXPECT_EQ(together.finish(),
            (std::vector<Outcome>{Outcome::applied, Outcome::applied, Outcome::applied,
                                  Outcome::refused, Outcome::applied, Outcome::applied,
                                  Outcome::applied, Outcome::refused, Outcome::refused}));
  EXPECT_EQ(disk_->syncs() - before, 1);
  EXPECT_EQ(parts_->state(key), text_of(redirect));
  EXPECT_EQ(parts_->read(key)->stamp, stamp_of(3));
  EXPECT_EQ(parts_->keys(Column::expiry), std::vector<std::string>{expiry_key(late, key)});
  EXPECT_EQ(parts_->keys(Column::payloads), std::vector<std::string>{"u/objects/other"});
}

TEST_F(CommitQueueTest, what_was_written_is_unknown_and_what_came_later_has_failed) {
  open();
  disk_->hold();
  Together together;
  const RowState small = inline_state("small");
  const RowState large = inline_state(std::string(5 << 20, 'x'));
  together.start(parts_->rows.write_unless_redirect("u/objects/1", small, stamp_of(1)));
  together.submit();
  disk_->wait_until_held();
  // Two of these fill a batch; they reach the disk after the fault.
  together.start(parts_->rows.write_unless_redirect("u/objects/2", large, stamp_of(1)));
  together.start(parts_->rows.write_unless_redirect("u/objects/3", large, stamp_of(1)));
  together.start(parts_->rows.write_unless_redirect("u/objects/4", large, stamp_of(1)));
  together.submit();
  disk_->fail(FailAt::append);
  disk_->release();
  EXPECT_EQ(together.finish(), (std::vector<Outcome>{Outcome::applied, Outcome::unknown,
                                                     Outcome::unknown, Outcome::failed}));
  EXPECT_FALSE(parts_->commits.writable());
  EXPECT_EQ(parts_->state("u/objects/1"), "inline small") << "reads go on";
}

// The engine tries to recover from a full disk by itself, every five seconds.
constexpr int longest_wait = 400;

class FullDisk : public CommitQueueTest, public ::testing::WithParamInterface<FailAt> {};

TEST_P(FullDisk, ends_in_read_only_until_a_probe_succeeds) {
  open();
  ASSERT_EQ(put("u/objects/before", "before", 1), Outcome::applied);
  reopen();  // so that the fault meets the first write
  EXPECT_TRUE(parts_->commits.writable());

  disk_->fail(GetParam());
  EXPECT_EQ(put("u/objects/before", "during", 2), Outcome::unknown);
  EXPECT_FALSE(parts_->commits.writable());
  const RowState next = inline_state("next");
  const auto later = run(parts_->rows.write_unless_redirect("u/objects/next", next, stamp_of(1)));
  EXPECT_EQ(later.outcome(), Outcome::failed);
  EXPECT_EQ(later.cause().code(), ErrorCode::out_of_space);
  EXPECT_EQ(parts_->state("u/objects/before"), "inline before") << "reads go on";
  for (int probes = 0; probes < 3; ++probes) {
    clock_.advance(std::chrono::seconds(1));
    const auto probed =
        run(parts_->rows.write_unless_redirect("u/objects/next", next, stamp_of(1)));
    EXPECT_EQ(probed.outcome(), Outcome::failed) << "a probe that fails";
    EXPECT_EQ(probed.cause().code(), ErrorCode::out_of_space) << probed.cause().describe();
  }
  EXPECT_FALSE(parts_->commits.writable());
  for (int round = 0; round < 2; ++round) {
    // A moment of free space, in which the engine recovers as it sees it, which proves nothing.
    disk_->fail(FailAt::nowhere);
    auto& db = parts_->database->db();
    for (int tries = 0; tries < longest_wait && !db.Resume().ok(); ++tries)
      disk_->linger();
    ASSERT_TRUE(db.Resume().ok());
    disk_->fail(GetParam());
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(put("u/objects/next", "next", 1), Outcome::failed);
    EXPECT_FALSE(parts_->commits.writable());
  }

  disk_->fail(FailAt::nowhere);
  auto outcome = Outcome::failed;
  for (int tries = 0; tries < longest_wait && outcome != Outcome::applied; ++tries) {
    clock_.advance(std::chrono::seconds(1));
    outcome = put("u/objects/after", "after", 1);
    if (outcome != Outcome::applied) disk_->linger();
  }
  EXPECT_EQ(outcome, Outcome::applied);
  EXPECT_TRUE(parts_->commits.writable());
  EXPECT_EQ(parts_->logger.count("can write again"), 1U);
  EXPECT_EQ(parts_->state("u/objects/next"), "absent") << "what failed is never applied";

  // A write that keeps the payload: what was unknown must not come back below it.
  const auto row = parts_->read("u/objects/before");
  ASSERT_TRUE(row.ok());
  const auto deadline = clock_.now() + std::chrono::hours(1);
  EXPECT_TRUE(run(parts_->rows.bump("u/objects/before", *row, deadline)).is_applied());
  const auto copy = after_a_crash();
  EXPECT_EQ(copy->state("u/objects/before"), text_of(row->state));
  EXPECT_EQ(copy->state("u/objects/after"), "inline after");
  EXPECT_EQ(copy->state("u/objects/next"), "absent");
}

// With nothing in memory the engine keeps its log file when it recovers, and would end the process
// at the next write to it.
TEST_P(FullDisk, a_log_file_that_has_failed_and_can_not_be_left_is_not_written) {
  open();
  ASSERT_EQ(put("u/objects/before", "before", 1), Outcome::applied);
  std::vector<rocksdb::ColumnFamilyHandle*> all;
  for (std::size_t i = 0; i < column_count; ++i) {
    all.push_back(parts_->database->column(static_cast<Column>(i)));
  }
  auto& db = parts_->database->db();
  for (auto* column : all)
    ASSERT_TRUE(db.Flush(rocksdb::FlushOptions(), column).ok());
  EXPECT_FALSE(parts_->database->log_is_broken());
  disk_->fail(GetParam());
  EXPECT_EQ(put("u/objects/during", "during", 1), Outcome::unknown);
  EXPECT_TRUE(parts_->database->log_is_broken());
  disk_->fail(FailAt::nowhere);
  for (int tries = 0; tries < longest_wait && !db.Resume().ok(); ++tries)
    disk_->linger();
  ASSERT_TRUE(db.Resume().ok());
  clock_.advance(std::chrono::seconds(1));
  const RowState next = inline_state("next");
  const auto refused = run(parts_->rows.write_unless_redirect("u/objects/next", next, stamp_of(1)));
  EXPECT_EQ(refused.outcome(), Outcome::failed);
  EXPECT_NE(refused.cause().message().find("restart"), std::string::npos);
  EXPECT_FALSE(parts_->commits.writable());
  EXPECT_EQ(parts_->state("u/objects/before"), "inline before");
  reopen();
  EXPECT_EQ(put("u/objects/next", "next", 1), Outcome::applied);
  EXPECT_EQ(parts_->state("u/objects/before"), "inline before");
}

INSTANTIATE_TEST_SUITE_P(Wal, FullDisk, ::testing::Values(FailAt::append, FailAt::sync),
                         [](const auto& test) {
                           return std::string(test.param == FailAt::append ? "append" : "sync");
                         });

class BrokenDisk : public CommitQueueTest, public ::testing::WithParamInterface<FailAt> {};

TEST_P(BrokenDisk, ends_in_read_only_until_a_restart) {
  open();
  ASSERT_EQ(put("u/objects/before", "before", 1), Outcome::applied);
  disk_->fail(GetParam(), rocksdb::IOStatus::IOError("injected"));
  EXPECT_EQ(put("u/objects/during", "during", 1), Outcome::unknown);
  disk_->fail(FailAt::nowhere);
  for (int tries = 0; tries < 5; ++tries) {
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(put("u/objects/next", "next", 1), Outcome::failed);
  }
  EXPECT_FALSE(parts_->commits.writable());
  EXPECT_EQ(parts_->state("u/objects/before"), "inline before") << "reads go on";
  reopen();
  EXPECT_EQ(parts_->state("u/objects/before"), "inline before");
  EXPECT_EQ(parts_->state("u/objects/next"), "absent");
  EXPECT_EQ(put("u/objects/next", "next", 1), Outcome::applied);
}

INSTANTIATE_TEST_SUITE_P(Wal, BrokenDisk, ::testing::Values(FailAt::append, FailAt::sync),
                         [](const auto& test) {
                           return std::string(test.param == FailAt::append ? "append" : "sync");
                         });

}  // namespace
}  // namespace objectstore::testing
