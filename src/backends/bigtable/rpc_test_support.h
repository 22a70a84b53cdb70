// A table client whose server is a script.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/bigtable/rpc_table_client.h"
#include "testing/manual_clock.h"
#include "testing/run.h"
#include "testing/scripted_rpc.h"
#include "testing/seeded_random.h"

namespace objectstore::bigtable {

inline constexpr std::string_view read_rows_rpc = "/google.bigtable.v2.Bigtable/ReadRows";
inline constexpr std::string_view mutate_row_rpc = "/google.bigtable.v2.Bigtable/MutateRow";
inline constexpr std::string_view mutate_rows_rpc = "/google.bigtable.v2.Bigtable/MutateRows";
inline constexpr std::string_view check_rpc = "/google.bigtable.v2.Bigtable/CheckAndMutateRow";

using objectstore::testing::rpc_failure;
using objectstore::testing::rpc_never_sent;
using objectstore::testing::rpc_ok;
using objectstore::testing::ScriptedRpc;

inline TableSettings scripted_settings() {
  TableSettings settings;
  settings.table = "projects/p/instances/i/tables/t";
  settings.app_profile = "one cluster";
  settings.endpoint = "127.0.0.1:1";
  settings.client_name = "objectstore/1.2";
  return settings;
}

struct ScriptedTable {
  explicit ScriptedTable(TableSettings settings = scripted_settings())
      : client(rpc, clock, random, std::move(settings)) {}

  // Begins the task; its result is stored once it is there.
  template <class T>
  void begin(Task<T> task, std::optional<T>& result) {
    objectstore::testing::detail::spawn(
        context, objectstore::testing::detail::store_result(std::move(task), &result));
  }
  // The task's result; its waits go by at once.
  template <class T>
  T wait(Task<T> task) {
    std::optional<T> result;
    begin(std::move(task), result);
    objectstore::testing::run_for(context, clock, std::chrono::minutes(2));
    OBJECTSTORE_ASSERT(result.has_value());
    return *std::move(result);
  }

  boost::asio::io_context context{1};
  objectstore::testing::ManualClock clock;
  objectstore::testing::SeededRandom random;
  ScriptedRpc rpc;
  RpcTableClient client;
};

template <class Message>
Message parsed(const std::string& bytes) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return message;
}

// A response to ReadRows with a row of one cell for each key; the value is "of <key>".
inline std::string rows_message(const std::vector<std::string>& keys, std::string scanned = {}) {
  wire::ReadRowsResponse response;
  for (const auto& key : keys) {
    auto& chunk = *response.add_chunks();
    chunk.set_row_key(key);
    chunk.mutable_family_name()->set_value("fm");
    chunk.mutable_qualifier()->set_value("p");
    chunk.set_value("of " + key);
    chunk.set_commit_row(true);
  }
  response.set_last_scanned_row_key(std::move(scanned));
  return response.SerializeAsString();
}

inline wire::Mutation set_cell(std::string value) {
  wire::Mutation mutation;
  auto& cell = *mutation.mutable_set_cell();
  cell.set_family_name("fm");
  cell.set_column_qualifier("p");
  cell.set_timestamp_micros(1000);
  cell.set_value(std::move(value));
  return mutation;
}

inline RowMutations row_mutations(std::string key, std::string value = "v") {
  RowMutations row;
  row.key = std::move(key);
  row.mutations.push_back(set_cell(std::move(value)));
  return row;
}

}  // namespace objectstore::bigtable
