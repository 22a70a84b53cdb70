#include "backends/bigtable/strip.h"

#include "backends/bigtable/bigtable_row_store.h"
#include "backends/bigtable/fake_table_test_support.h"
#include "testing/manual_clock.h"
#include "testing/row_values.h"
#include "testing/run.h"

namespace objectstore::bigtable {
namespace {

using testing::attempt_of;
using testing::inline_state;
using testing::redirect_state;
using testing::run;
using testing::stamp_of;
using testing::text_of;

class StripTest : public ::testing::Test {
 protected:
  void write(const std::string& key, const RowState& state) {
    IntentCondition condition;
    const auto attempt = attempt_of(++attempts_, unix_ms(clock_.now()));
    ASSERT_TRUE(run(rows_.open_intent(key, attempt, condition)).is_applied());
    ASSERT_TRUE(run(rows_.commit(key, attempt, state, stamp_of(1))).is_applied());
  }
  void open_intent(const std::string& key) {
    IntentCondition condition;
    condition.stamp = stamp_of(1);
    const auto attempt = attempt_of(++attempts_, unix_ms(clock_.now()));
    ASSERT_TRUE(run(rows_.open_intent(key, attempt, condition)).is_applied());
  }
  [[nodiscard]] std::string columns(const std::string& key) const {
    std::string out;
    for (const auto& cell : table_.cells(key))
      out += cell.family + ":" + cell.qualifier + " ";
    return out;
  }
  StripReport strip(std::string from = std::string()) {
    TableStrip strip(table_, clock_, StripSettings{2, 100});
    TableStrip::Progress progress = [this](const StripReport& report) {
      positions_.push_back(report.next);
    };
    auto report = run(strip.run(std::move(from), progress));
    EXPECT_TRUE(report.ok()) << report.error().describe();
    return report.ok() ? *std::move(report) : StripReport();
  }

  testing::ManualClock clock_;
  FakeTable table_{clock_};
  BigtableRowStore rows_{table_, clock_, ExpiringRedirects::kept};
  std::uint64_t attempts_ = 0;
  std::vector<std::string> positions_;
};

TEST_F(StripTest, what_is_left_is_what_the_existing_service_writes) {
  const auto deadline = clock_.now() + std::chrono::hours(1);
  write("u/objects/1", inline_state("inline"));
  write("u/objects/2", redirect_state("u/objects/2", 2));
  write("u/objects/3", redirect_state("u/objects/3", 3, deadline));
  write("u/objects/4", AbsentRow{});
  write("u/objects/5", inline_state("untouched", deadline));
  table_.put("~changelog/00/x", Cell{"fi", "s", 1000, "none of ours"});
  const auto report = strip();
  EXPECT_EQ(report.cleaned, 5U);
  EXPECT_EQ(report.moved, 1U);
  EXPECT_EQ(report.busy + report.unreadable, 0U);
  EXPECT_EQ(columns("u/objects/1"), "fm:m fm:p ");
  EXPECT_EQ(columns("u/objects/2"), "fm:r fm:t ");
  EXPECT_EQ(columns("u/objects/3"), "fg:r fg:t ");
  EXPECT_EQ(columns("u/objects/4"), "") << "gone with its stamp";
  EXPECT_EQ(columns("u/objects/5"), "fg:m fg:p ");
  EXPECT_EQ(columns("~changelog/00/x"), "fi:s ");
  const auto row = run(rows_.read("u/objects/3", RowPart::everything)).value();
  EXPECT_EQ(row.state, redirect_state("u/objects/3", 3, deadline));
  EXPECT_EQ(positions_.size(), 3U);
  EXPECT_EQ(strip().cleaned, 0U) << "a second time";
}

TEST_F(StripTest, it_goes_on_where_it_stopped) {
  for (const char* key : {"u/objects/1", "u/objects/2", "u/objects/3"})
    write(key, inline_state("x"));
  EXPECT_EQ(strip("u/objects/2").cleaned, 2U);
  EXPECT_EQ(columns("u/objects/1"), "fi:s fm:m fm:p ");
}

TEST_F(StripTest, rows_that_are_being_written_are_told_and_left_alone) {
  write("u/objects/1", inline_state("x"));
  open_intent("u/objects/1");
  const auto before = columns("u/objects/1");
  auto report = strip();
  EXPECT_EQ(report.busy, 1U);
  EXPECT_EQ(report.left_alone, std::vector<std::string>{"u/objects/1"});
  EXPECT_EQ(columns("u/objects/1"), before);
  clock_.advance(std::chrono::hours(2));
  EXPECT_EQ(strip().cleaned, 1U) << "of a process that is gone";
}

TEST_F(StripTest, a_redirect_that_changes_meanwhile_is_left_alone) {
  const auto deadline = clock_.now() + std::chrono::hours(1);
  write("u/objects/1", redirect_state("u/objects/1", 1, deadline));
  table_.before_check = [&] {
    const auto row = run(rows_.read("u/objects/1", RowPart::metadata)).value();
    ASSERT_TRUE(run(rows_.bump("u/objects/1", row, deadline + std::chrono::hours(1))).is_applied());
  };
  EXPECT_EQ(strip().busy, 1U);
  EXPECT_EQ(strip().moved, 1U);
}

TEST_F(StripTest, what_can_not_be_read_is_told_and_left_alone) {
  table_.put("u/objects/1", Cell{"fm", "r", 1000, "no path"});
  table_.put("u/objects/2", Cell{"fi", "s", 1000, "no stamp"});
  const auto report = strip();
  EXPECT_EQ(report.unreadable, 2U);
  EXPECT_EQ(report.left_alone.size(), 2U);
  EXPECT_EQ(columns("u/objects/2"), "fi:s ");
}

TEST_F(StripTest, an_outcome_that_is_not_known_is_an_error) {
  write("u/objects/1", redirect_state("u/objects/1", 1, clock_.now()));
  table_.fates = {FakeTable::Fate::reply_lost};
  TableStrip strip(table_, clock_, StripSettings());
  EXPECT_FALSE(run(strip.run("", nullptr)).ok());
}

}  // namespace
}  // namespace objectstore::bigtable
