#include "backends/bigtable/read_stream.h"

#include <gmock/gmock.h>

#include "backends/bigtable/rpc_test_support.h"

namespace objectstore::bigtable {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const wire::RowFilter& pass_all() {
  static const wire::RowFilter filter = [] {
    wire::RowFilter all;
    all.set_pass_all_filter(true);
    return all;
  }();
  return filter;
}

class read_stream : public ::testing::Test {
 protected:
  Result<std::vector<TableRow>> read(KeyRange range, std::size_t limit) {
    return table.wait(table.client.read_rows(std::move(range), pass_all(), limit));
  }
  static std::vector<std::string> keys(const Result<std::vector<TableRow>>& rows) {
    std::vector<std::string> out;
    if (!rows.ok()) return {"error: " + rows.error().describe()};
    for (const auto& row : *rows)
      out.push_back(row.key);
    return out;
  }
  // The row set of the call, "[a,z) limit 3" with what is there.
  std::string asked(std::size_t call) {
    const auto request = parsed<wire::ReadRowsRequest>(table.rpc.calls().at(call).message);
    std::string out;
    for (const auto& key : request.rows().row_keys())
      out += key + " ";
    for (const auto& range : request.rows().row_ranges()) {
      out += range.has_start_key_open() ? "(" + range.start_key_open()
                                        : "[" + range.start_key_closed();
      out += "," + range.end_key_open() + ") ";
    }
    return out + "limit " + std::to_string(request.rows_limit());
  }
  std::vector<std::string> all_asked() {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < table.rpc.calls().size(); ++i)
      out.push_back(asked(i));
    return out;
  }

  ScriptedTable table;
};

TEST_F(read_stream, gives_the_rows_of_all_messages) {
  table.rpc.expect(read_rows_rpc,
                   rpc_ok({rows_message({"a", "b"}), rows_message({}, "c"), rows_message({"d"})}));
  EXPECT_THAT(keys(read({"a", "z"}, 10)), ElementsAre("a", "b", "d"));
  EXPECT_THAT(all_asked(), ElementsAre("[a,z) limit 10"));
}

TEST_F(read_stream, resumes_behind_the_last_row_and_with_the_rows_that_are_left) {
  table.rpc.expect(read_rows_rpc, rpc_failure(RpcCode::unavailable, {rows_message({"a", "b"})}));
  table.rpc.expect(read_rows_rpc, rpc_failure(RpcCode::unavailable));
  table.rpc.expect(read_rows_rpc, rpc_ok({rows_message({"c"})}));
  EXPECT_THAT(keys(read({"a", "z"}, 5)), ElementsAre("a", "b", "c"));
  EXPECT_THAT(all_asked(), ElementsAre("[a,z) limit 5", "(b,z) limit 3", "(b,z) limit 3"));
}

TEST_F(read_stream, resumes_behind_what_the_server_has_filtered_out) {
  table.rpc.expect(read_rows_rpc, rpc_failure(RpcCode::unavailable, {rows_message({}, "m")}));
  table.rpc.expect(read_rows_rpc, rpc_ok({}));
  EXPECT_THAT(keys(read({"", ""}, 5)), IsEmpty());
  EXPECT_THAT(all_asked(), ElementsAre("[,) limit 5", "(m,) limit 5"));
}

TEST_F(read_stream, does_not_resume_where_nothing_can_follow) {
  const struct {
    std::string message;
    KeyRange range;
    std::size_t limit;
    std::vector<std::string> rows;
  } cases[] = {
      {rows_message({"a", "b"}), {"a", "z"}, 2, {"a", "b"}},          // as many as wanted
      {rows_message({"a"}), {"a", std::string("a\0", 2)}, 9, {"a"}},  // no key in between
      {rows_message({}, "y"), {"a", std::string("y\0", 2)}, 9, {}},   // scanned to the end
      {rows_message({"a"}, "zz"), {"a", "z"}, 9, {"a"}},              // and beyond
  };
  for (const auto& c : cases) {
    ScriptedTable one;
    one.rpc.expect(read_rows_rpc, rpc_failure(RpcCode::unavailable, {c.message}));
    const auto rows = one.wait(one.client.read_rows(c.range, pass_all(), c.limit));
    EXPECT_EQ(keys(rows), c.rows);
    EXPECT_TRUE(one.rpc.done());
  }
}

TEST_F(read_stream, an_empty_range_asks_for_nothing) {
  EXPECT_THAT(keys(read({"b", "b"}, 5)), IsEmpty());
  EXPECT_THAT(keys(read({"c", "b"}, 5)), IsEmpty());
  EXPECT_THAT(table.rpc.calls(), IsEmpty());
}

TEST_F(read_stream, a_row_that_was_cut_off_is_read_again) {
  auto half = parsed<wire::ReadRowsResponse>(rows_message({"a", "b"}));
  half.mutable_chunks(1)->clear_row_status();
  table.rpc.expect(read_rows_rpc, rpc_failure(RpcCode::unavailable, {half.SerializeAsString()}));
  table.rpc.expect(read_rows_rpc, rpc_ok({rows_message({"b"})}));
  EXPECT_THAT(keys(read({"a", "z"}, 5)), ElementsAre("a", "b"));
  EXPECT_THAT(all_asked(), ElementsAre("[a,z) limit 5", "(a,z) limit 4"));
}

TEST_F(read_stream, errors_are_never_a_short_answer) {
  auto half = parsed<wire::ReadRowsResponse>(rows_message({"b"}));
  half.mutable_chunks(0)->clear_row_status();
  const struct {
    ScriptedRpc::Reply reply;
    ErrorCode code;
  } cases[] = {
      {rpc_failure(RpcCode::not_found, {rows_message({"a"})}), ErrorCode::io},
      {rpc_ok({rows_message({"a"}), half.SerializeAsString()}), ErrorCode::corrupt},
      {rpc_ok({rows_message({"a"}), "\xff\xff"}), ErrorCode::corrupt},
      {rpc_ok({rows_message({"b", "a"})}), ErrorCode::corrupt},
      {rpc_ok({rows_message({"A"})}), ErrorCode::corrupt},                 // below the range
      {rpc_ok({rows_message({"z"})}), ErrorCode::corrupt},                 // above it
      {rpc_ok({rows_message({"a", "b", "c", "d"})}), ErrorCode::corrupt},  // above the limit
      {rpc_ok({rows_message({"a", "b", "c"}), rows_message({"d"})}), ErrorCode::corrupt},
  };
  for (const auto& c : cases) {
    ScriptedTable one;
    one.rpc.expect(read_rows_rpc, c.reply);
    const auto rows = one.wait(one.client.read_rows({"a", "z"}, pass_all(), 3));
    ASSERT_FALSE(rows.ok());
    EXPECT_EQ(rows.error().code(), c.code) << rows.error().describe();
    EXPECT_TRUE(one.rpc.done());
  }
}

TEST_F(read_stream, gives_up_at_the_deadline_of_the_operation) {
  for (int i = 0; i < 100; ++i)
    table.rpc.expect(read_rows_rpc, rpc_failure(RpcCode::unavailable));
  const auto began = table.clock.monotonic_now();
  const auto rows = read({"a", "z"}, 5);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().code(), ErrorCode::unavailable);
  const auto& calls = table.rpc.calls();
  EXPECT_GT(calls.size(), 10u);
  EXPECT_LT(calls.size(), 50u);
  EXPECT_LE(calls.back().deadline, began + std::chrono::seconds(30));
  EXPECT_EQ(calls.front().deadline, began + std::chrono::seconds(10));
}

TEST_F(read_stream, a_page_tells_where_to_go_on) {
  using objectstore::testing::ScriptedRpc;
  const auto late = [](std::vector<std::string> messages) {
    return rpc_failure(RpcCode::deadline_exceeded, std::move(messages));
  };
  struct Case {
    const char* name;
    ScriptedRpc::Reply reply;  // of every attempt
    std::vector<std::string> keys;
    std::string next;
    std::optional<ErrorCode> error;
  };
  const std::string after_b("b\0", 2);
  const std::string after_m("m\0", 2);
  const Case cases[] = {
      {"all of it", rpc_ok({rows_message({"a"})}), {"a"}, "", {}},
      {"as many as wanted", rpc_ok({rows_message({"a", "b"})}), {"a", "b"}, after_b, {}},
      {"too late, past rows that don't match", late({rows_message({}, "m")}), {}, after_m, {}},
      {"too late, nothing looked at", late({}), {}, "", ErrorCode::deadline_exceeded},
      {"refused", rpc_failure(RpcCode::not_found, {rows_message({}, "m")}), {}, "", ErrorCode::io},
  };
  for (const auto& c : cases) {
    ScriptedTable one;
    for (int attempt = 0; attempt < 100; ++attempt)
      one.rpc.expect(read_rows_rpc, c.reply);
    const auto page = one.wait(one.client.read_page({"a", "z"}, pass_all(), 2));
    ASSERT_EQ(page.ok(), !c.error) << c.name;
    if (!page.ok()) {
      EXPECT_EQ(page.error().code(), *c.error) << c.name;
      continue;
    }
    EXPECT_EQ(keys(page->rows), c.keys) << c.name;
    EXPECT_EQ(page->next, c.next) << c.name;
  }
}

}  // namespace
}  // namespace objectstore::bigtable
