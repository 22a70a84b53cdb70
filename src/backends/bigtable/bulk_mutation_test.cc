#include "backends/bigtable/bulk_mutation.h"

#include <gmock/gmock.h>

#include "backends/bigtable/rpc_test_support.h"

namespace objectstore::bigtable {
namespace {

class bulk_mutation : public ::testing::Test {
 protected:
  using Seen = ScriptedRpc::Seen;

  // Answers each entry of a request; `code_of(key)` tells how, nullopt leaves it out.
  template <class CodeOf>
  static std::string answers(const std::string& message, CodeOf code_of) {
    const auto request = parsed<wire::MutateRowsRequest>(message);
    wire::MutateRowsResponse response;
    for (int i = 0; i < request.entries_size(); ++i) {
      const std::optional<RpcCode> code = code_of(request.entries(i).row_key());
      if (!code) continue;
      auto& entry = *response.add_entries();
      entry.set_index(i);
      entry.mutable_status()->set_code(static_cast<int>(*code));
    }
    return response.SerializeAsString();
  }
  // Applies everything.
  void expect_success() {
    table.rpc.expect(mutate_rows_rpc, [](const Seen& call) {
      return rpc_ok({answers(call.message, [](auto&) { return RpcCode::ok; })});
    });
  }
  std::vector<std::string> keys(std::size_t call) {
    const auto request = parsed<wire::MutateRowsRequest>(table.rpc.calls().at(call).message);
    std::vector<std::string> out;
    for (const auto& entry : request.entries())
      out.push_back(entry.row_key());
    return out;
  }

  ScriptedTable table;
};

TEST_F(bulk_mutation, ten_thousand_small_rows_take_ten_requests) {
  std::vector<RowMutations> rows;
  for (int i = 0; i < 10'000; ++i)
    rows.push_back(row_mutations("key " + std::to_string(i), std::string(300, 'v')));
  for (int i = 0; i < 10; ++i)
    expect_success();
  EXPECT_TRUE(table.wait(table.client.mutate_rows(std::move(rows))).ok());
  EXPECT_TRUE(table.rpc.done());
  std::size_t sent = 0;
  for (std::size_t i = 0; i < table.rpc.calls().size(); ++i)
    sent += keys(i).size();
  EXPECT_EQ(sent, 10'000u);
}

TEST_F(bulk_mutation, large_rows_are_spread_over_requests) {
  std::vector<RowMutations> rows;
  for (int i = 0; i < 6; ++i)
    rows.push_back(row_mutations(std::to_string(i), std::string(1 << 20, 'v')));
  for (int i = 0; i < 3; ++i)
    expect_success();
  EXPECT_TRUE(table.wait(table.client.mutate_rows(std::move(rows))).ok());
  EXPECT_TRUE(table.rpc.done());
  EXPECT_THAT(keys(2), ::testing::ElementsAre("4", "5"));
}

TEST_F(bulk_mutation, no_rows_take_no_request) {
  EXPECT_TRUE(table.wait(table.client.mutate_rows({})).ok());
  EXPECT_TRUE(table.rpc.calls().empty());
}

TEST_F(bulk_mutation, only_what_failed_is_sent_again) {
  table.rpc.expect(mutate_rows_rpc, [](const Seen& call) {
    return rpc_ok({answers(call.message, [](const std::string& key) -> std::optional<RpcCode> {
      if (key == "b") return RpcCode::unavailable;
      if (key == "d") return std::nullopt;
      return RpcCode::ok;
    })});
  });
  expect_success();
  const auto result = table.wait(table.client.mutate_rows(
      {row_mutations("a"), row_mutations("b"), row_mutations("c"), row_mutations("d", "last")}));
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(keys(1), ::testing::ElementsAre("b", "d"));
  const auto second = parsed<wire::MutateRowsRequest>(table.rpc.calls().at(1).message);
  EXPECT_EQ(second.entries(1).mutations(0).set_cell().value(), "last");
  EXPECT_EQ(second.table_name(), "projects/p/instances/i/tables/t");
  EXPECT_TRUE(table.rpc.done());
}

TEST_F(bulk_mutation, a_broken_stream_keeps_what_was_answered) {
  table.rpc.expect(mutate_rows_rpc, [](const Seen& call) {
    return rpc_failure(RpcCode::unavailable, {answers(call.message, [](const std::string& key) {
                         return key == "a" ? std::optional(RpcCode::ok) : std::nullopt;
                       })});
  });
  expect_success();
  EXPECT_TRUE(table.wait(table.client.mutate_rows({row_mutations("a"), row_mutations("b")})).ok());
  EXPECT_THAT(keys(1), ::testing::ElementsAre("b"));
}

TEST_F(bulk_mutation, a_row_that_fails_for_good_ends_it) {
  table.rpc.expect(mutate_rows_rpc, [](const Seen& call) {
    return rpc_ok({answers(call.message, [](const std::string& key) {
      return key == "b" ? RpcCode::not_found : RpcCode::unavailable;
    })});
  });
  const auto result = table.wait(
      table.client.mutate_rows({row_mutations("a"), row_mutations("b"), row_mutations("c")}));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::io);
  EXPECT_TRUE(table.rpc.done());
}

TEST_F(bulk_mutation, answers_for_rows_that_were_not_sent_are_refused) {
  wire::MutateRowsResponse response;
  response.add_entries()->set_index(1);
  table.rpc.expect(mutate_rows_rpc, rpc_ok({response.SerializeAsString()}));
  const auto result = table.wait(table.client.mutate_rows({row_mutations("a")}));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::corrupt);
}

}  // namespace
}  // namespace objectstore::bigtable
