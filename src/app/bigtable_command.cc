#include "app/bigtable_command.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <ostream>
#include <vector>

#include "app/bigtable_connection.h"
#include "backends/bigtable/bigtable_change_log.h"
#include "backends/bigtable/rpc_table_client.h"
#include "backends/bigtable/strip.h"
#include "runtime/real_clock.h"
#include "runtime/real_random.h"
#include "runtime/spdlog_logger.h"
#include "runtime/thread_pool.h"

namespace objectstore {

namespace {

namespace asio = boost::asio;

struct UsedTable {
  BigtableStorage config;
  bigtable::TableUse use;
};

bool same_table(const BigtableStorage& a, const BigtableStorage& b) {
  return a.project_id == b.project_id && a.instance_name == b.instance_name &&
         a.table_name == b.table_name && a.endpoint == b.endpoint;
}

std::vector<UsedTable> tables_of(const StorageConfig& storage) {
  std::vector<UsedTable> tables;
  if (const auto* alone = std::get_if<BigtableStorage>(&storage)) {
    tables.push_back({*alone, {.rows = true, .change_log = false}});
  }
  const auto* tiered = std::get_if<TieredStorage>(&storage);
  if (tiered == nullptr) return tables;
  if (const auto* rows = std::get_if<BigtableStorage>(&tiered->high_volume)) {
    tables.push_back({*rows, {.rows = true, .change_log = false}});
  }
  if (const auto* log = std::get_if<BigtableStorage>(&tiered->changelog.log)) {
    if (!tables.empty() && same_table(tables.front().config, *log)) {
      tables.front().use.change_log = true;
    } else {
      tables.push_back({*log, {.rows = false, .change_log = true}});
    }
  }
  return tables;
}

class Command {
 public:
  Command(const Config& config, std::ostream& out)
      : config_(config), out_(out), logger_(config.logging.level, config.logging.format) {}

  Result<void> run(BigtableCommand command) {
    const auto tables = tables_of(config_.storage);
    if (tables.empty()) {
      return Error(ErrorCode::invalid_argument,
                   "the configuration names no Bigtable table: storage.high_volume.type or "
                   "storage.changelog.type must be bigtable");
    }
    Result<void> result;
    asio::co_spawn(context_, carry_out(command, tables),
                   [&result](const std::exception_ptr& error, Result<void> done) {
                     if (error) std::rethrow_exception(error);
                     result = std::move(done);
                   });
    context_.run();
    return result;
  }

 private:
  [[nodiscard]] Machine machine() {
    return {clock_,         random_,     logger_,        pool_, {context_.get_executor()},
            config_.google, config_.aws, config_.network};
  }

  Task<Result<void>> carry_out(BigtableCommand command, const std::vector<UsedTable>& tables) {
    // The log first: rows are stripped only when no change is open.
    for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
      CO_TRY_ASSIGN(auto connection, BigtableConnection::make(table->config, machine()));
      auto done = co_await connection->authorize();
      if (done.ok() && command == BigtableCommand::setup) {
        done = co_await set_up(*connection, *table);
      } else if (done.ok()) {
        done = co_await strip(*connection, *table);
      }
      co_await connection->close();
      if (!done.ok()) co_return std::move(done).error();
    }
    co_return Result<void>();
  }

  Task<Result<void>> set_up(BigtableConnection& connection, const UsedTable& table) {
    bigtable::TableSetup setup(connection.admin(), clock_, logger_, connection.admin_settings());
    CO_TRY_ASSIGN(const auto steps, co_await setup.create_missing(table.use));
    for (const auto& step : steps)
      out_ << step << '\n';
    CO_TRY_ASSIGN(const auto problems, co_await setup.check(table.use));
    std::string fatal;
    for (const auto& problem : problems) {
      out_ << (problem.fatal ? "error: " : "warning: ") << problem.text << '\n';
      if (problem.fatal) fatal = problem.text;
    }
    if (!fatal.empty()) co_return Error(ErrorCode::invalid_argument, std::move(fatal));
    if (steps.empty()) out_ << table.config.table_name << " has all it needs\n";
    co_return Result<void>();
  }

  Task<Result<void>> strip(BigtableConnection& connection, const UsedTable& table) {
    bigtable::RpcTableClient client(connection.data(), clock_, random_,
                                    connection.table_settings());
    if (table.use.change_log) {
      BigtableChangeLog log(client, random_);
      const auto first = ScanRequest::all(1);
      CO_TRY_ASSIGN(const auto open, co_await log.scan(first));
      if (!open.empty()) {
        co_return Error(ErrorCode::conflict,
                        "the change log holds entries: let a server settle them, and stop it when "
                        "`objectstore changelog list` shows none");
      }
    }
    if (!table.use.rows) co_return Result<void>();
    bigtable::TableStrip strip(client, clock_, bigtable::StripSettings());
    bigtable::TableStrip::Progress progress = [this](const bigtable::StripReport& report) {
      out_ << report.cleaned << " rows\r" << std::flush;
    };
    CO_TRY_ASSIGN(const auto report, co_await strip.run(std::string(), std::move(progress)));
    out_ << "stripped " << report.cleaned << " rows, " << report.moved
         << " of them redirects that Bigtable now collects; left alone " << report.busy
         << " that may be being written and " << report.unreadable << " that can't be read\n";
    for (const auto& key : report.left_alone)
      out_ << "left alone: " << key << '\n';
    if (report.busy > 0) {
      co_return Error(ErrorCode::conflict,
                      "some rows may be being written: stop all servers, and run this again");
    }
    co_return Result<void>();
  }

  const Config& config_;
  std::ostream& out_;
  RealClock clock_;
  RealRandom random_;
  SpdlogLogger logger_;
  ThreadPool pool_{1, 16};
  asio::io_context context_{1};
};

}  // namespace

int run_bigtable_command(const Config& config, BigtableCommand command, std::ostream& out,
                         std::ostream& err) {
  const auto done = Command(config, out).run(command);
  if (done.ok()) return 0;
  err << "error: " << done.error().describe() << '\n';
  return 1;
}

}  // namespace objectstore
