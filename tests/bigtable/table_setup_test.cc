#include "backends/bigtable/table_setup.h"

#include <gmock/gmock.h>

#include "bigtable/emulated_table.h"

namespace objectstore::testing {
namespace {

using bigtable::TableSetup;
using bigtable::TableUse;
using ::testing::HasSubstr;

class TableSetupTest : public EmulatedTable {
 protected:
  [[nodiscard]] TableSetup setup(const std::string& table) {
    bigtable::AdminSettings admin;
    admin.table = std::string(instance) + "/tables/" + table;
    admin.endpoint = settings.endpoint;
    return TableSetup(*transport, clock, logger, admin);
  }
  std::vector<TableSetup::Problem> check(TableSetup& table) {
    auto problems = wait(table.check(TableUse()));
    EXPECT_TRUE(problems.ok()) << problems.error().describe();
    return problems.ok() ? *std::move(problems) : std::vector<TableSetup::Problem>();
  }
};

TEST_F(TableSetupTest, a_table_is_created_whole_and_found_without_problems) {
  auto table = setup("new");
  auto problems = check(table);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(problems[0].fatal);
  EXPECT_THAT(problems[0].text, HasSubstr("does not exist"));
  const auto done = wait(table.create_missing(TableUse()));
  ASSERT_TRUE(done.ok()) << done.error().describe();
  EXPECT_EQ(done->size(), 1U);
  for (const auto& problem : check(table))
    ADD_FAILURE() << problem.text;
  const auto again = wait(table.create_missing(TableUse()));
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->empty());
}

TEST_F(TableSetupTest, missing_families_are_named_and_added) {
  auto table = setup("log");
  const TableUse log{false, true};
  ASSERT_TRUE(wait(table.create_missing(log)).ok());
  const auto problems = check(table);
  ASSERT_EQ(problems.size(), 3U);
  for (std::size_t i = 0; i < problems.size(); ++i) {
    static constexpr const char* names[] = {"fg", "fm", "fi"};
    EXPECT_TRUE(problems[i].fatal);
    EXPECT_THAT(problems[i].text, HasSubstr(std::string("no column family ") + names[i]));
    EXPECT_THAT(problems[i].text, HasSubstr("`objectstore bigtable setup`"));
  }
  const auto done = wait(table.create_missing(TableUse()));
  ASSERT_TRUE(done.ok()) << done.error().describe();
  EXPECT_EQ(done->size(), 3U);
  EXPECT_TRUE(check(table).empty());
}

TEST_F(TableSetupTest, families_that_collect_otherwise_are_left_and_told) {
  auto table = setup(table_id);
  const auto done = wait(table.create_missing(TableUse()));
  ASSERT_TRUE(done.ok());
  EXPECT_TRUE(done->empty());
  const auto problems = check(table);
  ASSERT_EQ(problems.size(), 3U);
  for (const auto& problem : problems) {
    EXPECT_FALSE(problem.fatal);
    EXPECT_THAT(problem.text, HasSubstr("keeps everything, and should keep"));
  }
}

}  // namespace
}  // namespace objectstore::testing
