#include "backends/bigtable/row_merger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace objectstore::bigtable {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// One chunk of a script; what is unset is absent.
struct C {
  std::string key = {};
  std::optional<std::string> family = {};
  std::optional<std::string> qualifier = {};
  std::int64_t time_us = 0;
  std::string value = {};
  int size = 0;
  bool commit = false;
  bool reset = false;
};

wire::ReadRowsResponse response(const std::vector<C>& chunks) {
  wire::ReadRowsResponse out;
  for (const auto& c : chunks) {
    auto& chunk = *out.add_chunks();
    chunk.set_row_key(c.key);
    if (c.family) chunk.mutable_family_name()->set_value(*c.family);
    if (c.qualifier) chunk.mutable_qualifier()->set_value(*c.qualifier);
    chunk.set_timestamp_micros(c.time_us);
    chunk.set_value(c.value);
    chunk.set_value_size(c.size);
    if (c.commit) chunk.set_commit_row(true);
    if (c.reset) chunk.set_reset_row(true);
  }
  return out;
}

// "key family:qualifier@time=value …"
std::string text(const TableRow& row) {
  std::string out = row.key;
  for (const auto& cell : row.cells) {
    out += " " + cell.family + ":" + cell.qualifier + "@" + std::to_string(cell.time_us) + "=" +
           cell.value;
  }
  return out;
}

struct Merged {
  std::vector<std::string> rows;
  std::string error;
};

Merged merge(RowMerger& merger, wire::ReadRowsResponse message) {
  std::vector<TableRow> rows;
  auto result = merger.feed(message, rows);
  if (result.ok()) result = merger.finish();
  Merged merged;
  for (const auto& row : rows)
    merged.rows.push_back(text(row));
  if (!result.ok()) merged.error = result.error().message();
  return merged;
}

TEST(row_merger, cells_take_what_they_leave_out_from_the_cell_before) {
  RowMerger merger;
  const auto merged = merge(merger, response({{"k", "f", "a", 3, "x"},
                                              {"", {}, {}, 2, "y"},
                                              {"", {}, "b", 0, "z"},
                                              {"k", "g", "", 0, "", 0, true},
                                              {"l", "f", "a", 0, "1", 0, true}}));
  EXPECT_EQ(merged.error, "");
  EXPECT_THAT(merged.rows, ::testing::ElementsAre("k f:a@3=x f:a@2=y f:b@0=z g:@0=", "l f:a@0=1"));
  EXPECT_EQ(merger.last_key(), "l");
}

TEST(row_merger, a_long_value_is_put_together_across_responses) {
  RowMerger merger;
  std::vector<TableRow> rows;
  auto first = response({{"k", "f", "a", 1, "ab", 6}, {"", {}, {}, 0, "cd", 6}});
  ASSERT_TRUE(merger.feed(first, rows).ok());
  EXPECT_THAT(rows, IsEmpty());
  EXPECT_FALSE(merger.finish().ok());
  auto second = response({{"", {}, {}, 0, "ef", 0, true}});
  ASSERT_TRUE(merger.feed(second, rows).ok());
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(text(rows[0]), "k f:a@1=abcdef");
  EXPECT_TRUE(merger.finish().ok());
}

TEST(row_merger, a_reset_takes_back_the_row_and_half_a_value) {
  RowMerger merger;
  const C reset{"", {}, {}, 0, "", 0, false, true};
  const auto merged = merge(
      merger, response({{"k", "f", "a", 1, "ab", 6}, reset, {"k", "f", "b", 1, "x", 0, true}}));
  EXPECT_EQ(merged.error, "");
  EXPECT_THAT(merged.rows, ::testing::ElementsAre("k f:b@1=x"));
}

TEST(row_merger, refuses_what_breaks_the_protocol) {
  const C whole{"k", "f", "a", 1, "x", 0, true};
  const C open{"k", "f", "a", 1, "x"};
  const C half{"k", "f", "a", 1, "x", 3};
  const C reset{"", {}, {}, 0, "", 0, false, true};
  const struct {
    std::vector<C> chunks;
    const char* error;
  } cases[] = {
      {{{"", "f", "a", 1, "x", 0, true}}, "without a key"},
      {{{"k", {}, "a", 1, "x", 0, true}}, "without a family"},
      {{{"k", "f", {}, 1, "x", 0, true}}, "without a qualifier"},
      {{open}, "ends within a row"},
      {{whole, whole}, "out of order"},
      {{whole, {"a", "f", "a", 1, "x", 0, true}}, "out of order"},
      {{open, {"l", {}, {}, 0, "x", 0, true}}, "within another"},
      {{open, {"", "g", {}, 0, "x", 0, true}}, "family without a qualifier"},
      {{reset}, "reset outside"},
      {{open, {"", {}, {}, 0, "x", 0, false, true}}, "reset that holds"},
      {{open, {"", {}, {}, 7, "", 0, false, true}}, "reset that holds"},
      {{{"k", "f", "a", 1, "x", 3, true}}, "commit within a value"},
      {{{"k", "f", "a", 1, "x", -1}}, "negative"},
      {{half, {"", {}, {}, 5, "yz", 0, true}}, "within a value"},
      {{half, {"k", {}, {}, 0, "yz", 0, true}}, "within a value"},
      {{half, {"", {}, {}, 0, "y", 4}}, "size changes"},
      {{half, {"", {}, {}, 0, "yzz", 0, true}}, "above its size"},
      {{half, {"", {}, {}, 0, "y", 0, true}}, "below its size"},
  };
  for (const auto& c : cases) {
    RowMerger merger;
    EXPECT_THAT(merge(merger, response(c.chunks)).error, HasSubstr(c.error));
  }
}

TEST(row_merger, a_scan_position_moves_the_last_key) {
  RowMerger merger("b");
  auto message = response({});
  message.set_last_scanned_row_key("m");
  EXPECT_EQ(merge(merger, message).error, "");
  EXPECT_EQ(merger.last_key(), "m");
  message.set_last_scanned_row_key("c");
  EXPECT_THAT(merge(merger, message).error, HasSubstr("goes back"));
}

TEST(row_merger, a_scan_position_within_a_row_is_refused) {
  RowMerger merger;
  auto message = response({{"k", "f", "a", 1, "x"}});
  message.set_last_scanned_row_key("m");
  EXPECT_THAT(merge(merger, message).error, HasSubstr("within a row"));
}

TEST(row_merger, keys_up_to_the_last_one_are_refused) {
  RowMerger merger("k");
  EXPECT_THAT(merge(merger, response({{"k", "f", "a", 1, "x", 0, true}})).error,
              HasSubstr("out of order"));
}

TEST(row_merger, holds_no_more_of_a_row_than_the_limit) {
  const struct {
    std::vector<C> chunks;
    bool fits;
  } cases[] = {
      {{{"k", "f", "a", 1, std::string(500, 'x'), 0, true}}, true},
      {{{"k", "f", "a", 1, std::string(2000, 'x'), 0, true}}, false},
      {{{"k", "f", "a", 1, "x", 2000}}, false},
      {{{"k", "f", "a", 1, std::string(600, 'x')}, {"", {}, {}, 0, std::string(600, 'x'), 0, true}},
       false},
      // Empty cells take memory too.
      {std::vector<C>(20, {"k", "f", "a", 1, ""}), false},
  };
  for (const auto& c : cases) {
    RowMerger merger({}, 1000);
    std::vector<TableRow> rows;
    auto message = response(c.chunks);
    EXPECT_EQ(merger.feed(message, rows).ok(), c.fits);
  }
}

}  // namespace
}  // namespace objectstore::bigtable
