// Bigtable's own cases for readers of rows: readrows.json of its Go client, whose path
// OBJECTSTORE_READROWS_CASES names.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "backends/bigtable/row_merger.h"

namespace objectstore::bigtable {
namespace {

using nlohmann::json;

// "key family qualifier time value [labels]"
std::vector<std::string> merged_cells(const json& test, bool& failed) {
  RowMerger merger;
  std::vector<TableRow> rows;
  wire::ReadRowsResponse response;
  for (const auto& chunk : test.value("chunks", json::array())) {
    const auto parsed =
        google::protobuf::util::JsonStringToMessage(chunk.dump(), response.add_chunks());
    EXPECT_TRUE(parsed.ok()) << parsed;
  }
  auto result = merger.feed(response, rows);
  if (result.ok()) result = merger.finish();
  failed = !result.ok();
  std::vector<std::string> cells;
  for (const auto& row : rows) {
    for (const auto& cell : row.cells) {
      auto text = row.key + " " + cell.family + " " + cell.qualifier + " " +
                  std::to_string(cell.time_us) + " " + cell.value + " [";
      for (const auto& label : cell.labels)
        text += label;
      cells.push_back(text + "]");
    }
  }
  return cells;
}

std::vector<std::string> expected_cells(const json& test, bool& failed) {
  std::vector<std::string> cells;
  failed = false;
  for (const auto& result : test.value("results", json::array())) {
    if (result.value("error", false)) {
      failed = true;
      continue;
    }
    const auto text = [&](const char* member) { return result.value(member, std::string()); };
    cells.push_back(text("rowKey") + " " + text("familyName") + " " + text("qualifier") + " " +
                    result.value("timestampMicros", std::string("0")) + " " + text("value") + " [" +
                    text("label") + "]");
  }
  return cells;
}

TEST(readrows, all_cases_of_bigtables_own_clients_hold) {
  const char* path = std::getenv("OBJECTSTORE_READROWS_CASES");
  ASSERT_NE(path, nullptr) << "OBJECTSTORE_READROWS_CASES is not set; run `scripts/test bigtable`";
  std::ifstream file(path);
  const auto cases = json::parse(file, nullptr, false);
  ASSERT_TRUE(cases.is_object()) << path;
  const auto& tests = cases.at("readRowsTests");
  EXPECT_EQ(tests.size(), 48u);
  for (const auto& test : tests) {
    const auto description = test.at("description").get<std::string>();
    SCOPED_TRACE(description);
    bool failed = false;
    bool should_fail = false;
    const auto cells = merged_cells(test, failed);
    EXPECT_EQ(cells, expected_cells(test, should_fail));
    EXPECT_EQ(failed, should_fail);
  }
}

}  // namespace
}  // namespace objectstore::bigtable
