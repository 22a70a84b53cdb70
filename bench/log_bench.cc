// objectstore-log-bench ENDPOINT TABLE DIRECTORY: what the change log costs on Bigtable.
//
// Prints JSON: the pace at which recovery settles stale entries, one at a time and as configured by
// default, and the requests a second that keep many open changes alive. The endpoint is a proxy
// that delays; the table is set up; DIRECTORY is for blobs, of which there are none.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "backends/bigtable/bigtable_change_log.h"
#include "backends/bigtable/bigtable_row_store.h"
#include "backends/bigtable/rpc_table_client.h"
#include "backends/filesystem/blob_store.h"
#include "backends/filesystem/posix_file_system.h"
#include "changelog/recovery.h"
#include "net/channel_pool.h"
#include "runtime/real_clock.h"
#include "runtime/real_random.h"
#include "runtime/thread_pool.h"
#include "tiered/tiered_store.h"

namespace objectstore {
namespace {

namespace asio = boost::asio;

constexpr std::size_t few = 300;      // entries settled one at a time
constexpr std::size_t many = 10'000;  // entries settled as by default; changes kept alive
constexpr auto beating = std::chrono::seconds(30);

class CountingTransport final : public RpcTransport {
 public:
  explicit CountingTransport(RpcTransport& inner) : inner_(inner) {}
  Task<std::unique_ptr<RpcCall>> start(RpcRequest request) override {
    ++requests;
    return inner_.start(std::move(request));
  }
  std::size_t requests = 0;

 private:
  RpcTransport& inner_;
};

class Bench {
 public:
  Bench(const std::string& endpoint, std::string table, std::string directory)
      : directory_(std::move(directory)),
        pool_(1, std::vector<asio::any_io_executor>{context_.get_executor()}, channel(endpoint),
              nullptr, clock_, random_, logger_),
        transport_(pool_),
        client_(transport_, clock_, random_, table_settings(std::move(table))),
        rows_(client_, clock_, bigtable::ExpiringRedirects::kept),
        log_(client_, random_) {}

  int run() {
    int code = 1;
    asio::co_spawn(context_, measure(),
                   [&code](const std::exception_ptr& error, Result<void> done) {
                     if (error) std::rethrow_exception(error);
                     if (!done.ok()) std::cerr << "error: " << done.error().describe() << '\n';
                     code = done.ok() ? 0 : 1;
                   });
    context_.run();
    return code;
  }

 private:
  static RpcChannelSettings channel(const std::string& endpoint) {
    RpcChannelSettings settings;
    settings.target = endpoint;
    return settings;
  }
  static bigtable::TableSettings table_settings(std::string table) {
    bigtable::TableSettings settings;
    settings.table = std::move(table);
    return settings;
  }

  Task<Result<void>> measure() {
    CO_TRY_ASSIGN(blobs_, FilesystemBlobStore::open(directory_, files_, threads_, logger_));
    nlohmann::json out;
    ChangeLogSettings one_at_a_time;
    one_at_a_time.recovery_concurrency = 1;
    CO_TRY_ASSIGN(const double serial, co_await drain(few, one_at_a_time));
    CO_TRY_ASSIGN(const double pace, co_await drain(many, ChangeLogSettings()));
    out["serial_entries_per_second"] = serial;
    out["entries_per_second"] = pace;
    CO_TRY_ASSIGN(out["heartbeat_requests_per_second"], co_await heartbeats());
    std::cout << out.dump() << '\n';
    co_await pool_.close();
    co_return Result<void>();
  }

  [[nodiscard]] LogEntry entry(std::size_t number) {
    LogEntry entry;
    entry.change.id = make_uuid_v7(clock_, random_);
    entry.change.object = "bench/objects/" + std::to_string(number);
    entry.change.new_revision = Revision(entry.change.object, make_uuid_v7(clock_, random_));
    return entry;
  }

  // Entries settled a second, from the moment that all of them are stale.
  Task<Result<double>> drain(std::size_t count, ChangeLogSettings settings) {
    settings.stale_after = std::chrono::milliseconds(1);
    std::vector<LogEntry> entries;
    for (std::size_t number = 0; number < count; ++number)
      entries.push_back(entry(number));
    const auto long_ago = unix_ms(clock_.now()) - 3'600'000;
    CO_TRY(co_await log_.record(entries, long_ago));

    OpenChanges changes(log_, clock_, random_, logger_, settings);
    TieredStore store(rows_, *blobs_, changes, clock_, random_, logger_, TieredSettings());
    Recovery recovery(log_, changes, store.settler(), clock_, random_, logger_, settings);
    (void)co_await recovery.pass();  // sees each of them for the first time
    co_await clock_.sleep_for(std::chrono::milliseconds(10));
    const auto began = clock_.monotonic_now();
    while (recovery.counters().settled < count) {
      const auto pass = co_await recovery.pass();
      if (pass == Recovery::Pass::failed) {
        co_return Error(ErrorCode::internal, "a pass of recovery failed");
      }
    }
    const std::chrono::duration<double> took = clock_.monotonic_now() - began;
    co_await store.drain();
    co_return static_cast<double>(count) / took.count();
  }

  Task<Result<double>> heartbeats() {
    const ChangeLogSettings settings;
    OpenChanges changes(log_, clock_, random_, logger_, settings);
    std::vector<ChangeGuard> guards;
    for (std::size_t number = 0; number < many; ++number)
      guards.push_back(changes.adopt(entry(number)));
    TaskScope scope;
    scope.spawn(context_.get_executor(), changes.run_heartbeats());
    transport_.requests = 0;
    co_await clock_.sleep_for(beating);
    const auto requests = transport_.requests;
    scope.request_stop();
    co_await scope.join();
    for (const auto& guard : guards) {
      if (!guard.valid()) co_return Error(ErrorCode::internal, "a heartbeat was lost");
    }
    const std::chrono::duration<double> seconds = beating;
    co_return static_cast<double>(requests) / seconds.count();
  }

  std::string directory_;
  RealClock clock_;
  RealRandom random_;
  NullLogger logger_;
  ThreadPool threads_{2, 64};
  PosixFileSystem files_;
  asio::io_context context_{1};
  ChannelPool pool_;
  CountingTransport transport_;
  bigtable::RpcTableClient client_;
  BigtableRowStore rows_;
  BigtableChangeLog log_;
  std::unique_ptr<FilesystemBlobStore> blobs_;
};

}  // namespace
}  // namespace objectstore

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: objectstore-log-bench ENDPOINT TABLE DIRECTORY\n";
    return 64;
  }
  return objectstore::Bench(argv[1], argv[2], argv[3]).run();
}
