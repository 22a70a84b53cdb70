#include "bigtable/emulated_table.h"

#include <google/bigtable/admin/v2/bigtable_table_admin.pb.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>

namespace objectstore::testing {
namespace {

constexpr std::string_view create_table_method =
    "/google.bigtable.admin.v2.BigtableTableAdmin/CreateTable";

Task<bool> close(ChannelPool& pool) {
  co_await pool.close();
  co_return true;
}

}  // namespace

void EmulatedTable::SetUp() {
  auto started = Emulator::start();
  ASSERT_TRUE(started.ok()) << started.error().describe();
  emulator = std::make_unique<Emulator>(std::move(started).value());
  RpcChannelSettings channel;
  channel.target = emulator->address();
  const std::array<boost::asio::any_io_executor, 1> executors{context.get_executor()};
  transport = std::make_unique<ChannelPool>(1, executors, channel, nullptr, clock, random, logger);
  const auto created = wait(create_table());
  ASSERT_TRUE(created.status.ok()) << created.status.message;
  settings.table = std::string(instance) + "/tables/" + table_id;
  settings.endpoint = emulator->address();
  client = std::make_unique<bigtable::RpcTableClient>(*transport, clock, random, settings);
}

void EmulatedTable::TearDown() {
  if (!transport) return;
  EXPECT_TRUE(wait(close(*transport)));
}

Task<RpcReply> EmulatedTable::create_table() {
  google::bigtable::admin::v2::CreateTableRequest request;
  request.set_parent(instance);
  request.set_table_id(table_id);
  for (const char* family : {"fg", "fm", "fi", "fc"})
    (*request.mutable_table()->mutable_column_families())[family];
  RpcRequest call;
  call.method = create_table_method;
  call.message = request.SerializeAsString();
  call.deadline = clock.monotonic_now() + std::chrono::seconds(5);
  co_return co_await call_unary(*transport, std::move(call));
}

}  // namespace objectstore::testing
