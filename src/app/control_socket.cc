#include "app/control_socket.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

namespace objectstore {

namespace asio = boost::asio;

namespace {

using Protocol = asio::local::stream_protocol;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr mode_t owner_only = S_IRUSR | S_IWUSR;
constexpr auto pause_after_failed_accept = std::chrono::milliseconds(100);

Error failed(std::string what, const boost::system::error_code& error) {
  return Error(ErrorCode::io, error.message()).wrap(std::move(what));
}

Result<void> remove_stale(const ControlAddress& address, const std::filesystem::path& path) {
  struct stat found {};
  if (::fstatat(address.directory(), control_socket_name, &found, AT_SYMLINK_NOFOLLOW) != 0) {
    return Result<void>();
  }
  if (!S_ISSOCK(found.st_mode)) {
    return Error(ErrorCode::conflict, path.string() + " is in the way and is no socket");
  }
  if (::unlinkat(address.directory(), control_socket_name, 0) == 0) return Result<void>();
  const boost::system::error_code error(errno, boost::system::system_category());
  return failed("can't remove " + path.string(), error);
}

}  // namespace

Result<std::unique_ptr<ControlSocket>> ControlSocket::listen(const asio::any_io_executor& executor,
                                                             const std::filesystem::path& directory,
                                                             const ControlSettings& settings,
                                                             CommandRunner runner, Clock& clock,
                                                             Logger& logger) {
  const auto path = control_path(directory);
  TRY_ASSIGN(auto address, ControlAddress::of(directory));
  TRY(remove_stale(address, path));
  Acceptor acceptor(executor);
  boost::system::error_code error;
  acceptor.open(Protocol(), error);
  // The name gets the rights that the socket has before it is bound: nobody else connects between.
  if (!error && ::fchmod(acceptor.native_handle(), owner_only) != 0) {
    error.assign(errno, boost::system::system_category());
  }
  if (!error) acceptor.bind(address.endpoint(), error);
  if (!error) acceptor.listen(static_cast<int>(settings.max_connections), error);
  if (error) return failed("can't listen on " + path.string(), error);
  std::unique_ptr<ControlSocket> socket(new ControlSocket(
      std::move(acceptor), std::move(address), settings, std::move(runner), clock, logger));
  socket->tasks_.spawn(executor, socket->accept());
  return socket;
}

ControlSocket::ControlSocket(Acceptor acceptor, ControlAddress address,
                             const ControlSettings& settings, CommandRunner runner, Clock& clock,
                             Logger& logger)
    : acceptor_(std::move(acceptor)),
      address_(std::move(address)),
      settings_(settings),
      runner_(std::move(runner)),
      clock_(clock),
      logger_(logger) {}

ControlSocket::~ControlSocket() {
  if (!stopping_) remove_name();
}

void ControlSocket::remove_name() {
  (void)::unlinkat(address_.directory(), control_socket_name, 0);
}

void ControlSocket::request_stop() {
  if (stopping_) return;
  stopping_ = true;
  remove_name();
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& session : sessions_)
    session->stop();
}

Task<void> ControlSocket::join() {
  co_await tasks_.join();
}

Task<void> ControlSocket::accept() {
  const auto executor = co_await asio::this_coro::executor;
  while (!stopping_) {
    auto [error, socket] = co_await acceptor_.async_accept(as_values);
    if (stopping_) break;
    if (error) {
      // Too many open files, as a rule.
      logger_.warn("the control socket can't accept", {{"error", error.message()}});
      co_await clock_.sleep_for(pause_after_failed_accept);
      continue;
    }
    auto session = std::make_shared<ControlSession>(std::move(socket), settings_, clock_);
    tasks_.spawn(executor, serve(std::move(session)));
  }
}

Task<void> ControlSocket::serve(std::shared_ptr<ControlSession> session) {
  if (sessions_.size() >= settings_.max_connections) {
    Error busy(ErrorCode::unavailable, "too many maintenance commands are under way");
    co_await session->refuse(std::move(busy));
    co_return;
  }
  const auto place = sessions_.insert(sessions_.end(), session);
  co_await session->run(runner_);
  sessions_.erase(place);
}

}  // namespace objectstore
