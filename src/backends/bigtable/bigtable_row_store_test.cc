// What is Bigtable's own; what every row store does is in conformance_test.cc.
#include "backends/bigtable/bigtable_row_store.h"

#include "backends/bigtable/fake_table_test_support.h"
#include "backends/bigtable/stamp_cell.h"
#include "testing/manual_clock.h"
#include "testing/row_values.h"
#include "testing/run.h"

namespace objectstore {
namespace {

using bigtable::Cell;
using bigtable::ExpiringRedirects;
using bigtable::FakeTable;
using testing::attempt_of;
using testing::inline_state;
using testing::redirect_state;
using testing::revision_of;
using testing::run;
using testing::stamp_of;
using testing::text_of;
using Outcome = Mutation::Outcome;
using Fate = FakeTable::Fate;
using std::chrono::hours;
using std::chrono::milliseconds;

const std::string key = "u/org.1/objects/k";
const std::string tti_json = R"({"expiration_policy":{"TimeToIdle":{"secs":3600,"nanos":0}}})";

class BigtableRowStoreTest : public ::testing::Test {
 protected:
  Row read(RowPart part = RowPart::everything, const std::string& which = key) {
    auto row = run(rows_.read(which, part));
    EXPECT_TRUE(row.ok()) << row.error().describe();
    return row.ok() ? std::move(row).value() : Row();
  }
  Outcome write(const RowState& state, std::uint64_t stamp) {
    return run(rows_.write_unless_redirect(key, state, stamp_of(stamp))).outcome();
  }
  Outcome intent(std::uint64_t attempt, std::optional<Revision> redirect,
                 std::optional<WallTime> deadline = std::nullopt) {
    IntentCondition condition;
    condition.redirect = std::move(redirect);
    condition.deadline = deadline;
    return run(rows_.open_intent(key, attempt_of(attempt), condition)).outcome();
  }
  Outcome commit(std::uint64_t attempt, const RowState& state, std::uint64_t stamp) {
    return run(rows_.commit(key, attempt_of(attempt), state, stamp_of(stamp))).outcome();
  }
  Outcome bump(const Row& as_read, WallTime deadline) {
    return run(rows_.bump(key, as_read, deadline)).outcome();
  }
  void point(std::uint64_t number, std::optional<WallTime> deadline) {
    ASSERT_EQ(intent(1'000 + number, std::nullopt), Outcome::applied);
    ASSERT_EQ(commit(1'000 + number, redirect_state(key, number, deadline), 5), Outcome::applied);
  }
  [[nodiscard]] std::optional<Cell> cell(std::string_view family, std::string_view column) const {
    for (auto& stored : table_.cells(key)) {
      if (stored.family == family && stored.qualifier == column) return stored;
    }
    return std::nullopt;
  }
  void put(const char* family, const char* column, WallTime time, std::string value) {
    table_.put(key, Cell{family, column, bigtable::cell_time(time), std::move(value)});
  }

  testing::ManualClock clock_;
  const WallTime deadline_ = clock_.now() + hours(1);
  const WallTime later_ = clock_.now() + hours(2);
  FakeTable table_{clock_};
  BigtableRowStore rows_{table_, clock_, ExpiringRedirects::kept};
};

// ---- outcomes

TEST_F(BigtableRowStoreTest, outcomes_are_never_folded) {
  struct Case {
    Fate fate;
    Outcome outcome;
  };
  for (const auto& [fate, outcome] :
       {Case{Fate::fails, Outcome::failed}, Case{Fate::lost, Outcome::unknown},
        Case{Fate::reply_lost, Outcome::unknown}}) {
    FakeTable table(clock_);
    BigtableRowStore rows(table, clock_, ExpiringRedirects::kept);
    const auto state = inline_state("x", deadline_);
    const auto stamp = stamp_of(1);
    table.fates = {fate};
    EXPECT_EQ(run(rows.write_unless_redirect(key, state, stamp)).outcome(), outcome);
    table.fates = {fate};
    const IntentCondition condition;
    EXPECT_EQ(run(rows.open_intent("k", attempt_of(1), condition)).outcome(), outcome);
    table.fates = {fate};
    EXPECT_EQ(run(rows.commit("k", attempt_of(1), state, stamp)).outcome(), outcome);
    table.fates = {fate};
    EXPECT_FALSE(run(rows.fence("k", attempt_of(1))).ok());
    table.fates = {};
    (void)run(rows.write_unless_redirect(key, state, stamp));
    table.fates = {fate};
    const auto row = run(rows.read(key, RowPart::metadata)).value();
    EXPECT_EQ(run(rows.bump(key, row, later_)).outcome(), outcome);
  }
}

TEST_F(BigtableRowStoreTest, a_fence_whose_reply_was_lost_is_in_force) {
  ASSERT_EQ(intent(1, std::nullopt), Outcome::applied);
  table_.fates = {Fate::reply_lost};
  EXPECT_FALSE(run(rows_.fence(key, attempt_of(1))).ok());
  EXPECT_EQ(commit(1, inline_state("x"), 1), Outcome::refused);
}

// ---- old forms

TEST_F(BigtableRowStoreTest, every_old_form_of_a_redirect_is_protected_and_can_be_overwritten) {
  struct Case {
    const char* column;
    std::string value;
  };
  for (const auto& [column, value] :
       {Case{"r", ""}, Case{"r", key}, Case{"m", R"({"is_redirect_tombstone":true})"},
        Case{"m", "{\"is_redirect_tombstone\":true,\n\"filename\":\"\xc3\xa4\"}"}}) {
    for (const char* family : {"fm", "fg"}) {
      FakeTable table(clock_);
      BigtableRowStore rows(table, clock_, ExpiringRedirects::kept);
      table.put(key, Cell{family, column, bigtable::cell_time(deadline_), value});
      const auto small = inline_state("small");
      const auto stamp = stamp_of(7);
      EXPECT_TRUE(run(rows.write_unless_redirect(key, small, stamp)).is_refused()) << value;
      IntentCondition condition;
      EXPECT_TRUE(run(rows.open_intent(key, attempt_of(1), condition)).is_refused()) << value;
      condition.redirect = revision_of(key, 1);
      EXPECT_TRUE(run(rows.open_intent(key, attempt_of(1), condition)).is_refused()) << value;
      const auto row = run(rows.read(key, RowPart::metadata)).value();
      ASSERT_TRUE(std::holds_alternative<RedirectRow>(row.state)) << value;
      condition.redirect = std::get<RedirectRow>(row.state).target;
      EXPECT_TRUE(run(rows.open_intent(key, attempt_of(1), condition)).is_applied()) << value;
      EXPECT_TRUE(run(rows.commit(key, attempt_of(1), small, stamp)).is_applied());
      EXPECT_EQ(table.cells(key).size(), 3U);
    }
  }
}

TEST_F(BigtableRowStoreTest, what_looks_like_an_old_redirect_is_an_object) {
  put("fm", "m", clock_.now(), R"({"is_redirect_tombstone":"true"})");
  put("fm", "p", clock_.now(), "");
  EXPECT_EQ(text_of(read().state), "inline ");
  EXPECT_EQ(write(inline_state("new"), 1), Outcome::applied);
}

TEST_F(BigtableRowStoreTest, a_bump_rewrites_old_forms_into_the_present_one) {
  const auto legacy = R"({"is_redirect_tombstone":true,)" + tti_json.substr(1);
  for (const bool in_metadata : {true, false}) {
    FakeTable table(clock_);
    BigtableRowStore rows(table, clock_, ExpiringRedirects::collected);
    const auto time = bigtable::cell_time(deadline_);
    if (in_metadata) {
      table.put(key, Cell{"fg", "m", time, legacy});
      table.put(key, Cell{"fg", "p", time, ""});
    } else {
      table.put(key, Cell{"fg", "r", time, ""});
      table.put(key, Cell{"fg", "t", time, tti_json});
    }
    const auto row = run(rows.read(key, RowPart::metadata)).value();
    EXPECT_EQ(deadline_of(row.state), deadline_);
    EXPECT_EQ(rows.legacy_reads().in_metadata, in_metadata ? 1U : 0U);
    EXPECT_EQ(rows.legacy_reads().empty_target, in_metadata ? 0U : 1U);
    ASSERT_TRUE(run(rows.bump(key, row, later_)).is_applied());
    const auto cells = table.cells(key);
    ASSERT_EQ(cells.size(), 2U);
    EXPECT_EQ(cells[0].qualifier, "r");
    EXPECT_EQ(cells[0].value, key);
    EXPECT_EQ(cells[0].time_us, bigtable::cell_time(later_));
    EXPECT_EQ(cells[1].value, tti_json);
    EXPECT_TRUE(run(rows.bump(key, row, later_)).is_refused()) << "bumped since";
  }
}

TEST_F(BigtableRowStoreTest, objects_of_the_existing_service_are_bumped_and_overwritten) {
  const std::string metadata = tti_json.substr(0, tti_json.size() - 1) + R"(,"size":5})";
  put("fg", "m", deadline_, metadata);
  put("fg", "p", deadline_, "bytes");
  const auto row = read(RowPart::metadata);
  EXPECT_FALSE(row.stamp.has_value());
  ASSERT_EQ(bump(row, later_), Outcome::applied);
  EXPECT_EQ(cell("fg", "m")->value, metadata);
  EXPECT_EQ(cell("fg", "p")->time_us, bigtable::cell_time(later_));
  EXPECT_EQ(text_of(read().state), "inline bytes");
  EXPECT_EQ(write(inline_state("new"), 1), Outcome::applied);
}

// ---- bumps

TEST_F(BigtableRowStoreTest, a_bump_between_whose_two_steps_the_row_is_overwritten_is_refused) {
  // Same size, deadline and content: only the write's id tells the two apart.
  ASSERT_EQ(write(inline_state("one", deadline_), 1), Outcome::applied);
  const auto row = read(RowPart::metadata);
  table_.before_check = [&] {
    const RowState state = inline_state("two", deadline_);
    const Stamp stamp = stamp_of(2, 2);
    ASSERT_TRUE(run(rows_.write_unless_redirect(key, state, stamp)).is_applied());
  };
  EXPECT_EQ(bump(row, later_), Outcome::refused);
  EXPECT_EQ(text_of(read().state), "inline two");
}

TEST_F(BigtableRowStoreTest, long_metadata_makes_no_long_predicate) {
  auto state = inline_state("payload", deadline_);
  std::get<InlineRow>(state).metadata.custom["long"] = std::string(60'000, 'x');
  ASSERT_EQ(write(state, 1), Outcome::applied);
  EXPECT_EQ(bump(read(), later_), Outcome::applied);
  EXPECT_EQ(deadline_of(read().state), later_);
}

TEST_F(BigtableRowStoreTest, a_bump_keeps_the_family_that_the_configuration_gives_redirects) {
  point(1, deadline_);
  EXPECT_TRUE(cell("fm", "r").has_value());
  const auto row = read();
  BigtableRowStore collecting(table_, clock_, ExpiringRedirects::collected);
  EXPECT_EQ(run(collecting.read(key, RowPart::metadata)).value().state, row.state);
  ASSERT_TRUE(run(collecting.bump(key, row, later_)).is_applied());
  EXPECT_FALSE(cell("fm", "r").has_value());
  EXPECT_EQ(cell("fg", "r")->time_us, bigtable::cell_time(later_));
  EXPECT_EQ(cell("fg", "t")->time_us, bigtable::cell_time(later_));
}

TEST_F(BigtableRowStoreTest, what_has_no_deadline_is_not_bumped) {
  ASSERT_EQ(write(inline_state("x"), 1), Outcome::applied);
  EXPECT_EQ(bump(read(), later_), Outcome::refused);
  EXPECT_EQ(bump(Row(), later_), Outcome::refused);
}

// ---- expiry

TEST_F(BigtableRowStoreTest, an_expirys_intent_refuses_bumps_that_are_on_their_way) {
  point(1, deadline_);
  const auto as_read = read();
  // Sent in time, and delivered after the sweep's intent.
  table_.before_check = [&] {
    clock_.advance(hours(1) + milliseconds(5));
    ASSERT_EQ(intent(1, revision_of(key, 1), deadline_), Outcome::applied);
  };
  EXPECT_EQ(bump(as_read, later_), Outcome::refused);
  EXPECT_EQ(deadline_of(read().state), deadline_ + milliseconds(1));
  EXPECT_EQ(commit(1, AbsentRow{}, 5), Outcome::applied);
}

TEST_F(BigtableRowStoreTest, an_expiry_that_was_given_up_is_found_and_begun_again) {
  point(1, deadline_);
  ASSERT_EQ(intent(1, revision_of(key, 1), deadline_), Outcome::applied);
  EXPECT_EQ(intent(1, revision_of(key, 1), deadline_), Outcome::refused) << "late, a second time";
  const auto now = deadline_ + hours(2);
  const auto swept = run(rows_.sweep(now, "", 10));
  ASSERT_TRUE(swept.ok());
  ASSERT_EQ(swept->redirects.size(), 1U);
  EXPECT_EQ(deadline_of(swept->redirects[0].row.state), deadline_ + milliseconds(1));
  EXPECT_EQ(intent(2, revision_of(key, 1), deadline_), Outcome::refused) << "no longer so";
  EXPECT_EQ(intent(2, revision_of(key, 1), deadline_ + milliseconds(1)), Outcome::applied);
  EXPECT_EQ(commit(2, AbsentRow{}, 6), Outcome::applied);
}

TEST_F(BigtableRowStoreTest, a_deadline_that_no_cell_can_have_asks_nothing_of_the_table) {
  point(1, deadline_);
  const auto before = table_.requests;
  EXPECT_EQ(intent(1, revision_of(key, 1), deadline_ + std::chrono::nanoseconds(1)),
            Outcome::refused);
  EXPECT_EQ(table_.requests, before);
}

TEST_F(BigtableRowStoreTest, manual_redirects_inline_rows_and_the_log_are_not_swept) {
  point(1, std::nullopt);
  table_.put("~changelog/77/x", Cell{"fm", "t", 1000, tti_json});
  table_.put("\xc3\xa4/objects/k", Cell{"fm", "t", 1000, tti_json});
  table_.put("\xc3\xa4/objects/k",
             Cell{"fm", "r", 1000, revision_of("\xc3\xa4/objects/k", 1).path()});
  table_.put("u/objects/broken", Cell{"fm", "t", 1000, tti_json});
  table_.put("u/objects/inline", Cell{"fg", "m", 1000, tti_json});
  const auto swept = run(rows_.sweep(clock_.now() + hours(9999), "", 10));
  ASSERT_TRUE(swept.ok());
  EXPECT_EQ(swept->collected, 0U);
  ASSERT_EQ(swept->redirects.size(), 1U) << "behind the reserved keys";
  EXPECT_EQ(swept->redirects[0].key, "\xc3\xa4/objects/k");
  EXPECT_EQ(swept->next, "");
  BigtableRowStore collecting(table_, clock_, ExpiringRedirects::collected);
  EXPECT_TRUE(run(collecting.sweep(clock_.now() + hours(9999), "", 10))->redirects.empty());
}

TEST_F(BigtableRowStoreTest, lists_leave_out_what_is_no_object) {
  const std::string keys[] = {"a/objects/k", "~changelog/00/x", "~quarantine/00/x",
                              "\x7f/objects/k", "\xc3\xa4/objects/k"};
  for (const auto& row : keys)
    table_.put(row, Cell{"fm", "m", 1000, "{}"});
  for (const std::size_t limit : {1U, 2U, 10U}) {
    std::vector<std::string> found;
    std::string from;
    do {
      const auto page = run(rows_.list_rows(from, limit)).value();
      for (const auto& row : page.rows)
        found.push_back(row.key);
      from = page.next;
    } while (!from.empty());
    EXPECT_EQ(found, (std::vector<std::string>{keys[0], keys[3], keys[4]})) << limit;
  }
}

TEST_F(BigtableRowStoreTest, a_metadata_read_asks_for_no_payload_and_no_intents) {
  ASSERT_EQ(write(inline_state("payload"), 1), Outcome::applied);
  const auto row = read(RowPart::metadata);
  EXPECT_EQ(std::get<InlineRow>(row.state).metadata.size, 7U);
  EXPECT_EQ(row.stamp, stamp_of(1));
}

}  // namespace
}  // namespace objectstore
