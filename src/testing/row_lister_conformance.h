// What every walk over rows does, whatever lies below: the rules of RowLister in storage/listing.h.
// Instantiate RowListerConformance with one RowListerCase a backend.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "storage/listing.h"
#include "testing/manual_clock.h"
#include "testing/row_values.h"
#include "testing/run.h"

namespace objectstore::testing {

struct RowListerUnderTest {
  virtual ~RowListerUnderTest() = default;
  [[nodiscard]] virtual RowStore& rows() = 0;
  [[nodiscard]] virtual RowLister& lister() = 0;
  // Damages what lies in the store under `key`, so that it can't be read any more; false: can't be
  // done here.
  [[nodiscard]] virtual bool spoil(const std::string& key) = 0;
};

struct RowListerCase {
  std::string name;
  // An empty store that dates its cells by `clock`, which outlives it.
  std::function<std::unique_ptr<RowListerUnderTest>(Clock& clock)> make;
};
inline void PrintTo(const RowListerCase& param, std::ostream* out) {
  *out << param.name;
}

class RowListerConformance : public ::testing::TestWithParam<RowListerCase> {
 protected:
  [[nodiscard]] RowStore& rows() { return store_->rows(); }
  [[nodiscard]] RowLister& lister() { return store_->lister(); }

  static std::string key_of(int number) { return "u/objects/k" + std::to_string(1000 + number); }

  void put(const std::string& key, const std::string& payload, std::uint64_t stamp = 1) {
    const auto state = inline_state(payload);
    ASSERT_TRUE(run(rows().write_unless_redirect(key, state, stamp_of(stamp))).is_applied());
  }
  void remove(const std::string& key, std::uint64_t stamp) {
    const RowState absent = AbsentRow{};
    ASSERT_TRUE(run(rows().write_unless_redirect(key, absent, stamp_of(stamp))).is_applied());
  }
  // A redirect, over a row that was never written.
  void point(const std::string& key, std::uint64_t number, std::uint64_t stamp) {
    const auto attempt = attempt_of(1'000'000 + number);
    const IntentCondition condition;
    ASSERT_TRUE(run(rows().open_intent(key, attempt, condition)).is_applied());
    const auto state = redirect_state(key, number, deadline_);
    ASSERT_TRUE(run(rows().commit(key, attempt, state, stamp_of(stamp))).is_applied());
  }
  RowPage page(const std::string& from, std::size_t limit) {
    auto listed = run(lister().list_rows(from, limit));
    EXPECT_TRUE(listed.ok()) << listed.error().describe();
    if (!listed.ok()) return RowPage();
    EXPECT_LE(listed->rows.size(), limit);
    EXPECT_NE(listed->next.empty() ? "end" : listed->next, from) << "the walk stands still";
    return std::move(listed).value();
  }
  // The rows that are not absent, from `from` on.
  std::vector<ListedRow> walk(std::size_t limit, std::string from = std::string()) {
    std::vector<ListedRow> all;
    do {
      auto listed = page(from, limit);
      for (auto& row : listed.rows) {
        const bool absent = std::holds_alternative<AbsentRow>(row.row.state);
        if (!absent || !row.problem.empty()) all.push_back(std::move(row));
      }
      from = listed.next;
    } while (!from.empty());
    return all;
  }
  static std::vector<std::string> keys_of(const std::vector<ListedRow>& rows) {
    std::vector<std::string> keys;
    for (const auto& row : rows)
      keys.push_back(row.key);
    return keys;
  }
  ListedRow inspect(const std::string& key) {
    auto row = run(lister().inspect(key));
    EXPECT_TRUE(row.ok()) << row.error().describe();
    return row.ok() ? std::move(row).value() : ListedRow();
  }

  ManualClock clock_;
  const WallTime deadline_ = clock_.now() + std::chrono::hours(1);
  std::unique_ptr<RowListerUnderTest> store_ = GetParam().make(clock_);
};

TEST_P(RowListerConformance, an_empty_store_has_no_rows) {
  const auto first = page("", 10);
  EXPECT_TRUE(first.rows.empty());
  EXPECT_TRUE(first.next.empty());
}

TEST_P(RowListerConformance, pages_of_every_size_give_each_row_once_in_key_order) {
  std::vector<std::string> keys;
  for (int number = 0; number < 20; ++number) {
    keys.push_back(key_of(number));
    ASSERT_NO_FATAL_FAILURE(put(keys.back(), "payload"));
  }
  for (const std::size_t limit : {1U, 2U, 3U, 19U, 20U, 21U, 1000U}) {
    EXPECT_EQ(keys_of(walk(limit)), keys) << limit;
  }
}

TEST_P(RowListerConformance, rows_are_listed_as_they_are_without_payload) {
  ASSERT_NO_FATAL_FAILURE(put("u/objects/inline", "payload", 5));
  ASSERT_NO_FATAL_FAILURE(point("u/objects/redirect", 7, 6));
  const auto listed = walk(10);
  ASSERT_EQ(listed.size(), 2U);
  for (const auto& row : listed) {
    EXPECT_EQ(row.problem, "");
    EXPECT_TRUE(row.open_intents.empty());
    const auto again = inspect(row.key);
    EXPECT_EQ(again.key, row.key);
    EXPECT_EQ(again.row.stamp, row.row.stamp);
    EXPECT_EQ(again.row.state, row.row.state);
  }
  ASSERT_TRUE(std::holds_alternative<InlineRow>(listed[0].row.state));
  const auto& value = std::get<InlineRow>(listed[0].row.state);
  EXPECT_EQ(value.payload.size(), 0U);
  EXPECT_EQ(value.metadata.size, 7U);
  EXPECT_EQ(listed[0].row.stamp, stamp_of(5));
  EXPECT_EQ(listed[1].row.state, redirect_state("u/objects/redirect", 7, deadline_));
  EXPECT_EQ(listed[1].row.stamp, stamp_of(6));
}

TEST_P(RowListerConformance, expired_rows_are_listed) {
  ASSERT_NO_FATAL_FAILURE(point("u/objects/redirect", 7, 6));
  clock_.advance(std::chrono::hours(48));
  const auto listed = walk(10);
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].row.state, redirect_state("u/objects/redirect", 7, deadline_));
}

TEST_P(RowListerConformance, a_row_never_written_is_inspected_as_absent) {
  const auto row = inspect(key_of(1));
  EXPECT_EQ(row.key, key_of(1));
  EXPECT_EQ(row.problem, "");
  EXPECT_EQ(text_of(row.row.state), "absent");
  EXPECT_FALSE(row.row.stamp.has_value());
  EXPECT_TRUE(row.open_intents.empty());
}

TEST_P(RowListerConformance, a_deleted_row_is_inspected_with_its_stamp) {
  ASSERT_NO_FATAL_FAILURE(put(key_of(1), "payload", 1));
  ASSERT_NO_FATAL_FAILURE(remove(key_of(1), 2));
  EXPECT_TRUE(walk(10).empty());
  const auto row = inspect(key_of(1));
  EXPECT_EQ(text_of(row.row.state), "absent");
  EXPECT_EQ(row.row.stamp, stamp_of(2));
}

TEST_P(RowListerConformance, open_intents_are_seen_and_fenced_ones_are_not) {
  const auto key = key_of(1);
  ASSERT_NO_FATAL_FAILURE(put(key, "payload", 1));
  IntentCondition condition;
  condition.stamp = stamp_of(1);
  for (const std::uint64_t number : {1, 2, 3}) {
    ASSERT_TRUE(run(rows().open_intent(key, attempt_of(number), condition)).is_applied());
  }
  ASSERT_TRUE(run(rows().fence(key, attempt_of(2))).ok());
  ASSERT_TRUE(run(rows().fence(key, attempt_of(9))).ok());
  const std::set<AttemptId> open{attempt_of(1), attempt_of(3)};
  const auto inspected = inspect(key).open_intents;
  EXPECT_EQ(std::set<AttemptId>(inspected.begin(), inspected.end()), open);
  const auto listed = walk(10);
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(std::set<AttemptId>(listed[0].open_intents.begin(), listed[0].open_intents.end()),
            open);
}

TEST_P(RowListerConformance, an_intent_on_an_absent_row_is_inspected) {
  const IntentCondition condition;
  ASSERT_TRUE(run(rows().open_intent(key_of(1), attempt_of(1), condition)).is_applied());
  const auto row = inspect(key_of(1));
  EXPECT_EQ(text_of(row.row.state), "absent");
  EXPECT_EQ(row.open_intents, std::vector<AttemptId>{attempt_of(1)});
}

TEST_P(RowListerConformance, a_commit_leaves_no_open_intent) {
  const IntentCondition condition;
  ASSERT_TRUE(run(rows().open_intent(key_of(1), attempt_of(1), condition)).is_applied());
  ASSERT_NO_FATAL_FAILURE(point(key_of(1), 7, 2));
  EXPECT_TRUE(inspect(key_of(1)).open_intents.empty());
}

TEST_P(RowListerConformance, rows_that_stay_are_listed_once_while_others_come_and_go) {
  std::vector<std::string> staying;
  for (int number = 0; number < 20; ++number) {
    ASSERT_NO_FATAL_FAILURE(put(key_of(number), "payload"));
    if (number % 2 == 0) staying.push_back(key_of(number));
  }
  std::vector<std::string> listed;
  std::string from;
  int round = 0;
  do {
    const auto now = page(from, 3);
    for (const auto& row : now.rows)
      listed.push_back(row.key);
    from = now.next;
    // The neighbours of the position go, and new ones come on either side.
    for (int number = 1; number < 20; number += 2) {
      if (number / 4 == round) {
        ASSERT_NO_FATAL_FAILURE(remove(key_of(number), 2));
      }
    }
    ASSERT_NO_FATAL_FAILURE(put("a/objects/new" + std::to_string(round), "payload"));
    ASSERT_NO_FATAL_FAILURE(put("z/objects/new" + std::to_string(round), "payload"));
    ++round;
  } while (!from.empty() && round < 100);
  ASSERT_TRUE(from.empty());
  for (const auto& key : staying) {
    EXPECT_EQ(std::count(listed.begin(), listed.end(), key), 1) << key;
  }
}

TEST_P(RowListerConformance, an_unreadable_row_is_told_and_hides_no_other) {
  for (int number = 0; number < 5; ++number)
    ASSERT_NO_FATAL_FAILURE(put(key_of(number), "payload"));
  if (!store_->spoil(key_of(2))) GTEST_SKIP() << "rows can't be damaged here";
  for (const std::size_t limit : {1U, 2U, 10U}) {
    const auto listed = walk(limit);
    ASSERT_EQ(listed.size(), 5U) << limit;
    for (const auto& row : listed) {
      EXPECT_EQ(row.problem.empty(), row.key != key_of(2)) << row.key << ": " << row.problem;
    }
  }
  EXPECT_NE(inspect(key_of(2)).problem, "");
  EXPECT_EQ(inspect(key_of(3)).problem, "");
}

}  // namespace objectstore::testing
