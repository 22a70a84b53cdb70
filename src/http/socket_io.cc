#include "http/socket_io.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace objectstore {

namespace asio = boost::asio;

namespace {
constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
}  // namespace

void Gather::add(std::string_view piece) {
  if (!piece.empty()) pieces_.at(count_++) = asio::const_buffer(piece.data(), piece.size());
}

void Gather::consume(std::size_t bytes) {
  while (!empty() && bytes >= pieces_[first_].size())
    bytes -= pieces_[first_++].size();
  if (bytes > 0) pieces_.at(first_) += bytes;
}

SocketIo::SocketIo(asio::ip::tcp::socket socket, ConnectionTable& table)
    : socket_(std::move(socket)), table_(table) {
  // A failure of either shows up at the first read or write.
  boost::system::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  table_.add(*this);
}

SocketIo::~SocketIo() {
  table_.remove(*this);
}

Task<SocketIo::ReadResult> SocketIo::read_some(char* data, std::size_t capacity) {
  const asio::mutable_buffer target(data, capacity);
  const auto [error, size] = co_await socket_.async_read_some(target, as_values);
  ReadResult result;
  if (error) {
    result.outcome = why_ended(error);
  } else {
    expired_ = false;  // the data was faster
    result.size = size;
  }
  co_return result;
}

Task<SocketIo::ReadResult> SocketIo::read_when_idle(char* data, std::size_t capacity) {
  ReadResult result;
  if (!table_.stopping()) {
    idle_ = true;
    result = co_await read_some(data, capacity);
    idle_ = false;
    if (!released_) co_return result;
    released_ = false;
    if (result.outcome == IoOutcome::ok) co_return result;
  }
  // A request may have arrived just before the stop: it is still served.
  boost::system::error_code error;
  result.size = socket_.read_some(asio::mutable_buffer(data, capacity), error);
  result.outcome = error ? IoOutcome::released : IoOutcome::ok;
  co_return result;
}

IoOutcome SocketIo::write_now(Gather& pieces) {
  while (!pieces.empty()) {
    boost::system::error_code error;
    pieces.consume(socket_.write_some(pieces, error));
    if (error == asio::error::would_block || error == asio::error::try_again) break;
    if (error) return IoOutcome::failed;
  }
  return IoOutcome::ok;
}

Task<IoOutcome> SocketIo::write_rest(Gather& pieces, Duration stall) {
  auto outcome = IoOutcome::ok;
  while (!pieces.empty() && outcome == IoOutcome::ok) {
    arm(stall);
    const auto [error, size] = co_await socket_.async_write_some(pieces, as_values);
    pieces.consume(size);
    if (error) {
      outcome = why_ended(error);
    } else {
      expired_ = false;
    }
  }
  disarm();
  co_return outcome;
}

IoOutcome SocketIo::why_ended(boost::system::error_code error) {
  if (std::exchange(expired_, false)) return IoOutcome::timed_out;
  return error == asio::error::eof ? IoOutcome::end : IoOutcome::failed;
}

void SocketIo::shutdown_send() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void SocketIo::abort() {
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

void SocketIo::expire() {
  expired_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void SocketIo::release_if_idle() {
  if (!idle_) return;
  released_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

}  // namespace objectstore
