#include "bigtable/conformance_table.h"

#include <google/bigtable/admin/v2/bigtable_table_admin.pb.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>

#include "backends/bigtable/predicates.h"
#include "backends/bigtable/table_setup.h"
#include "base/assert.h"
#include "testing/run.h"

namespace objectstore::testing {

namespace {

Task<RpcReply> create_table(RpcTransport& transport, Clock& clock) {
  google::bigtable::admin::v2::CreateTableRequest request;
  request.set_parent("projects/p/instances/i");
  request.set_table_id("conformance");
  for (const auto& family : bigtable::required_families(bigtable::TableUse()))
    (void)(*request.mutable_table()->mutable_column_families())[family.name];
  RpcRequest call;
  call.method = "/google.bigtable.admin.v2.BigtableTableAdmin/CreateTable";
  call.message = request.SerializeAsString();
  call.deadline = clock.monotonic_now() + std::chrono::seconds(10);
  co_return co_await call_unary(transport, std::move(call));
}

}  // namespace

ConformanceTable::ConformanceTable(Clock&) {
  auto started = Emulator::start();
  if (!started.ok()) ADD_FAILURE() << started.error().describe();
  OBJECTSTORE_ASSERT(started.ok());
  emulator_.emplace(std::move(started).value());
  RpcChannelSettings channel;
  channel.target = emulator_->address();
  const std::array<boost::asio::any_io_executor, 1> executors{context_.get_executor()};
  transport_ =
      std::make_unique<ChannelPool>(1, executors, channel, nullptr, clock_, random_, logger_);
  thread_ = std::thread([this] { context_.run(); });
  const auto created = run(create_table(*transport_, clock_));
  OBJECTSTORE_ASSERT(created.status.ok());
  bigtable::TableSettings settings;
  settings.table = "projects/p/instances/i/tables/conformance";
  settings.endpoint = emulator_->address();
  client_ = std::make_unique<bigtable::RpcTableClient>(*transport_, clock_, random_, settings);
}

ConformanceTable::~ConformanceTable() {
  run(transport_->close());
  work_.reset();
  thread_.join();
}

void ConformanceTable::put(const std::string& key, bigtable::Cell cell) {
  bigtable::RowMutations row;
  row.key = key;
  row.mutations.push_back(bigtable::set_cell(std::move(cell)));
  ASSERT_TRUE(run(client_->mutate_row(std::move(row))).ok());
}

}  // namespace objectstore::testing
