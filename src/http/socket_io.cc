#include "http/socket_io.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace objectstore {

namespace asio = boost::asio;

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

bool waits(TlsStream::State state) {
  return state == TlsStream::State::want_read || state == TlsStream::State::want_write;
}

}  // namespace

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

Task<IoOutcome> SocketIo::handshake(const ServerTls& tls, Duration timeout) {
  tls_ = std::make_unique<TlsStream>(tls.accept(), socket_);
  if (table_.stopping()) co_return IoOutcome::released;
  arm(timeout);
  idle_ = true;
  auto outcome = IoOutcome::ok;
  while (outcome == IoOutcome::ok) {
    const auto state = tls_->handshake();
    if (state == TlsStream::State::ok) break;
    if (waits(state)) {
      outcome = co_await wait_for(state, reading_);
    } else {
      outcome = IoOutcome::failed;
    }
  }
  if (released_) outcome = IoOutcome::released;
  if (outcome == IoOutcome::failed) {
    // Closing with bytes unread would be a reset, which could cost the client the reason.
    boost::system::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    co_await drop_input(std::size_t{64} << 10);
  }
  idle_ = released_ = false;
  disarm();
  co_return outcome;
}

Task<void> SocketIo::drop_input(std::size_t most) {
  std::array<char, 1024> dropped{};
  for (std::size_t size = 0; size < most;) {
    const auto read = co_await read_plain(dropped.data(), dropped.size());
    if (read.outcome != IoOutcome::ok) break;
    size += read.size;
  }
}

Task<SocketIo::ReadResult> SocketIo::read_plain(char* data, std::size_t capacity) {
  const asio::mutable_buffer target(data, capacity);
  ReadResult result;
  for (;;) {
    const auto [error, size] = co_await socket_.async_read_some(target, as_values);
    if (!error) {
      result.size = size;
      received(size);
      co_return result;
    }
    if (const auto outcome = why_ended(reading_, error)) {
      result.outcome = *outcome;
      co_return result;
    }
  }
}

Task<SocketIo::ReadResult> SocketIo::read_tls(char* data, std::size_t capacity) {
  // Bytes that are there already are read without a turn of the loop: leave some to the others.
  constexpr unsigned most_in_a_row = 8;
  if (++reads_in_a_row_ >= most_in_a_row) {
    reads_in_a_row_ = 0;
    const auto executor = socket_.get_executor();
    co_await asio::post(executor, asio::use_awaitable);
  }
  auto read = tls_->read(data, capacity);
  ReadResult result;
  while (waits(read.state) && result.outcome == IoOutcome::ok) {
    reads_in_a_row_ = 0;
    result.outcome = co_await wait_for(read.state, reading_);
    if (result.outcome == IoOutcome::ok) read = tls_->read(data, capacity);
  }
  if (result.outcome != IoOutcome::ok) co_return result;
  result.size = read.size;
  if (read.state == TlsStream::State::end) result.outcome = IoOutcome::end;
  if (read.state == TlsStream::State::failed) result.outcome = IoOutcome::failed;
  if (result.outcome == IoOutcome::ok) received(read.size);
  co_return result;
}

Task<IoOutcome> SocketIo::wait_for(TlsStream::State state, Wait& wait) {
  const auto kind = state == TlsStream::State::want_write ? asio::socket_base::wait_write
                                                          : asio::socket_base::wait_read;
  for (;;) {
    const auto [error] = co_await socket_.async_wait(kind, as_values);
    if (!error) co_return IoOutcome::ok;
    if (const auto outcome = why_ended(wait, error)) co_return *outcome;
  }
}

SocketIo::ReadResult SocketIo::read_now(char* data, std::size_t capacity) {
  ReadResult result;
  if (tls_) {
    const auto read = tls_->read(data, capacity);
    result.size = read.size;
  } else {
    boost::system::error_code error;
    result.size = socket_.read_some(asio::mutable_buffer(data, capacity), error);
  }
  if (result.size == 0) result.outcome = IoOutcome::released;
  return result;
}

Task<SocketIo::ReadResult> SocketIo::read_when_idle(char* data, std::size_t capacity) {
  ReadResult result;
  if (!table_.stopping()) {
    idle_ = true;
    result = co_await read_some(data, capacity);
    idle_ = false;
    const bool released = std::exchange(released_, false);
    // A request may have arrived just before the stop: it is still served.
    if (released && result.outcome != IoOutcome::ok) result = read_now(data, capacity);
  } else {
    result = read_now(data, capacity);
  }
  const bool let_go =
      result.outcome == IoOutcome::released || result.outcome == IoOutcome::timed_out;
  // Where the socket does not take it now the client goes without: nothing was promised.
  if (tls_ && let_go) static_cast<void>(tls_->close_notify());
  co_return result;
}

IoOutcome SocketIo::write_now(Gather& pieces) {
  if (tls_) {
    const auto state = tls_->write(pieces);
    return state == TlsStream::State::failed ? IoOutcome::failed : IoOutcome::ok;
  }
  while (!pieces.empty()) {
    boost::system::error_code error;
    pieces.consume(socket_.write_some(pieces, error));
    if (error == asio::error::would_block || error == asio::error::try_again) break;
    if (error) return IoOutcome::failed;
  }
  return IoOutcome::ok;
}

Task<IoOutcome> SocketIo::write_rest_plain(Gather& pieces, Duration stall) {
  auto outcome = IoOutcome::ok;
  while (!pieces.empty() && outcome == IoOutcome::ok) {
    set_deadline(writing_, stall);
    const auto [error, size] = co_await socket_.async_write_some(pieces, as_values);
    pieces.consume(size);
    if (error) outcome = why_ended(writing_, error).value_or(IoOutcome::ok);
  }
  clear_deadline(writing_);
  co_return outcome;
}

Task<IoOutcome> SocketIo::write_rest_tls(Gather& pieces, Duration stall) {
  auto outcome = IoOutcome::ok;
  while (outcome == IoOutcome::ok) {
    const auto state = tls_->write(pieces);
    if (state == TlsStream::State::ok) break;
    if (waits(state)) {
      set_deadline(writing_, stall);
      outcome = co_await wait_for(state, writing_);
    } else {
      outcome = IoOutcome::failed;
    }
  }
  clear_deadline(writing_);
  co_return outcome;
}

Task<void> SocketIo::shutdown_send(Duration timeout) {
  set_deadline(writing_, timeout);
  auto outcome = IoOutcome::ok;
  while (tls_ && outcome == IoOutcome::ok) {
    const auto state = tls_->close_notify();
    if (!waits(state)) break;
    outcome = co_await wait_for(state, writing_);
  }
  clear_deadline(writing_);
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void SocketIo::abort() {
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

void SocketIo::arm(Duration timeout) {
  stall_ = Duration::zero();
  set_deadline(reading_, timeout);
}

void SocketIo::arm_paced(Duration stall) {
  stall_ = stall;
  since_ = table_.now();
  set_deadline(reading_, pace_.allowed(stall));
}

void SocketIo::disarm() {
  stall_ = Duration::zero();
  clear_deadline(reading_);
}

void SocketIo::received(std::size_t bytes) {
  reading_.expired = false;  // the data was faster
  if (stall_ > Duration::zero()) pace_.note(table_.now() - since_, bytes, stall_);
}

void SocketIo::set_deadline(Wait& wait, Duration timeout) {
  wait = Wait{table_.deadline_after(timeout), false};
  deadline_ = std::min(reading_.deadline, writing_.deadline);
}

void SocketIo::clear_deadline(Wait& wait) {
  wait = Wait{};
  deadline_ = std::min(reading_.deadline, writing_.deadline);
}

std::optional<IoOutcome> SocketIo::why_ended(Wait& wait, boost::system::error_code error) {
  if (std::exchange(wait.expired, false)) return IoOutcome::timed_out;
  if (error == asio::error::eof) return IoOutcome::end;
  const bool bystander =
      error == asio::error::operation_aborted && socket_.is_open() && !(idle_ && released_);
  if (bystander) return std::nullopt;
  return IoOutcome::failed;
}

// Cancels what is under way in both directions; the one that still has time begins anew.
void SocketIo::expire() {
  for (auto* wait : {&reading_, &writing_})
    wait->expired = wait->deadline <= table_.now();
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
