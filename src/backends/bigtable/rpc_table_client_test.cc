#include "backends/bigtable/rpc_table_client.h"

#include <gmock/gmock.h>

#include "backends/bigtable/request_limits.h"
#include "backends/bigtable/rpc_test_support.h"

namespace objectstore::bigtable {
namespace {

using ::testing::HasSubstr;
using Outcome = Checked::Outcome;

class rpc_table_client : public ::testing::Test {
 protected:
  static wire::CheckAndMutateRowRequest check_request(std::string key = "k") {
    wire::CheckAndMutateRowRequest request;
    request.set_row_key(std::move(key));
    *request.add_true_mutations() = set_cell("v");
    return request;
  }
  static std::string checked(bool matched) {
    wire::CheckAndMutateRowResponse response;
    response.set_predicate_matched(matched);
    // An empty message is one, too.
    return response.SerializeAsString();
  }

  ScriptedTable table;
};

TEST_F(rpc_table_client, every_request_carries_the_headers_of_bigtable) {
  table.rpc.expect(mutate_row_rpc, rpc_ok({""}));
  EXPECT_TRUE(table.wait(table.client.mutate_row(row_mutations("k"))).ok());
  const auto& call = table.rpc.calls().at(0);
  EXPECT_EQ(call.header("x-goog-request-params"),
            "table_name=projects%2Fp%2Finstances%2Fi%2Ftables%2Ft&app_profile_id=one%20cluster");
  EXPECT_EQ(call.header("x-goog-api-client"), "objectstore/1.2");
  EXPECT_EQ(call.header("bigtable-features"), "IAEwATgB");
  EXPECT_EQ(call.header("bigtable-attempt"), "0");
  const auto request = parsed<wire::MutateRowRequest>(call.message);
  EXPECT_EQ(request.table_name(), "projects/p/instances/i/tables/t");
  EXPECT_EQ(request.app_profile_id(), "one cluster");
  EXPECT_EQ(request.row_key(), "k");
  EXPECT_EQ(request.mutations(0).set_cell().value(), "v");
}

TEST_F(rpc_table_client, cookies_go_back_with_the_next_attempt) {
  auto first = rpc_failure(RpcCode::unavailable);
  first.metadata = {{"x-goog-cbt-cookie-a", "1"}, {"other", "x"}, {"x-goog-cbt-cookie-b", "2"}};
  auto second = rpc_failure(RpcCode::unavailable);
  second.metadata = {{"x-goog-cbt-cookie-a", "3"}};
  table.rpc.expect(mutate_row_rpc, first);
  table.rpc.expect(mutate_row_rpc, second);
  table.rpc.expect(mutate_row_rpc, rpc_ok({""}));
  EXPECT_TRUE(table.wait(table.client.mutate_row(row_mutations("k"))).ok());
  const auto& calls = table.rpc.calls();
  EXPECT_EQ(calls.at(0).header("x-goog-cbt-cookie-a"), "");
  EXPECT_EQ(calls.at(1).header("x-goog-cbt-cookie-a"), "1");
  EXPECT_EQ(calls.at(1).header("x-goog-cbt-cookie-b"), "2");
  EXPECT_EQ(calls.at(1).header("other"), "");
  EXPECT_EQ(calls.at(1).header("bigtable-attempt"), "1");
  EXPECT_EQ(calls.at(2).header("x-goog-cbt-cookie-a"), "3");
  EXPECT_EQ(calls.at(2).header("x-goog-cbt-cookie-b"), "2");
  EXPECT_EQ(calls.at(2).message, calls.at(0).message);
}

TEST_F(rpc_table_client, waits_as_long_as_the_server_asks) {
  auto busy = rpc_failure(RpcCode::resource_exhausted);
  busy.status.retry_delay = std::chrono::seconds(7);
  table.rpc.expect(mutate_row_rpc, busy);
  table.rpc.expect(mutate_row_rpc, rpc_ok({""}));
  EXPECT_TRUE(table.wait(table.client.mutate_row(row_mutations("k"))).ok());
  const auto& calls = table.rpc.calls();
  EXPECT_GE(calls.at(1).deadline - calls.at(0).deadline, std::chrono::seconds(7));

  busy.status.retry_delay = std::chrono::seconds(31);
  table.rpc.expect(mutate_row_rpc, busy);
  const auto late = table.wait(table.client.mutate_row(row_mutations("k")));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code(), ErrorCode::unavailable);
}

TEST_F(rpc_table_client, an_outage_does_not_multiply_the_load) {
  auto settings = scripted_settings();
  settings.retry_budget = {100, 0, 3};
  ScriptedTable one(settings);
  constexpr int requests = 50;
  for (int i = 0; i < 2 * requests; ++i)
    one.rpc.expect(mutate_row_rpc, rpc_failure(RpcCode::unavailable));
  for (int i = 0; i < requests; ++i)
    EXPECT_FALSE(one.wait(one.client.mutate_row(row_mutations("k"))).ok());
  EXPECT_LE(one.rpc.calls().size(), requests + 3u + requests / 10);
  EXPECT_GT(one.rpc.calls().size(), requests + 3u);
}

TEST_F(rpc_table_client, requests_are_counted_by_action) {
  auto settings = scripted_settings();
  settings.retry_budget = {0, 0, 3};
  ScriptedTable one(settings);
  one.rpc.expect(mutate_row_rpc, rpc_failure(RpcCode::unavailable));
  one.rpc.expect(mutate_row_rpc, rpc_failure(RpcCode::unavailable));
  one.rpc.expect(mutate_row_rpc, rpc_ok({""}));
  EXPECT_TRUE(one.wait(one.client.mutate_row(row_mutations("k"))).ok());
  one.rpc.expect(check_rpc, rpc_failure(RpcCode::permission_denied));
  (void)one.wait(one.client.check_and_mutate(check_request()));
  // The budget pays for one more.
  one.rpc.expect(mutate_row_rpc, rpc_failure(RpcCode::unavailable));
  one.rpc.expect(mutate_row_rpc, rpc_failure(RpcCode::unavailable));
  EXPECT_FALSE(one.wait(one.client.mutate_row(row_mutations("k"))).ok());
  const std::map<std::string, RequestCounts> expected{{"mutate_row", {2, 3, 1, 1}},
                                                      {"check_and_mutate", {1, 0, 1, 0}}};
  EXPECT_EQ(one.client.request_counts(), expected);
}

TEST_F(rpc_table_client, a_check_tells_which_mutations_were_applied) {
  for (const bool matched : {true, false}) {
    table.rpc.expect(check_rpc, rpc_ok({checked(matched)}));
    const auto result = table.wait(table.client.check_and_mutate(check_request()));
    EXPECT_EQ(result.outcome, matched ? Outcome::matched : Outcome::not_matched);
    EXPECT_FALSE(result.cause);
  }
  const auto sent = parsed<wire::CheckAndMutateRowRequest>(table.rpc.calls().at(0).message);
  EXPECT_EQ(sent.table_name(), "projects/p/instances/i/tables/t");
  EXPECT_EQ(sent.app_profile_id(), "one cluster");
}

TEST_F(rpc_table_client, a_check_is_sent_again_only_where_it_has_not_reached_the_server) {
  auto busy = rpc_failure(RpcCode::unavailable);
  busy.status.retry_delay = std::chrono::seconds(1);
  auto refused_early = rpc_failure(RpcCode::permission_denied);
  refused_early.status.never_sent = true;
  const struct {
    std::vector<ScriptedRpc::Reply> replies;
    Outcome outcome;
  } cases[] = {
      {{rpc_never_sent(), rpc_never_sent(), rpc_ok({checked(true)})}, Outcome::matched},
      {{rpc_never_sent(), rpc_failure(RpcCode::unavailable)}, Outcome::unknown},
      {{rpc_failure(RpcCode::unavailable)}, Outcome::unknown},
      {{busy}, Outcome::unknown},
      {{rpc_failure(RpcCode::deadline_exceeded)}, Outcome::unknown},
      {{rpc_failure(RpcCode::cancelled)}, Outcome::unknown},
      {{rpc_failure(RpcCode::internal)}, Outcome::unknown},
      {{rpc_failure(RpcCode::aborted)}, Outcome::unknown},
      {{rpc_failure(RpcCode::resource_exhausted)}, Outcome::unknown},
      {{rpc_ok({"\xff"})}, Outcome::unknown},
      {{rpc_ok({})}, Outcome::unknown},
      {{rpc_failure(RpcCode::not_found)}, Outcome::failed},
      {{rpc_failure(RpcCode::permission_denied)}, Outcome::failed},
      {{rpc_failure(RpcCode::unauthenticated)}, Outcome::failed},
      {{rpc_failure(RpcCode::failed_precondition)}, Outcome::failed},
      {{refused_early}, Outcome::failed},
  };
  for (const auto& c : cases) {
    ScriptedTable one;
    for (const auto& reply : c.replies)
      one.rpc.expect(check_rpc, reply);
    const auto result = one.wait(one.client.check_and_mutate(check_request()));
    EXPECT_EQ(static_cast<int>(result.outcome), static_cast<int>(c.outcome))
        << to_string(c.replies.back().status.code);
    EXPECT_EQ(result.cause.has_value(),
              c.outcome == Outcome::unknown || c.outcome == Outcome::failed);
    EXPECT_TRUE(one.rpc.done());
  }
}

TEST_F(rpc_table_client, a_check_that_never_leaves_has_failed) {
  for (int i = 0; i < 100; ++i)
    table.rpc.expect(check_rpc, rpc_never_sent());
  const auto result = table.wait(table.client.check_and_mutate(check_request()));
  EXPECT_EQ(static_cast<int>(result.outcome), static_cast<int>(Outcome::failed));
  ASSERT_TRUE(result.cause);
  EXPECT_EQ(result.cause->code(), ErrorCode::unavailable);
}

TEST_F(rpc_table_client, what_bigtable_would_refuse_is_not_sent) {
  const std::string long_key(longest_row_key + 1, 'k');
  const auto refused = [](const Error& error) { return error.code(); };
  for (const auto& key : {std::string(), long_key}) {
    const auto read = table.wait(table.client.read_row(key, nullptr));
    EXPECT_EQ(refused(read.error()), ErrorCode::invalid_argument);
    const auto written = table.wait(table.client.mutate_row(row_mutations(key)));
    EXPECT_EQ(refused(written.error()), ErrorCode::invalid_argument);
    const auto bulk =
        table.wait(table.client.mutate_rows({row_mutations("a"), row_mutations(key)}));
    EXPECT_EQ(refused(bulk.error()), ErrorCode::invalid_argument);
    const auto check = table.wait(table.client.check_and_mutate(check_request(key)));
    EXPECT_EQ(static_cast<int>(check.outcome), static_cast<int>(Outcome::failed));
  }
  auto many = row_mutations("k");
  many.mutations.resize(most_mutations + 1, many.mutations.front());
  EXPECT_EQ(refused(table.wait(table.client.mutate_row(std::move(many))).error()),
            ErrorCode::invalid_argument);
  EXPECT_EQ(refused(table.wait(table.client.mutate_row(RowMutations{"k", {}})).error()),
            ErrorCode::invalid_argument);
  auto long_value = row_mutations("k", std::string(longest_cell + 1, 'v'));
  const auto large = table.wait(table.client.mutate_row(std::move(long_value)));
  EXPECT_EQ(refused(large.error()), ErrorCode::payload_too_large);
  EXPECT_TRUE(table.rpc.calls().empty());
}

TEST_F(rpc_table_client, an_error_names_the_request) {
  table.rpc.expect(mutate_row_rpc, rpc_failure(RpcCode::not_found));
  const auto result = table.wait(table.client.mutate_row(row_mutations("k")));
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().describe(),
              HasSubstr("writing a row failed: projects/p/instances/i/tables/t"));
}

}  // namespace
}  // namespace objectstore::bigtable
