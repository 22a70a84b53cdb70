#include "app/control_session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <nlohmann/json.hpp>

#include "app/version.h"

namespace objectstore {

namespace asio = boost::asio;

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

void wake_up(std::shared_ptr<Event>& event) {
  if (auto woken = std::exchange(event, nullptr)) woken->set();
}

}  // namespace

ControlSession::ControlSession(Socket socket, const ControlSettings& settings, Clock& clock)
    : socket_(std::move(socket)), settings_(settings), clock_(clock) {}

Task<void> ControlSession::run(const CommandRunner& runner) {
  const auto executor = co_await asio::this_coro::executor;
  start(executor);
  co_await serve(runner);
  co_await finish();
}

Task<void> ControlSession::refuse(Error error) {
  const auto executor = co_await asio::this_coro::executor;
  start(executor);
  emit(event_of(error));
  co_await finish();
}

void ControlSession::start(const asio::any_io_executor& executor) {
  transfer_.spawn(executor, write_events());
  watch_.spawn(executor, watch_deadline());
}

void ControlSession::stop() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_receive, ignored);
}

Task<void> ControlSession::serve(const CommandRunner& runner) {
  auto command = co_await read_command();
  if (!command.ok()) {
    emit(event_of(command.error()));
    co_return;
  }
  // At once, so that the client knows that somebody is there.
  MaintenanceEvent hello;
  hello["event"] = "hello";
  hello["version"] = version_text();
  emit(hello);
  const auto executor = co_await asio::this_coro::executor;
  transfer_.spawn(executor, watch_client());
  command_.spawn(executor, runner(*std::move(command), *this));
  co_await command_.join();
  if (overflow_) emit(note_event("stopped, because the output was not read fast enough"));
}

Task<Result<MaintenanceCommand>> ControlSession::read_command() {
  std::string line;
  arm(settings_.request_timeout);
  auto buffer = asio::dynamic_buffer(line, max_command_line);
  const auto [error, size] = co_await asio::async_read_until(socket_, buffer, '\n', as_values);
  disarm();
  if (error) {
    co_return Error(ErrorCode::invalid_argument,
                    "no command of one line within the time and length allowed");
  }
  co_return decode_command(std::string_view(line).substr(0, size - 1));
}

Task<void> ControlSession::watch_client() {
  char nothing = 0;
  while (true) {
    const auto [error, size] =
        co_await socket_.async_read_some(asio::buffer(&nothing, 1), as_values);
    if (error || size == 0) break;
  }
  command_.request_stop();
}

Task<void> ControlSession::write_events() {
  while (true) {
    if (waiting_.empty() && progress_.empty()) {
      if (finished_) break;
      wake_ = std::make_shared<Event>();
      const auto wake = wake_;
      co_await wake->wait();
      continue;
    }
    const auto batch = std::exchange(waiting_, {}) + std::exchange(progress_, {});
    std::string_view rest = batch;
    while (!rest.empty() && !broken_) {
      arm(settings_.stall_timeout);
      const auto [error, written] =
          co_await socket_.async_write_some(asio::buffer(rest), as_values);
      disarm();
      rest.remove_prefix(written);
      if (error) give_up();
    }
    wake_up(drained_);
  }
}

Task<void> ControlSession::finish() {
  finished_ = true;
  wake_up(wake_);
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_receive, ignored);
  co_await transfer_.join();
  watch_.request_stop();
  co_await watch_.join();
  socket_.close(ignored);
}

void ControlSession::emit(const MaintenanceEvent& event) {
  if (broken_) return;
  auto& into = event.at("event") == "progress" ? progress_ : waiting_;
  if (&into == &progress_) progress_.clear();
  into += to_line(event);
  if (waiting_.size() > settings_.soft_limit && !overflow_) {
    overflow_ = true;
    command_.request_stop();
  }
  if (waiting_.size() > settings_.hard_limit) give_up();
  wake_up(wake_);
}

Task<bool> ControlSession::ready() {
  while (waiting_.size() > settings_.page_limit && !broken_) {
    if (!drained_) drained_ = std::make_shared<Event>();
    const auto drained = drained_;
    co_await drained->wait();
  }
  const bool stopping = co_await stop_requested();
  co_return !broken_ && !stopping;
}

void ControlSession::give_up() {
  broken_ = true;
  waiting_.clear();
  progress_.clear();
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_both, ignored);
  command_.request_stop();
  wake_up(drained_);
}

Task<void> ControlSession::watch_deadline() {
  const auto tick = std::min(settings_.request_timeout, settings_.stall_timeout) / 4;
  bool stopping = false;
  while (!stopping) {
    co_await clock_.sleep_for(tick);
    if (deadline_ && clock_.monotonic_now() >= *deadline_) {
      boost::system::error_code ignored;
      socket_.shutdown(Socket::shutdown_both, ignored);
    }
    stopping = co_await stop_requested();
  }
}

}  // namespace objectstore
