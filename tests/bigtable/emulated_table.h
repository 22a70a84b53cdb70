// A table of an emulator of its own, and a client for it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>

#include "backends/bigtable/rpc_table_client.h"
#include "bigtable/emulator.h"
#include "net/channel_pool.h"
#include "runtime/real_clock.h"
#include "runtime/real_random.h"
#include "testing/pump.h"

namespace objectstore::testing {

// Base of fixtures. The table has the families fg, fm, fi and fc, none of them with collection.
class EmulatedTable : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // The task's value.
  template <class T>
  T wait(Task<T> task) {
    return pump(context, std::move(task));
  }

  static constexpr const char* instance = "projects/p/instances/i";
  static constexpr const char* table_id = "t";

  boost::asio::io_context context{1};
  RealClock clock;
  RealRandom random;
  NullLogger logger;
  std::unique_ptr<Emulator> emulator;
  std::unique_ptr<ChannelPool> transport;
  bigtable::TableSettings settings;
  std::unique_ptr<bigtable::RpcTableClient> client;

 private:
  Task<RpcReply> create_table();
};

}  // namespace objectstore::testing
