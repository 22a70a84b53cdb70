// What the suite of row_store_conformance.h is instantiated with, and what its cases are made of.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "testing/manual_clock.h"
#include "testing/row_values.h"
#include "testing/run.h"

namespace objectstore::testing {

struct RowStoreUnderTest {
  virtual ~RowStoreUnderTest() = default;
  [[nodiscard]] virtual RowStore& rows() = 0;
  // Null where the store collects rows by itself.
  [[nodiscard]] virtual RowSweeper* sweeper() = 0;
};

struct RowStoreCase {
  std::string name;
  // An empty store that dates its cells by `clock`, which outlives it.
  std::function<std::unique_ptr<RowStoreUnderTest>(Clock& clock)> make;
  // Whether intents are refused, too, whose condition can't have been read from the row: another
  // stamp beside the right redirect, a stamp above the row's. A revision is written into its row
  // with one stamp, once, and stamps only grow; so a store may take one for the other.
  bool judges_impossible_conditions = true;
  // False: expired inline rows vanish by themselves, in real time; a sweep finds redirects only.
  bool sweeps_inline_rows = true;
};
inline void PrintTo(const RowStoreCase& param, std::ostream* out) {
  *out << param.name;
}

class RowStoreConformance : public ::testing::TestWithParam<RowStoreCase> {
 protected:
  using Outcome = Mutation::Outcome;

  [[nodiscard]] RowStore& rows() { return store_->rows(); }

  Outcome put(const std::string& payload, const Stamp& stamp) {
    const auto state = inline_state(payload);
    return write(state, stamp);
  }
  Outcome write(const RowState& state, const Stamp& stamp) {
    return run(rows().write_unless_redirect(key_, state, stamp)).outcome();
  }
  Outcome remove(const Stamp& stamp) { return write(AbsentRow{}, stamp); }
  Outcome intent(const AttemptId& attempt, const IntentCondition& condition) {
    return run(rows().open_intent(key_, attempt, condition)).outcome();
  }
  Outcome commit(const AttemptId& attempt, const RowState& state, const Stamp& stamp) {
    return run(rows().commit(key_, attempt, state, stamp)).outcome();
  }
  FenceFound fence(const AttemptId& attempt) {
    const auto found = run(rows().fence(key_, attempt));
    EXPECT_TRUE(found.ok());
    return found.ok() ? *found : FenceFound::not_open;
  }
  Outcome bump(const Row& as_read, WallTime deadline) {
    return run(rows().bump(key_, as_read, deadline)).outcome();
  }
  Row read(const std::string& key, RowPart part = RowPart::everything) {
    auto row = run(rows().read(key, part));
    EXPECT_TRUE(row.ok()) << row.error().describe();
    return row.ok() ? std::move(row).value() : Row();
  }
  Row read() { return read(key_); }
  std::string state() { return text_of(read().state); }

  // The row as a redirect to revision `number`, written at `stamp`.
  void make_redirect(std::uint64_t number, const Stamp& stamp,
                     std::optional<WallTime> deadline = std::nullopt) {
    const auto before = read();
    IntentCondition condition;
    condition.stamp = before.stamp;
    if (const auto* target = redirect_target(before.state)) condition.redirect = *target;
    const auto attempt = attempt_of(1'000'000 + number);
    ASSERT_EQ(intent(attempt, condition), Outcome::applied);
    ASSERT_EQ(commit(attempt, redirect_state(key_, number, deadline), stamp), Outcome::applied);
  }
  [[nodiscard]] IntentCondition redirect_condition(std::uint64_t number, const Stamp& stamp) const {
    IntentCondition condition;
    condition.stamp = stamp;
    condition.redirect = revision_of(key_, number);
    return condition;
  }
  [[nodiscard]] static IntentCondition stamp_condition(const Stamp& stamp) {
    IntentCondition condition;
    condition.stamp = stamp;
    return condition;
  }

  ManualClock clock_;
  std::unique_ptr<RowStoreUnderTest> store_ = GetParam().make(clock_);
  std::string key_ = "usecase/org.1/objects/key";
};

}  // namespace objectstore::testing
