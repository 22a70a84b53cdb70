// One connection of the control socket: a line with a command comes in, lines with events go out,
// then it is closed. A client that ends its side stops the command and still hears how it ended.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/maintenance_protocol.h"
#include "runtime/clock.h"
#include "runtime/sync.h"
#include "runtime/task_scope.h"

namespace objectstore {

struct ControlSettings {
  Duration request_timeout = std::chrono::seconds(5);  // for the whole command line
  Duration stall_timeout = std::chrono::seconds(30);   // in which the client takes no byte
  std::size_t max_connections = 4;
  // Bytes of events that wait for the client: where pages wait, where the command is stopped, and
  // where the connection is given up.
  std::size_t page_limit = 256 << 10;
  std::size_t soft_limit = 1 << 20;
  std::size_t hard_limit = 8 << 20;
};

// Runs a command to its end, or until its scope is asked to stop.
using CommandRunner = std::function<Task<void>(MaintenanceCommand, CommandOutput&)>;

// Lives on one executor, until run() or refuse() has completed.
class ControlSession final : public CommandOutput {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;
  ControlSession(Socket socket, const ControlSettings& settings, Clock& clock);

  [[nodiscard]] Task<void> run(const CommandRunner& runner);
  // Tells the client `error` instead of running anything.
  [[nodiscard]] Task<void> refuse(Error error);
  // As if the client had ended its side.
  void stop();

  void emit(const MaintenanceEvent& event) override;
  [[nodiscard]] Task<bool> ready() override;

 private:
  [[nodiscard]] Task<Result<MaintenanceCommand>> read_command();
  [[nodiscard]] Task<void> serve(const CommandRunner& runner);
  // Ends when the client ends its side, or the session its own.
  [[nodiscard]] Task<void> watch_client();
  void start(const boost::asio::any_io_executor& executor);
  // Writes what is emitted until `finished_` and all is written.
  [[nodiscard]] Task<void> write_events();
  [[nodiscard]] Task<void> finish();
  void give_up();
  // Ends a transfer that has passed its deadline, to within a quarter of the time allowed.
  [[nodiscard]] Task<void> watch_deadline();
  void arm(Duration timeout) { deadline_ = clock_.monotonic_now() + timeout; }
  void disarm() { deadline_.reset(); }

  Socket socket_;
  const ControlSettings settings_;
  Clock& clock_;
  std::optional<MonotonicTime> deadline_;
  TaskScope command_;
  TaskScope transfer_;
  TaskScope watch_;

  std::string waiting_;   // lines not yet given to the socket
  std::string progress_;  // the latest only: an older one is of no use
  bool overflow_ = false;
  bool finished_ = false;
  bool broken_ = false;             // the client is gone, or was given up
  std::shared_ptr<Event> wake_;     // the writer waits for lines
  std::shared_ptr<Event> drained_;  // the command waits for room
};

}  // namespace objectstore
