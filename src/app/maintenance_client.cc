#include "app/maintenance_client.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <exception>
#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/control_address.h"
#include "app/maintenance_command.h"
#include "app/maintenance_printer.h"
#include "app/storage.h"
#include "runtime/real_clock.h"
#include "runtime/real_random.h"
#include "runtime/spdlog_logger.h"
#include "runtime/task_scope.h"
#include "runtime/thread_pool.h"

namespace objectstore {

namespace {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t pool_threads = 4;
constexpr std::size_t pool_queue = 64;
constexpr std::size_t max_event_line = 4 << 20;
constexpr auto hello_timeout = std::chrono::seconds(10);
constexpr auto stop_limit = std::chrono::seconds(5);
// A server that begins or ends has the database open a little longer than it listens.
constexpr auto patience = std::chrono::seconds(5);
constexpr auto pause_between_tries = std::chrono::milliseconds(200);

std::string in_use_but_silent(const std::filesystem::path& directory) {
  return "the store is in use by another process which does not answer on " +
         control_path(directory).string();
}

class PrinterOutput final : public CommandOutput {
 public:
  explicit PrinterOutput(MaintenancePrinter& printer) : printer_(printer) {}
  void emit(const MaintenanceEvent& event) override { printer_.print(event); }
  Task<bool> ready() override {
    const bool stopping = co_await stop_requested();
    co_return !stopping;
  }

 private:
  MaintenancePrinter& printer_;
};

class Client {
 public:
  Client(const Config& config, const MaintenanceOrder& order, MaintenancePrinter& printer,
         RealClock& clock)
      : config_(config),
        order_(order),
        printer_(printer),
        clock_(clock),
        logger_(LogLevel::error, config.logging.format),
        pool_(pool_threads, pool_queue),
        signals_(context_, SIGINT, SIGTERM),
        socket_(context_) {}

  void run() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      // A second signal ends the process, as if none were handled.
      signals_.clear();
      stop_ = true;
      if (on_stop_) on_stop_();
    });
    asio::co_spawn(context_, carry_out(), [this](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
      signals_.cancel();
    });
    context_.run();
  }

 private:
  Task<void> carry_out() {
    const auto directory = control_directory(config_.storage);
    Result<void> done;
    if (directory) {
      done = co_await ask_or_open(*directory);
    } else {
      // Any number of processes may have such a store open.
      done = co_await open_here();
    }
    if (!done.ok()) printer_.fail(done.error());
  }

  // Whoever has the store open answers; where nobody has, it is opened here. In between lie the
  // moments in which a server starts or stops.
  Task<Result<void>> ask_or_open(std::filesystem::path directory) {
    const auto deadline = clock_.monotonic_now() + patience;
    while (true) {
      CO_TRY_ASSIGN(const bool connected, connect(directory));
      if (connected) co_return co_await ask(std::move(directory));
      auto storage = Storage::open(config_.storage, machine(), OpenFor::maintenance);
      if (storage.ok()) co_return co_await run_here(*std::move(storage));
      const bool in_use = storage.error().code() == ErrorCode::unavailable;
      if (!in_use) co_return std::move(storage).error();
      if (stop_ || clock_.monotonic_now() > deadline) {
        co_return std::move(storage).error().wrap(in_use_but_silent(directory));
      }
      co_await clock_.sleep_for(pause_between_tries);
    }
  }

  Task<Result<void>> open_here() {
    CO_TRY_ASSIGN(auto storage, Storage::open(config_.storage, machine(), OpenFor::maintenance));
    co_return co_await run_here(std::move(storage));
  }

  Machine machine() {
    return {clock_,         random_,     logger_,        pool_, {context_.get_executor()},
            config_.google, config_.aws, config_.network};
  }

  // false: nobody listens.
  Result<bool> connect(const std::filesystem::path& directory) {
    const auto address = ControlAddress::of(directory);
    if (!address.ok()) return false;
    boost::system::error_code error;
    socket_.connect(address->endpoint(), error);
    if (!error) return true;
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (error == asio::error::connection_refused ||
        error == boost::system::errc::no_such_file_or_directory) {
      return false;
    }
    return Error(ErrorCode::io, error.message())
        .wrap("can't connect to " + control_path(directory).string() +
              "; run this as the user who runs the server");
  }

  Task<Result<void>> ask(std::filesystem::path directory) {
    on_stop_ = [this] {
      // The server stops the command and still tells how it ended.
      boost::system::error_code ignored;
      socket_.shutdown(Protocol::socket::shutdown_send, ignored);
    };
    const auto line = encode_command(order_.command) + '\n';
    co_await asio::async_write(socket_, asio::buffer(line), as_values);
    if (stop_) on_stop_();
    const auto executor = co_await asio::this_coro::executor;
    alarm_.spawn(executor, give_up_if_silent());
    const bool heard = co_await print_answer();
    on_stop_ = nullptr;
    alarm_.request_stop();
    co_await alarm_.join();
    if (!heard) co_return Error(ErrorCode::unavailable, in_use_but_silent(directory));
    if (!printer_.ended()) {
      co_return Error(ErrorCode::unavailable,
                      "the server closed the connection before the command had ended");
    }
    co_return Result<void>();
  }

  Task<void> give_up_if_silent() {
    co_await clock_.sleep_for(hello_timeout);
    const bool heard = co_await stop_requested();
    boost::system::error_code ignored;
    if (!heard) socket_.close(ignored);
  }

  // False: no word came.
  Task<bool> print_answer() {
    std::string received;
    bool heard = false;
    while (!printer_.ended()) {
      auto buffer = asio::dynamic_buffer(received, max_event_line);
      const auto [error, size] = co_await asio::async_read_until(socket_, buffer, '\n', as_values);
      if (error) break;
      heard = true;
      alarm_.request_stop();
      printer_.print(MaintenanceEvent::parse(received.substr(0, size), nullptr, false));
      received.erase(0, size);
    }
    co_return heard;
  }

  Task<Result<void>> run_here(std::unique_ptr<Storage> storage) {
    CO_TRY_ASSIGN(const auto parts, storage->maintenance());
    CO_TRY(co_await storage->connect());
    const auto executor = co_await asio::this_coro::executor;
    storage->start_heartbeats(executor);
    PrinterOutput output(printer_);
    TaskScope scope;
    on_stop_ = [&scope] { scope.request_stop(); };
    if (stop_) on_stop_();
    scope.spawn(executor, run_command(parts, order_.command, output));
    co_await scope.join();
    on_stop_ = nullptr;
    co_await storage->stop(stop_limit);
    co_return Result<void>();
  }

  const Config& config_;
  const MaintenanceOrder& order_;
  MaintenancePrinter& printer_;
  RealClock& clock_;
  RealRandom random_;
  SpdlogLogger logger_;
  ThreadPool pool_;
  asio::io_context context_{1};
  asio::signal_set signals_;
  Protocol::socket socket_;
  TaskScope alarm_;  // until the first word of the server
  bool stop_ = false;
  std::function<void()> on_stop_;  // what a signal does
};

std::optional<std::size_t> width_of_stderr() {
  winsize size{};
  if (::isatty(STDERR_FILENO) == 0) return std::nullopt;
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

int run_maintenance(const Config& config, const MaintenanceOrder& order, std::ostream& out,
                    std::ostream& err) {
  PrinterStyle style;
  style.json = order.json;
  style.command = order.command_line;
  style.scrub = std::holds_alternative<ScrubOptions>(order.command);
  style.terminal_width = width_of_stderr();
  RealClock clock;
  MaintenancePrinter printer(out, err, std::move(style), clock);
  Client(config, order, printer, clock).run();
  return static_cast<int>(printer.ended().value_or(MaintenanceExit::incomplete));
}

}  // namespace objectstore
