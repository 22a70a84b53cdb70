// TTL, TTI bumps, and the sweep.
#include <gtest/gtest.h>

#include "tiered/expiry_sweep.h"
#include "tiered/test_support.h"

namespace objectstore::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class ExpiryTest : public TieredTest {
 protected:
  std::size_t sweep() {
    auto removed = wait(sweeper_.pass());
    OBJECTSTORE_ASSERT(removed.ok());
    return *removed;
  }
  std::optional<WallTime> deadline(const std::string& key) { return deadline_of(row(key).state); }

  ExpirySweep sweeper_{memory_rows_, &store_.expiry_deleter(), clock_, logger_, SweepSettings{}};
};

TEST_F(ExpiryTest, expired_objects_are_absent_before_they_are_removed) {
  for (const auto& bytes : {std::string("small"), large}) {
    ASSERT_TRUE(put("k", bytes, policy("ttl:1h")).ok());
    clock_.advance(hours(1));
    EXPECT_EQ(get("k"), bytes);
    clock_.advance(seconds(1));
    EXPECT_EQ(get("k"), "absent");
    EXPECT_FALSE(std::holds_alternative<AbsentRow>(row("k").state));
  }
}

TEST_F(ExpiryTest, sweep_removes_both_tiers_and_keeps_the_stamp) {
  ASSERT_TRUE(put("small", "small", policy("ttl:1h")).ok());
  ASSERT_TRUE(put("large", large, policy("tti:1h")).ok());
  ASSERT_TRUE(put("kept", large, policy("ttl:3h")).ok());
  ASSERT_TRUE(put("manual", "small").ok());
  EXPECT_EQ(sweep(), 0U);
  clock_.advance(hours(2));
  EXPECT_EQ(sweep(), 2U);
  for (const auto* key : {"small", "large"}) {
    EXPECT_TRUE(std::holds_alternative<AbsentRow>(row(key).state)) << key;
    EXPECT_TRUE(row(key).stamp.has_value()) << "a late put must not revive " << key;
  }
  EXPECT_EQ(blobs_.blobs().size(), 1U);
  EXPECT_EQ(get("kept"), large);
  EXPECT_EQ(get("manual"), "small");
  EXPECT_TRUE(log_.empty());
}

TEST_F(ExpiryTest, sweep_lets_go_of_a_row_that_has_changed) {
  ASSERT_TRUE(put("k", large, policy("tti:1h")).ok());
  ExpiredRedirect expired;
  expired.key = id("k").storage_path();
  expired.row = *run(memory_rows_.read(expired.key, RowPart::metadata));
  // A bump comes in after the sweep has read the row, and before its deadline.
  ASSERT_TRUE(
      run(memory_rows_.bump(expired.key, expired.row, clock_.now() + hours(3))).is_applied());
  clock_.advance(hours(1) + seconds(1));
  EXPECT_FALSE(*wait(store_.expiry_deleter().remove_expired(std::move(expired))));
  EXPECT_EQ(get("k"), large);
}

TEST_F(ExpiryTest, access_bumps_idle_objects_by_the_rule) {
  struct Case {
    Duration idle;
    bool bumped;
  };
  // tti 4 h: a bump moves the deadline by at least a quarter of that.
  const Case cases[] = {{minutes(59), false}, {hours(1), false}, {minutes(61), true}};
  for (const auto& bytes : {std::string("small"), large}) {
    for (const auto& [idle, bumped] : cases) {
      ASSERT_TRUE(put("k", bytes, policy("tti:4h")).ok());
      const auto before = deadline("k");
      clock_.advance(idle);
      EXPECT_EQ(get("k"), bytes);
      EXPECT_EQ(deadline("k") != before, bumped) << idle.count();
      if (bumped) {
        EXPECT_EQ(deadline("k"), clock_.now() + hours(4));
      }
    }
  }
}

TEST_F(ExpiryTest, head_counts_as_an_access_and_shows_the_deadline_before) {
  ASSERT_TRUE(put("k", "small", policy("tti:4h")).ok());
  const auto before = deadline("k");
  clock_.advance(hours(2));
  const auto head = wait(store_.head(id("k")));
  ASSERT_TRUE(head.ok() && head->has_value());
  EXPECT_EQ((*head)->time_expires, before);
  EXPECT_EQ((*head)->size, 5U);
  EXPECT_EQ(deadline("k"), clock_.now() + hours(4));
}

TEST_F(ExpiryTest, row_without_its_blob_is_not_bumped) {
  ASSERT_TRUE(put("k", large, policy("tti:4h")).ok());
  clock_.advance(hours(2));
  auto got = wait(store_.get(id("k"), std::nullopt));
  (void)got;
  const auto bumped = deadline("k");
  const auto blobs = blobs_.blobs();
  (void)run(blobs_.discard(*blobs.begin(), ""));
  clock_.advance(hours(2));
  EXPECT_EQ(get("k"), "corrupt");
  EXPECT_EQ(deadline("k"), bumped);
}

// A stream that waits to be let go.
class WaitingStream final : public ByteStream {
 public:
  WaitingStream(Event& let_go, std::string bytes) : let_go_(let_go), bytes_(std::move(bytes)) {}
  Task<Result<std::string_view>> next() override {
    co_await let_go_.wait();
    co_return std::exchange(done_, true) ? std::string_view() : std::string_view(bytes_);
  }

 private:
  Event& let_go_;
  std::string bytes_;
  bool done_ = false;
};

// The removal is no write that the put could have come just before: nobody would ever see it.
TEST_F(ExpiryTest, put_that_a_removal_overtakes_is_not_acknowledged) {
  ASSERT_TRUE(put("k", large, policy("ttl:1h")).ok());
  clock_.advance(hours(2));
  ExpiredRedirect expired;
  expired.key = id("k").storage_path();
  expired.row = *run(memory_rows_.read(expired.key, RowPart::metadata));
  const auto stamp = expired.row.stamp;

  Event let_go;
  WaitingStream stream(let_go, large);
  Upload upload;
  upload.stream = &stream;
  upload.length = large.size();
  const auto object = id("k");
  std::optional<Result<void>> put_again;
  auto task = store_.put(object, Metadata{}, upload);
  testing::detail::spawn(context_, testing::detail::store_result(std::move(task), &put_again));
  run_ready(context_);
  ASSERT_EQ(row("k").intents.size(), 1U);

  EXPECT_TRUE(*wait(store_.expiry_deleter().remove_expired(std::move(expired))));
  EXPECT_TRUE(std::holds_alternative<AbsentRow>(row("k").state));
  EXPECT_EQ(row("k").stamp, stamp);
  let_go.set();
  run_ready(context_);
  ASSERT_TRUE(put_again.has_value());
  ASSERT_FALSE(put_again->ok());
  EXPECT_EQ(put_again->error().code(), ErrorCode::unavailable);
  EXPECT_EQ(get("k"), "absent");
  EXPECT_TRUE(blobs_.blobs().empty());
  EXPECT_TRUE(log_.empty());
}

TEST_F(ExpiryTest, sweep_leaves_objects_alone_that_are_being_written) {
  ASSERT_TRUE(put("k", large, policy("ttl:1h")).ok());
  clock_.advance(hours(2));
  const auto key = id("k").storage_path();
  const auto read = *run(memory_rows_.read(key, RowPart::metadata));
  const AttemptId attempt{make_uuid_v7(clock_, random_)};
  IntentCondition condition;
  condition.stamp = read.stamp;
  condition.redirect = std::get<RedirectRow>(read.state).target;
  ASSERT_TRUE(run(memory_rows_.open_intent(key, attempt, condition)).is_applied());
  EXPECT_EQ(sweep(), 0U);
  // Its process may be gone.
  clock_.advance(hours(1));
  EXPECT_EQ(sweep(), 1U);
}

// Every pass meets the rows that can't be removed first.
TEST_F(ExpiryTest, object_that_can_not_be_removed_keeps_no_other_waiting) {
  for (const auto* key : {"a", "b", "z"})
    ASSERT_TRUE(put(key, large, policy("ttl:1h")).ok());
  clock_.advance(hours(2));
  int intents = 0;
  rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
    if (name != "intent" || ++intents > 2) return std::nullopt;
    return Mutation::failed(Error(ErrorCode::corrupt, "the row is corrupt"));
  };
  EXPECT_EQ(sweep(), 1U);
  EXPECT_EQ(blobs_.blobs().size(), 2U);
}

TEST_F(ExpiryTest, overwrite_resets_policy_and_deadline) {
  ASSERT_TRUE(put("k", large, policy("ttl:1h")).ok());
  ASSERT_TRUE(put("k", large).ok());
  clock_.advance(hours(2));
  EXPECT_EQ(sweep(), 0U);
  EXPECT_EQ(get("k"), large);
}

}  // namespace
}  // namespace objectstore::testing
