// The server's end of the maintenance commands.
//
// The rows' database admits one process, so what wants to look at a live store asks the process
// that has it open. Only the user who runs the server, and root, can connect.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <list>
#include <memory>

#include "app/control_address.h"
#include "app/control_session.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace objectstore {

// Used on its executor, which runs one thing at a time.
class ControlSocket {
 public:
  // Listens in `directory`, which this process has for itself: a socket left there is of a process
  // that crashed, and removed. Anything else of that name is refused with conflict.
  [[nodiscard]] static Result<std::unique_ptr<ControlSocket>> listen(
      const boost::asio::any_io_executor& executor, const std::filesystem::path& directory,
      const ControlSettings& settings, CommandRunner runner, Clock& clock, Logger& logger);
  ~ControlSocket();

  // Takes no more commands and stops those under way; join() waits for their ends.
  void request_stop();
  [[nodiscard]] Task<void> join();

 private:
  using Acceptor = boost::asio::local::stream_protocol::acceptor;
  ControlSocket(Acceptor acceptor, ControlAddress address, const ControlSettings& settings,
                CommandRunner runner, Clock& clock, Logger& logger);

  [[nodiscard]] Task<void> accept();
  [[nodiscard]] Task<void> serve(std::shared_ptr<ControlSession> session);
  void remove_name();

  Acceptor acceptor_;
  ControlAddress address_;
  const ControlSettings settings_;
  const CommandRunner runner_;
  Clock& clock_;
  Logger& logger_;
  bool stopping_ = false;
  std::list<std::shared_ptr<ControlSession>> sessions_;
  TaskScope tasks_;
};

}  // namespace objectstore
