#include "net/http2_connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace objectstore {

namespace asio = boost::asio;

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_size = 128 * 1024;
// How much is gathered for one write.
constexpr std::size_t write_size = 256 * 1024;

}  // namespace

Http2Connection::Http2Connection(asio::any_io_executor executor, Http2ConnectionSettings settings,
                                 Alarms& alarms, std::shared_ptr<std::atomic<std::size_t>> load)
    : executor_(std::move(executor)),
      settings_(std::move(settings)),
      alarms_(alarms),
      load_(std::move(load)),
      resolver_(executor_),
      socket_(executor_),
      read_buffer_(read_size) {}

Http2Connection::~Http2Connection() {
  close(RpcCode::unavailable, "the connection is gone");
}

Task<std::string> Http2Connection::serve() {
  const auto self = shared_from_this();
  bool more = !closed_;
  while (more)
    more = co_await read();
  co_return why_closed_;
}

std::unique_ptr<RpcCall> Http2Connection::start(RpcRequest request,
                                                std::shared_ptr<const std::string> authorization) {
  if (!keepalive_.is_set()) alarms_.set(keepalive_, alarms_.now() + settings_.keepalive_interval);
  return session_->start(std::move(request), std::move(authorization));
}

void Http2Connection::drain() {
  if (!session_) return close(RpcCode::unavailable, "no longer needed");
  session_->drain();
  schedule_flush();
}

Task<bool> Http2Connection::read() {
  const auto buffer = asio::buffer(read_buffer_);
  const auto [error, size] = co_await socket_.async_read_some(buffer, as_values);
  if (closed_) co_return false;
  if (error) {
    close(RpcCode::unavailable, error == asio::error::eof
                                    ? std::string("the server closed the connection")
                                    : "the connection broke: " + error.message());
    co_return false;
  }
  handle(std::string_view(read_buffer_.data(), size));
  co_return !closed_;
}

void Http2Connection::handle(std::string_view wire) {
  last_heard_ = alarms_.now();
  pinged_ = false;
  std::optional<std::string> problem;
  std::string_view bytes = wire;
  if (tls_) {
    plain_.clear();
    const auto received = tls_->receive(wire, plain_);
    if (!received.ok()) problem = received.error().message();
    bytes = plain_;
  }
  in_turn_ = true;
  if (auto broken = session_->receive(bytes)) problem = "the server broke HTTP/2: " + *broken;
  session_->resume_ready();
  in_turn_ = false;
  flush();
  if (problem) close(RpcCode::unavailable, std::move(*problem));
}

void Http2Connection::schedule_flush() {
  if (in_turn_ || flush_posted_ || blocked_ || closed_) return;
  flush_posted_ = true;
  asio::post(executor_, [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void Http2Connection::flush() {
  while (!closed_ && !blocked_) {
    if (sent_ == unsent_.size() && !fill()) break;
    boost::system::error_code error;
    const auto rest = asio::buffer(unsent_.data() + sent_, unsent_.size() - sent_);
    sent_ += socket_.write_some(rest, error);
    if (error == asio::error::would_block || error == asio::error::try_again) {
      await_writable();
    } else if (error) {
      close(RpcCode::unavailable, "the connection broke: " + error.message());
    }
  }
  if (closed_) return;
  if (session_->finished()) return close(RpcCode::unavailable, "drained");
  session_->resume_ready();
}

bool Http2Connection::fill() {
  unsent_.clear();
  sent_ = 0;
  auto& target = tls_ ? produced_ : unsent_;
  target.clear();
  auto problem = session_->produce(target, write_size);
  if (!problem && tls_) {
    const auto encrypted = tls_->send(produced_, unsent_);
    if (!encrypted.ok()) problem = encrypted.error().message();
  }
  if (problem) close(RpcCode::unavailable, std::move(*problem));
  return !closed_ && !unsent_.empty();
}

void Http2Connection::await_writable() {
  blocked_ = true;
  socket_.async_wait(asio::socket_base::wait_write,
                     [self = shared_from_this()](boost::system::error_code) {
                       self->blocked_ = false;
                       self->flush();
                     });
}

void Http2Connection::check_alive() {
  if (closed_ || !session_->has_calls()) return;  // the next call sets it again
  const auto quiet_until = last_heard_ + settings_.keepalive_interval;
  if (pinged_) {
    return close(RpcCode::unavailable,
                 "the server does not answer: no reply to a PING within " +
                     std::to_string(settings_.keepalive_timeout / std::chrono::seconds(1)) + " s");
  }
  if (alarms_.now() < quiet_until) return alarms_.set(keepalive_, quiet_until);
  pinged_ = true;
  session_->ping();
  alarms_.set(keepalive_, alarms_.now() + settings_.keepalive_timeout);
  schedule_flush();
}

std::uint64_t Http2Connection::handed_over() const {
  // Encrypted bytes can't be told apart any more: they count as sent.
  return tls_ ? session_->produced() : session_->produced() - (unsent_.size() - sent_);
}

void Http2Connection::close(RpcCode code, std::string why) {
  if (std::exchange(closed_, true)) return;
  open_ = false;
  why_closed_ = std::move(why);
  keepalive_.clear();
  connect_timeout_.clear();
  resolver_.cancel();
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (!session_) return;
  RpcStatus status;
  status.code = code;
  status.message = settings_.target.text + ": " + why_closed_;
  const auto session = session_;
  session->end(status, handed_over());
  session->resume_ready();
}

}  // namespace objectstore
