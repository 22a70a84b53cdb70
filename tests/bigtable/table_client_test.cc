#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <thread>

#include "bigtable/emulated_table.h"

namespace objectstore::bigtable {
namespace {

using ::testing::ElementsAre;
using Outcome = Checked::Outcome;

wire::Mutation set_cell(std::string family, std::string qualifier, std::string value,
                        std::int64_t time_us = 1000) {
  wire::Mutation mutation;
  auto& cell = *mutation.mutable_set_cell();
  cell.set_family_name(std::move(family));
  cell.set_column_qualifier(std::move(qualifier));
  cell.set_timestamp_micros(time_us);
  cell.set_value(std::move(value));
  return mutation;
}

RowMutations row_of(std::string key, std::string value) {
  RowMutations row;
  row.key = std::move(key);
  row.mutations.push_back(set_cell("fm", "p", std::move(value)));
  return row;
}

std::string numbered_key(int i) {
  auto digits = std::to_string(i);
  return "key " + std::string(5 - digits.size(), '0') + digits;
}

class bigtable_table_client : public objectstore::testing::EmulatedTable {
 protected:
  bigtable_table_client() { all.set_pass_all_filter(true); }

  void write(std::string key, std::string value) {
    const auto written = wait(client->mutate_row(row_of(std::move(key), std::move(value))));
    ASSERT_TRUE(written.ok()) << written.error().describe();
  }
  void fill(int rows) {
    std::vector<RowMutations> mutations;
    for (int i = 0; i < rows; ++i)
      mutations.push_back(row_of(numbered_key(i), std::to_string(i)));
    const auto written = wait(client->mutate_rows(std::move(mutations)));
    ASSERT_TRUE(written.ok()) << written.error().describe();
  }
  // "family:qualifier@time=value" of each cell; "none".
  std::vector<std::string> cells(std::string key, const wire::RowFilter* filter = nullptr) {
    const auto row = wait(client->read_row(std::move(key), filter));
    if (!row.ok()) return {row.error().describe()};
    if (!*row) return {"none"};
    std::vector<std::string> out;
    for (const auto& cell : (*row)->cells) {
      out.push_back(cell.family + ":" + cell.qualifier + "@" + std::to_string(cell.time_us) + "=" +
                    cell.value);
    }
    return out;
  }
  std::vector<std::string> keys(KeyRange range, std::size_t limit) {
    const auto rows = wait(client->read_rows(std::move(range), all, limit));
    if (!rows.ok()) return {rows.error().describe()};
    std::vector<std::string> out;
    for (const auto& row : *rows)
      out.push_back(row.key);
    return out;
  }

  // Its work is spread over all contexts, whose threads have ended.
  static void close(ChannelPool& pool, std::deque<boost::asio::io_context>& contexts) {
    bool closed = false;
    boost::asio::co_spawn(contexts.front(), pool.close(),
                          [&closed](const std::exception_ptr&) { closed = true; });
    while (!closed) {
      for (auto& context : contexts) {
        context.restart();
        context.poll();
      }
    }
  }

  wire::RowFilter all;
};

TEST_F(bigtable_table_client, reads_what_was_written_and_nothing_else) {
  EXPECT_THAT(cells("k"), ElementsAre("none"));
  RowMutations row;
  row.key = "k";
  row.mutations.push_back(set_cell("fm", "p", "old", 1000));
  row.mutations.push_back(set_cell("fm", "p", "new", 2000));
  row.mutations.push_back(set_cell("fm", "", "", 1000));
  row.mutations.push_back(set_cell("fg", "m", std::string("\0\xff", 2), 5000));
  ASSERT_TRUE(wait(client->mutate_row(std::move(row))).ok());
  // The emulator orders families by chance.
  EXPECT_THAT(cells("k"),
              ::testing::UnorderedElementsAre(std::string("fg:m@5000=\0\xff", 12),
                                              "fm:@1000=", "fm:p@2000=new", "fm:p@1000=old"));
  EXPECT_THAT(cells("j"), ElementsAre("none"));

  wire::RowFilter newest;
  auto& chain = *newest.mutable_chain();
  chain.add_filters()->set_column_qualifier_regex_filter("p");
  chain.add_filters()->set_cells_per_column_limit_filter(1);
  EXPECT_THAT(cells("k", &newest), ElementsAre("fm:p@2000=new"));
}

TEST_F(bigtable_table_client, a_large_cell_comes_back_whole) {
  std::string value(5 << 20, '\0');
  for (std::size_t i = 0; i < value.size(); ++i)
    value[i] = static_cast<char>(i * 2654435761U >> 13U);
  write("large", value);
  const auto row = wait(client->read_row("large", nullptr));
  ASSERT_TRUE(row.ok() && *row) << (row.ok() ? "none" : row.error().describe());
  EXPECT_TRUE((*row)->cells.at(0).value == value);
}

TEST_F(bigtable_table_client, reads_at_once_each_get_their_own_row) {
  fill(100);
  std::deque<objectstore::testing::Pumped<Result<std::optional<TableRow>>>> reads;
  for (int i = 0; i < 200; ++i)
    reads.emplace_back(context, client->read_row(numbered_key((i * 37) % 120), nullptr));
  for (int i = 0; i < 200; ++i) {
    const int number = (i * 37) % 120;
    const auto row = reads[static_cast<std::size_t>(i)].get();
    ASSERT_TRUE(row.ok()) << row.error().describe();
    ASSERT_EQ(row->has_value(), number < 100);
    if (number >= 100) continue;
    EXPECT_EQ((*row)->key, numbered_key(number));
    EXPECT_EQ((*row)->cells.at(0).value, std::to_string(number));
  }
}

// Reads its rows in turn, a few at a time, each row several times.
class ReadingThread {
 public:
  ReadingThread(boost::asio::io_context& context, TableClient& client, int begin)
      : context_(context), client_(client), begin_(begin) {}

  void operator()() {
    for (int round = 0; round < 50; ++round) {
      std::deque<objectstore::testing::Pumped<Result<std::optional<TableRow>>>> reads;
      for (int i = 0; i < 8; ++i)
        reads.emplace_back(context_, client_.read_row(numbered_key(begin_ + i), nullptr));
      for (int i = 0; i < 8; ++i) {
        const auto row = reads[static_cast<std::size_t>(i)].get();
        wrong += !row.ok() || !*row || (*row)->cells.at(0).value != std::to_string(begin_ + i);
      }
    }
  }

  int wrong = 0;

 private:
  boost::asio::io_context& context_;
  TableClient& client_;
  int begin_;
};

TEST_F(bigtable_table_client, threads_read_side_by_side) {
  fill(100);
  std::deque<boost::asio::io_context> contexts;
  std::vector<boost::asio::any_io_executor> executors;
  for (int i = 0; i < 3; ++i)
    executors.emplace_back(contexts.emplace_back(1).get_executor());
  RpcChannelSettings channel;
  channel.target = emulator->address();
  ChannelPool pool(3, executors, channel, nullptr, clock, random, logger);
  RpcTableClient shared(pool, clock, random, settings);

  std::deque<ReadingThread> readers;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    auto& reader = readers.emplace_back(contexts[static_cast<std::size_t>(i)], shared, i * 20);
    threads.emplace_back([&reader] { reader(); });
  }
  for (auto& thread : threads)
    thread.join();
  for (const auto& reader : readers)
    EXPECT_EQ(reader.wrong, 0);
  close(pool, contexts);
}

TEST_F(bigtable_table_client, scans_a_range_up_to_the_limit) {
  fill(500);
  EXPECT_THAT(keys({numbered_key(10), numbered_key(13)}, 100),
              ElementsAre(numbered_key(10), numbered_key(11), numbered_key(12)));
  EXPECT_THAT(keys({numbered_key(10), numbered_key(400)}, 2),
              ElementsAre(numbered_key(10), numbered_key(11)));
  EXPECT_THAT(keys({numbered_key(498), ""}, 100),
              ElementsAre(numbered_key(498), numbered_key(499)));
  EXPECT_EQ(keys({"", ""}, 1000).size(), 500u);
  EXPECT_EQ(keys({"x", ""}, 1000).size(), 0u);
}

TEST_F(bigtable_table_client, ten_thousand_rows_are_written_in_bulk) {
  fill(10'000);
  const auto all_keys = keys({"", ""}, 20'000);
  EXPECT_EQ(all_keys.size(), 10'000u);
  EXPECT_TRUE(std::is_sorted(all_keys.begin(), all_keys.end()));
}

TEST_F(bigtable_table_client, a_check_decides_by_the_row) {
  write("k", "v");
  const struct {
    std::string pattern;
    Outcome outcome;
    std::string value;
  } cases[] = {
      {"other", Outcome::not_matched, "no"},
      {"no", Outcome::matched, "yes"},
      {"no", Outcome::not_matched, "no"},
  };
  for (const auto& c : cases) {
    wire::CheckAndMutateRowRequest request;
    request.set_row_key("k");
    request.mutable_predicate_filter()->set_value_regex_filter(c.pattern);
    *request.add_true_mutations() = set_cell("fm", "p", "yes");
    *request.add_false_mutations() = set_cell("fm", "p", "no");
    const auto checked = wait(client->check_and_mutate(std::move(request)));
    EXPECT_EQ(static_cast<int>(checked.outcome), static_cast<int>(c.outcome));
    EXPECT_THAT(cells("k"), ElementsAre("fm:p@1000=" + c.value));
  }
}

TEST_F(bigtable_table_client, a_missing_table_is_told_with_what_to_do) {
  settings.table = std::string(instance) + "/tables/other";
  RpcTableClient other(*transport, clock, random, settings);
  const auto row = wait(other.read_row("k", nullptr));
  ASSERT_FALSE(row.ok());
  EXPECT_THAT(row.error().describe(), ::testing::HasSubstr("objectstore bigtable setup"));
  const auto written = wait(other.mutate_row(row_of("k", "v")));
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code(), ErrorCode::io);
}

TEST_F(bigtable_table_client, an_emulator_that_is_gone_is_unavailable) {
  settings.total_timeout = std::chrono::milliseconds(500);
  RpcTableClient impatient(*transport, clock, random, settings);
  emulator.reset();
  const auto row = wait(impatient.read_row("k", nullptr));
  ASSERT_FALSE(row.ok());
  EXPECT_TRUE(row.error().retryable()) << row.error().describe();
  wire::CheckAndMutateRowRequest request;
  request.set_row_key("k");
  *request.add_true_mutations() = set_cell("fm", "p", "v");
  const auto checked = wait(impatient.check_and_mutate(std::move(request)));
  // Nothing listens any more: it can't have arrived.
  EXPECT_EQ(static_cast<int>(checked.outcome), static_cast<int>(Outcome::failed));
}

}  // namespace
}  // namespace objectstore::bigtable
