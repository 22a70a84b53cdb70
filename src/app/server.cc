#include "app/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "app/control_socket.h"
#include "app/maintenance_command.h"
#include "app/openapi.h"
#include "app/service_stack.h"
#include "app/statsd_settings.h"
#include "app/storage.h"
#include "app/version.h"
#include "http/server.h"
#include "runtime/real_clock.h"
#include "runtime/real_random.h"
#include "runtime/thread_pool.h"
#include "telemetry/process_metrics.h"
#include "telemetry/prometheus_text.h"

namespace objectstore {

namespace {

namespace asio = boost::asio;

constexpr std::size_t pool_threads = 8;
constexpr std::size_t pool_queue = 1024;
constexpr auto shutdown_limit = std::chrono::seconds(5);
constexpr auto turn = std::chrono::milliseconds(10);  // how seldom idle loops are looked at

// One event loop and the thread that runs it.
class Loop {
 public:
  Loop() : work_(asio::make_work_guard(context_)) {}

  [[nodiscard]] asio::io_context& context() { return context_; }
  void start() {
    thread_ = std::thread([this] { context_.run(); });
  }
  // Lets run() return once nothing is left to run. Any thread may call.
  void release() { work_.reset(); }
  void finish() { thread_.join(); }

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

class Process {
 public:
  Process(const Config& config, Logger& logger)
      : config_(config),
        logger_(logger),
        pool_(pool_threads, pool_queue),
        loops_(make_loops(config.runtime.worker_threads)),
        metrics_(config.metrics.addr.has_value()),
        signals_(main_loop()) {}

  int run() {
    if (const auto prepared = prepare(); !prepared.ok()) {
      tell_why(prepared.error());
      return 1;
    }
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT})
      signals_.add(signal);
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) shut_down();
    });
    storage_->start(main_loop().get_executor());
    service_->start(main_loop().get_executor());
    if (statsd_) exporting_.spawn(main_loop().get_executor(), statsd_->run());
    metrics_.counter("objectstore_starts_total", "Starts of the server", "server.start").add();
    listen_for_maintenance();
    std::vector<asio::io_context*> contexts;
    for (const auto& loop : loops_)
      contexts.push_back(&loop->context());
    const auto listening = server_->listen(contexts);
    if (!listening.ok()) {
      tell_why(listening.error());
      failed_ = true;
      asio::post(main_loop(), [this] { shut_down(); });
    } else {
      logger_.info("serving", {{"address", config_.http_addr.host},
                               {"port", std::to_string(server_->port())},
                               {"version", version_text()}});
    }
    start_loops();
    for (const auto& loop : loops_)
      loop->finish();
    return failed_ ? 1 : 0;
  }

 private:
  // That a server does not start is told even where nothing is logged.
  void tell_why(const Error& error) {
    logger_.error(error.describe());
    if (!logger_.enabled(LogLevel::error)) std::fprintf(stderr, "%s\n", error.describe().c_str());
  }

  // Without all of its threads nothing can be stopped in good order: then it ends as by a crash.
  void start_loops() {
    try {
      for (const auto& loop : loops_)
        loop->start();
    } catch (const std::system_error& error) {
      tell_why(Error(ErrorCode::io, "can't start the " + std::to_string(loops_.size()) +
                                        " threads of runtime.worker_threads: " + error.what()));
      std::_Exit(1);
    }
  }

  using Loops = std::vector<std::unique_ptr<Loop>>;
  static Loops make_loops(std::uint32_t count) {
    Loops loops;
    for (std::uint32_t i = 0; i < count; ++i)
      loops.push_back(std::make_unique<Loop>());
    return loops;
  }
  asio::io_context& main_loop() { return loops_.front()->context(); }

  Result<void> prepare() {
    Machine machine{clock_,         random_,     logger_,         pool_,    {},
                    config_.google, config_.aws, config_.network, &metrics_};
    for (const auto& loop : loops_)
      machine.executors.emplace_back(loop->context().get_executor());
    TRY(open_metrics());
    TRY_ASSIGN(auto files, ServiceFiles::read(config_, clock_, logger_));
    TRY_ASSIGN(storage_, Storage::open(config_.storage, machine, OpenFor::service));
    TRY(run_now(storage_->connect()));
    service_ =
        std::make_unique<ServiceStack>(config_, std::move(files), *storage_, machine, metrics_);
    server_ = std::make_unique<Server>(server_settings(), service_->parts());
    return Result<void>();
  }

  Result<void> open_metrics() {
    process_metrics_.emplace(
        metrics_,
        ProcessParts{.version = version_text(), .workers = loops_.size(), .pool = &pool_});
    const auto settings = statsd_settings(config_.metrics);
    if (!settings) return Result<void>();
    TRY_ASSIGN(statsd_, StatsdExporter::open(*settings, metrics_, clock_, logger_));
    return Result<void>();
  }

  ServerSettings server_settings() {
    ServerSettings settings;
    settings.address = config_.http_addr.host;
    settings.port = config_.http_addr.port;
    settings.max_requests = config_.http.max_requests;
    settings.head_timeout = config_.http.head_timeout;
    settings.body_stall_timeout = config_.http.body_stall_timeout;
    settings.write_stall_timeout = config_.http.write_stall_timeout;
    settings.store_is_writable = [this] { return storage_->writable(); };
    settings.metrics_text = [this] { return metrics_text(); };
    settings.openapi = openapi_yaml();
    settings.tls = service_->tls();
    return settings;
  }

  // A thousand series take longer to write than an event loop may be kept.
  Task<std::string> metrics_text() {
    auto write = [this] { return prometheus_text(metrics_); };
    co_return co_await pool_.run(std::move(write));
  }

  // On the main loop, before threads run the loops; what the task starts on others runs as well.
  Result<void> run_now(Task<Result<void>> task) {
    std::optional<Result<void>> result;
    asio::co_spawn(main_loop(), std::move(task),
                   [&result](const std::exception_ptr& error, Result<void> outcome) {
                     if (error) std::rethrow_exception(error);
                     result = std::move(outcome);
                   });
    while (!result) {
      main_loop().run_one_for(turn);
      for (const auto& loop : loops_)
        loop->context().poll();
    }
    return *std::move(result);
  }

  // The service does not depend on it: where it can't be, the log says why.
  void listen_for_maintenance() {
    const auto directory = control_directory(config_.storage);
    const auto parts = storage_->maintenance();
    if (!directory || !parts.ok()) return;
    auto runner = [this, parts = *parts](MaintenanceCommand command, CommandOutput& output) {
      logger_.info("maintenance command", {{"command", encode_command(command)}});
      return run_command(parts, std::move(command), output);
    };
    auto listening = ControlSocket::listen(main_loop().get_executor(), *directory,
                                           ControlSettings{}, runner, clock_, logger_);
    if (listening.ok()) {
      control_ = std::move(listening).value();
    } else {
      logger_.warn("maintenance commands can't reach this server",
                   {{"error", listening.error().describe()}});
    }
  }

  // Stops accepting, finishes requests, then what they have left to be done behind their backs.
  void shut_down() {
    asio::co_spawn(main_loop(), stop_all(), [this](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
      logger_.info("stopped");
    });
  }

  Task<void> stop_all() {
    logger_.info("stopping");
    if (control_) control_->request_stop();
    if (!failed_) co_await server_->stop();
    co_await service_->operations().drain();
    co_await service_->stop();
    if (control_) co_await control_->join();
    co_await storage_->stop(shutdown_limit);
    exporting_.request_stop();
    co_await exporting_.join();
    release_loops();
  }

  void release_loops() {
    // The main loop ends when this handler returns; the others have nothing left to run.
    signals_.cancel();
    for (const auto& loop : loops_)
      loop->release();
  }

  const Config& config_;
  Logger& logger_;
  RealClock clock_;
  RealRandom random_;
  ThreadPool pool_;
  Loops loops_;
  Metrics metrics_;
  std::optional<ProcessMetrics> process_metrics_;
  std::unique_ptr<StatsdExporter> statsd_;
  TaskScope exporting_;
  asio::signal_set signals_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<ServiceStack> service_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<ControlSocket> control_;
  bool failed_ = false;
};

}  // namespace

int run_server(const Config& config, Logger& logger) {
  // Whoever reads the log may go; a line that can't be written is dropped.
  std::signal(SIGPIPE, SIG_IGN);
  Process process(config, logger);
  return process.run();
}

}  // namespace objectstore
