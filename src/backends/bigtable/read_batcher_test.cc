#include "backends/bigtable/read_batcher.h"

#include <gmock/gmock.h>

#include <deque>

#include "backends/bigtable/rpc_test_support.h"

namespace objectstore::bigtable {
namespace {

using ::testing::ElementsAre;

class read_batcher : public ::testing::Test {
 protected:
  using Row = Result<std::optional<TableRow>>;
  using Pending = std::optional<Row>;

  read_batcher() {
    filter.set_pass_all_filter(true);
    other_filter.set_strip_value_transformer(true);
  }

  // Begins a read; its place in `reads`.
  std::size_t begin(std::string key, const wire::RowFilter* by = nullptr) {
    reads.emplace_back();
    table.begin(table.client.read_row(std::move(key), by), reads.back());
    return reads.size() - 1;
  }
  // What came of a read: its value, "none", "waits" or an error.
  std::string outcome(std::size_t read) const {
    const auto& result = reads.at(read);
    if (!result) return "waits";
    if (!result->ok()) return std::string(to_string(result->error().code()));
    if (!**result) return "none";
    return (**result)->cells.at(0).value;
  }
  std::vector<std::string> outcomes() const {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < reads.size(); ++i)
      out.push_back(outcome(i));
    return out;
  }
  std::vector<std::string> keys(std::size_t call) const {
    const auto request = parsed<wire::ReadRowsRequest>(table.rpc.calls().at(call).message);
    return {request.rows().row_keys().begin(), request.rows().row_keys().end()};
  }
  void run() { objectstore::testing::run_for(table.context, table.clock, std::chrono::minutes(2)); }
  void run_ready() { objectstore::testing::run_ready(table.context); }

  wire::RowFilter filter;
  wire::RowFilter other_filter;
  ScriptedTable table;
  std::deque<Pending> reads;
};

TEST_F(read_batcher, reads_of_one_moment_travel_together) {
  table.rpc.expect(read_rows_rpc, rpc_ok({rows_message({"a", "c"})}));
  for (const auto* key : {"c", "b", "a", "d"})
    begin(key, &filter);
  run();
  EXPECT_THAT(outcomes(), ElementsAre("of c", "none", "of a", "none"));
  EXPECT_THAT(keys(0), ElementsAre("a", "b", "c", "d"));
  EXPECT_TRUE(table.rpc.done());
}

TEST_F(read_batcher, a_lone_read_waits_for_no_time) {
  table.rpc.expect(read_rows_rpc, rpc_ok({rows_message({"a"})}));
  begin("a");
  run_ready();
  EXPECT_EQ(outcome(0), "of a");
  const auto request = parsed<wire::ReadRowsRequest>(table.rpc.calls().at(0).message);
  EXPECT_EQ(request.rows_limit(), 1);
  EXPECT_FALSE(request.has_filter());
}

TEST_F(read_batcher, equal_keys_are_asked_for_once) {
  table.rpc.expect(read_rows_rpc, rpc_ok({rows_message({"a", "b"})}));
  for (const auto* key : {"a", "b", "a", "b", "a"})
    begin(key);
  run();
  EXPECT_THAT(outcomes(), ElementsAre("of a", "of b", "of a", "of b", "of a"));
  EXPECT_THAT(keys(0), ElementsAre("a", "b"));
}

TEST_F(read_batcher, reads_with_different_filters_travel_apart) {
  table.rpc.expect(read_rows_rpc, rpc_ok({rows_message({"a"})}));
  table.rpc.expect(read_rows_rpc, rpc_ok({rows_message({"b"})}));
  begin("a", &filter);
  begin("b", &other_filter);
  run();
  EXPECT_THAT(outcomes(), ElementsAre("of a", "of b"));
  EXPECT_TRUE(
      parsed<wire::ReadRowsRequest>(table.rpc.calls().at(0).message).filter().pass_all_filter());
  EXPECT_TRUE(parsed<wire::ReadRowsRequest>(table.rpc.calls().at(1).message)
                  .filter()
                  .strip_value_transformer());
}

TEST_F(read_batcher, a_read_is_never_answered_by_a_request_that_was_sent_before_it_began) {
  auto held = rpc_ok({rows_message({"a"})});
  held.gate = std::make_shared<Event>();
  table.rpc.expect(read_rows_rpc, held);
  table.rpc.expect(read_rows_rpc, rpc_ok({}));
  begin("a");
  run_ready();
  ASSERT_EQ(table.rpc.calls().size(), 1u);
  begin("a");
  run_ready();
  ASSERT_EQ(table.rpc.calls().size(), 2u);
  EXPECT_THAT(outcomes(), ElementsAre("waits", "none"));
  held.gate->set();
  run_ready();
  EXPECT_THAT(outcomes(), ElementsAre("of a", "none"));
}

TEST_F(read_batcher, a_batch_has_its_limit) {
  for (const std::size_t size : {ReadBatcher::most_reads, std::size_t{1}}) {
    table.rpc.expect(read_rows_rpc, [size](const ScriptedRpc::Seen& call) {
      const auto request = parsed<wire::ReadRowsRequest>(call.message);
      EXPECT_EQ(static_cast<std::size_t>(request.rows().row_keys_size()), size);
      return rpc_ok({});
    });
  }
  for (std::size_t i = 0; i <= ReadBatcher::most_reads; ++i)
    begin("key " + std::to_string(i));
  run();
  EXPECT_TRUE(table.rpc.done());
}

TEST_F(read_batcher, rows_are_given_out_before_the_stream_ends_and_the_rest_is_read_anew) {
  table.rpc.expect(read_rows_rpc, rpc_failure(RpcCode::unavailable, {rows_message({"b"})}));
  table.rpc.expect(read_rows_rpc, rpc_ok({rows_message({"c"})}));
  table.rpc.expect(read_rows_rpc, rpc_ok({}));
  for (const auto* key : {"a", "b", "c", "d"})
    begin(key);
  run();
  EXPECT_THAT(outcome(0), "none");
  EXPECT_THAT(outcome(1), "of b");
  // In which order the two follow is a matter of jitter.
  std::vector<std::string> again{keys(1).at(0), keys(2).at(0)};
  EXPECT_THAT(again, ::testing::UnorderedElementsAre("c", "d"));
  EXPECT_TRUE(table.rpc.done());
}

TEST_F(read_batcher, a_batch_that_breaks_the_protocol_harms_no_read) {
  const std::string broken[] = {"\xff\xff", rows_message({"b", "a"}), rows_message({"x"}),
                                rows_message({"a", "b", "bb"})};
  for (const auto& message : broken) {
    ScriptedTable one;
    one.rpc.expect(read_rows_rpc, rpc_ok({message}));
    for (int i = 0; i < 2; ++i) {
      one.rpc.expect(read_rows_rpc, [](const ScriptedRpc::Seen& call) {
        const auto request = parsed<wire::ReadRowsRequest>(call.message);
        return rpc_ok({rows_message({request.rows().row_keys(0)})});
      });
    }
    Pending first;
    Pending second;
    one.begin(one.client.read_row("a", nullptr), first);
    one.begin(one.client.read_row("b", nullptr), second);
    objectstore::testing::run_for(one.context, one.clock, std::chrono::minutes(2));
    ASSERT_TRUE(first && first->ok() && **first);
    ASSERT_TRUE(second && second->ok() && **second);
    EXPECT_EQ((**first)->key, "a");
    EXPECT_EQ((**second)->key, "b");
  }
}

TEST_F(read_batcher, a_lasting_failure_is_told_to_all) {
  table.rpc.expect(read_rows_rpc, rpc_failure(RpcCode::permission_denied));
  begin("a");
  begin("b");
  run();
  EXPECT_THAT(outcomes(), ElementsAre("io", "io"));
  EXPECT_TRUE(table.rpc.done());
}

TEST_F(read_batcher, executors_have_batches_of_their_own) {
  boost::asio::io_context other(1);
  table.rpc.expect(read_rows_rpc, rpc_ok({rows_message({"a"})}));
  table.rpc.expect(read_rows_rpc, rpc_ok({rows_message({"b"})}));
  begin("a");
  Pending elsewhere;
  objectstore::testing::detail::spawn(other, objectstore::testing::detail::store_result(
                                                 table.client.read_row("b", nullptr), &elsewhere));
  run_ready();
  other.run();
  ASSERT_TRUE(elsewhere && elsewhere->ok() && **elsewhere);
  EXPECT_EQ((**elsewhere)->key, "b");
  EXPECT_EQ(outcome(0), "of a");
  EXPECT_TRUE(table.rpc.done());
}

}  // namespace
}  // namespace objectstore::bigtable
