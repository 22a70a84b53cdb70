// A table of an emulator of its own, served from a thread of its own: for suites that run each
// coroutine on an event loop for itself.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "backends/bigtable/rpc_table_client.h"
#include "bigtable/emulator.h"
#include "net/channel_pool.h"
#include "runtime/real_clock.h"
#include "runtime/real_random.h"

namespace objectstore::testing {

// The families collect nothing, for the suites' clock, which is not the emulator's, dates cells
// far in the past. A table that can't be made ends the program.
class ConformanceTable {
 public:
  explicit ConformanceTable(Clock& clock);
  ~ConformanceTable();
  ConformanceTable(const ConformanceTable&) = delete;
  ConformanceTable& operator=(const ConformanceTable&) = delete;

  [[nodiscard]] bigtable::TableClient& client() { return *client_; }
  void put(const std::string& key, bigtable::Cell cell);

 private:
  using WorkGuard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

  RealClock clock_;
  RealRandom random_;
  NullLogger logger_;
  std::optional<Emulator> emulator_;
  boost::asio::io_context context_{1};
  WorkGuard work_{context_.get_executor()};
  std::unique_ptr<ChannelPool> transport_;
  std::unique_ptr<bigtable::RpcTableClient> client_;
  std::thread thread_;
};

}  // namespace objectstore::testing
