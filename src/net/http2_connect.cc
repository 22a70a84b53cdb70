// How an Http2Connection comes to be.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "net/http2_connection.h"

namespace objectstore {

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using asio::ip::tcp;

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

Error failed(std::string why) {
  return Error(ErrorCode::unavailable, std::move(why));
}

}  // namespace

Task<Result<void>> Http2Connection::open() {
  const auto self = shared_from_this();
  alarms_.set(connect_timeout_, alarms_.now() + settings_.connect_timeout);
  auto opened = co_await connect();
  if (opened.ok() && settings_.tls) opened = co_await shake_hands();
  if (opened.ok()) opened = co_await await_greeting();
  connect_timeout_.clear();
  if (closed_) {
    opened = failed(why_closed_);
  } else if (!opened.ok()) {
    close(RpcCode::unavailable, opened.error().message());
  }
  if (!opened.ok()) {
    co_return Error(opened.error().code(),
                    "can't connect to " + settings_.target.text + ": " + opened.error().message());
  }
  open_ = true;
  co_return opened;
}

Task<Result<void>> Http2Connection::connect() {
  if (closed_) co_return failed(why_closed_);
  if (settings_.target.unix_path.empty()) {
    auto connected = co_await connect_to_host();
    co_return connected;
  }
  stream_protocol::endpoint endpoint;
  try {
    endpoint = asio::local::stream_protocol::endpoint(settings_.target.unix_path);
  } catch (const boost::system::system_error& problem) {
    co_return failed(problem.code().message());  // longer than a socket's path may be
  }
  const auto error = co_await connect_socket(std::move(endpoint));
  if (error) co_return failed(error.message());
  co_return Result<void>();
}

Task<Result<void>> Http2Connection::connect_to_host() {
  const auto& target = settings_.target;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(target.host, error);
  if (!error) {
    const auto port = static_cast<std::uint16_t>(std::stoi(target.port));
    stream_protocol::endpoint endpoint(tcp::endpoint(address, port));
    error = co_await connect_socket(std::move(endpoint));
    if (error) co_return failed(error.message());
    co_return Result<void>();
  }
  const auto [unresolved, found] =
      co_await resolver_.async_resolve(target.host, target.port, as_values);
  if (unresolved) co_return failed(unresolved.message());
  error = asio::error::host_not_found;
  for (const auto& entry : found) {
    if (closed_) break;
    stream_protocol::endpoint endpoint(entry.endpoint());
    error = co_await connect_socket(std::move(endpoint));
    if (!error) co_return Result<void>();
  }
  co_return failed(error.message());
}

Task<boost::system::error_code> Http2Connection::connect_socket(
    stream_protocol::endpoint endpoint) {
  boost::system::error_code ignored;
  socket_.close(ignored);
  const auto [error] = co_await socket_.async_connect(endpoint, as_values);
  if (error) co_return error;
  // A socket that isn't TCP refuses the first; failures of the second show up when writing.
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  co_return boost::system::error_code();
}

Task<Result<void>> Http2Connection::shake_hands() {
  auto session = TlsSession::client(*settings_.tls, settings_.target.host);
  if (!session.ok()) co_return std::move(session).error();
  tls_ = std::move(session).value();
  while (true) {
    const auto done = tls_->handshake();
    CO_TRY(co_await send_output());  // an alert too
    if (!done.ok()) co_return done.error();
    if (*done) co_return Result<void>();
    const auto buffer = asio::buffer(read_buffer_);
    const auto [error, size] = co_await socket_.async_read_some(buffer, as_values);
    if (error) co_return failed("TLS: " + error.message());
    tls_->receive_handshake(std::string_view(read_buffer_.data(), size));
  }
}

Task<Result<void>> Http2Connection::send_output() {
  std::string wire;
  tls_->take_output(wire);
  if (wire.empty()) co_return Result<void>();
  const auto buffer = asio::buffer(wire);
  const auto [error, size] = co_await asio::async_write(socket_, buffer, as_values);
  if (error) co_return failed("TLS: " + error.message());
  co_return Result<void>();
}

Task<Result<void>> Http2Connection::await_greeting() {
  if (closed_) co_return failed(why_closed_);
  auto settings = settings_.session;
  settings.scheme = settings_.tls ? "https" : "http";
  settings.authority = settings_.target.authority();
  auto wants_to_write = [this] { schedule_flush(); };
  session_ = std::make_shared<Http2Session>(std::move(settings), alarms_, load_, wants_to_write);
  flush();
  // What TLS read beyond its handshake.
  if (tls_) handle(std::string_view());
  bool alive = !closed_;
  while (alive && !session_->greeted())
    alive = co_await read();
  if (!alive) co_return failed(why_closed_);
  co_return Result<void>();
}

}  // namespace objectstore
