#include "storage/row_cells.h"

#include "testing/row_values.h"

namespace objectstore {
namespace {

using testing::attempt_of;
using testing::inline_state;
using testing::redirect_state;
using testing::revision_of;
using testing::some_ms;
using testing::stamp_of;
using testing::uuid_of;

const std::string key = "u/objects/k";
constexpr std::uint64_t now = some_ms;

RowCells row_of(RowState state, std::optional<Stamp> stamp) {
  RowCells row;
  row.state = std::move(state);
  row.stamp = stamp;
  row.stamp_written_ms = stamp ? now : 0;
  return row;
}

// What the rules are as such is held by the conformance suite of row stores; here: that a refusal
// changes nothing at all, and what no store's interface shows.

TEST(RowCells, refusals_change_nothing) {
  struct Case {
    const char* name;
    RowCells row;
    bool (*change)(RowCells& row);
  };
  auto with_intents = row_of(inline_state("payload"), stamp_of(5));
  with_intents.intents[uuid_of(1)] = IntentCell{now, true};
  with_intents.intents[uuid_of(2)] = IntentCell{now + 1, false};
  auto redirect = row_of(redirect_state(key, 1), stamp_of(5));
  const Case cases[] = {
      {"a small write with an old stamp", with_intents,
       [](RowCells& row) {
         return apply_write_unless_redirect(row, AbsentRow{}, stamp_of(5), now + 9);
       }},
      {"a small write on a redirect", redirect,
       [](RowCells& row) {
         return apply_write_unless_redirect(row, AbsentRow{}, stamp_of(9), now + 9);
       }},
      {"an intent on another stamp", with_intents,
       [](RowCells& row) {
         IntentCondition condition;
         condition.stamp = stamp_of(4);
         return apply_open_intent(row, attempt_of(3), condition);
       }},
      {"a commit without an intent", with_intents,
       [](RowCells& row) {
         return apply_commit(row, attempt_of(3), AbsentRow{}, stamp_of(9), now + 9);
       }},
      {"a commit that was fenced", with_intents,
       [](RowCells& row) {
         return apply_commit(row, attempt_of(2), AbsentRow{}, stamp_of(9), now + 9);
       }},
      {"a bump of an absent row", row_of(AbsentRow{}, stamp_of(5)),
       [](RowCells& row) {
         const Row as_read{AbsentRow{}, stamp_of(5)};
         return apply_bump(row, as_read, from_unix_ms(now), now);
       }},
      {"a bump of another stamp", with_intents,
       [](RowCells& row) {
         const Row as_read{inline_state("payload"), stamp_of(4)};
         return apply_bump(row, as_read, from_unix_ms(now), now);
       }},
  };
  for (const auto& [name, row, change] : cases) {
    auto changed = row;
    EXPECT_FALSE(change(changed)) << name;
    EXPECT_TRUE(changed == row) << name;
  }
}

TEST(RowCells, intents_lie_at_their_attempts_own_time) {
  RowCells row;
  const auto attempt = attempt_of(1, now - 12'345);
  ASSERT_TRUE(apply_open_intent(row, attempt, IntentCondition()));
  const IntentCell open{now - 12'345, true};
  EXPECT_EQ(row.intents.at(attempt.id), open);
  EXPECT_EQ(apply_fence(row, attempt), FenceFound::open);
  const IntentCell fenced{now - 12'344, false};
  EXPECT_EQ(row.intents.at(attempt.id), fenced) << "one millisecond above";
}

TEST(RowCells, writes_date_their_stamp_by_the_stores_clock) {
  RowCells row;
  ASSERT_TRUE(apply_write_unless_redirect(row, AbsentRow{}, stamp_of(1), now));
  EXPECT_EQ(row.stamp_written_ms, now);
  ASSERT_TRUE(apply_open_intent(row, attempt_of(1), IntentCondition{stamp_of(1), {}, {}}));
  ASSERT_TRUE(apply_commit(row, attempt_of(1), AbsentRow{}, stamp_of(2), now + 7));
  EXPECT_EQ(row.stamp_written_ms, now + 7);
  EXPECT_TRUE(row.intents.empty());
}

TEST(RowCells, a_row_is_empty_when_nothing_is_in_it) {
  RowCells row;
  EXPECT_TRUE(row.empty());
  row.stamp = stamp_of(1);
  EXPECT_FALSE(row.empty());
  row.stamp.reset();
  row.intents[uuid_of(1)] = IntentCell{now, false};
  EXPECT_FALSE(row.empty()) << "a fence keeps a late intent out";
  row.intents.clear();
  row.state = inline_state("");
  EXPECT_FALSE(row.empty());
}

TEST(RowCells, collection_after_seven_days) {
  auto absent = row_of(AbsentRow{}, stamp_of(1));
  absent.intents[uuid_of(1)] = IntentCell{now, true};
  absent.intents[uuid_of(2)] = IntentCell{now + 1, false};

  auto row = absent;
  collect_cells(row, now + cell_lifetime_ms);
  EXPECT_TRUE(row == absent) << "not before";
  collect_cells(row, now + cell_lifetime_ms + 1);
  EXPECT_FALSE(row.stamp.has_value());
  EXPECT_FALSE(row.intents.contains(uuid_of(1)));
  EXPECT_TRUE(row.intents.contains(uuid_of(2)));
  collect_cells(row, now + cell_lifetime_ms + 2);
  EXPECT_TRUE(row.empty());

  for (const auto& state : {inline_state("payload"), redirect_state(key, 1)}) {
    row = row_of(state, stamp_of(1));
    row.intents[uuid_of(1)] = IntentCell{now, true};
    collect_cells(row, now + 10 * cell_lifetime_ms);
    EXPECT_EQ(row.state, state);
    EXPECT_EQ(row.stamp, stamp_of(1));
    EXPECT_TRUE(row.intents.empty());
  }
  row = absent;
  collect_cells(row, 5);
  EXPECT_TRUE(row == absent) << "a clock near the epoch";
}

TEST(RowCells, deadlines_of_states) {
  const auto deadline = from_unix_ms(now);
  EXPECT_EQ(deadline_of(AbsentRow{}), std::nullopt);
  EXPECT_EQ(deadline_of(inline_state("p")), std::nullopt);
  EXPECT_EQ(deadline_of(inline_state("p", deadline)), deadline);
  EXPECT_EQ(deadline_of(redirect_state(key, 1)), std::nullopt);
  EXPECT_EQ(deadline_of(redirect_state(key, 1, deadline)), deadline);
}

}  // namespace
}  // namespace objectstore
