// The storage that a configuration asks for: its parts made, wired and kept running.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "app/config.h"
#include "maintenance/scrub.h"
#include "runtime/blocking_pool.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/metrics.h"
#include "runtime/random.h"
#include "storage/multipart_objects.h"
#include "storage/object_store.h"

namespace objectstore {

// What every part is given. Outlives them.
struct Machine {
  Clock& clock;
  Random& random;
  Logger& logger;
  BlockingPool& pool;
  // The event loops, each run by one thread; the first is the caller's own.
  std::vector<boost::asio::any_io_executor> executors;
  const GoogleIdentity& google;
  const AwsIdentity& aws;
  const OutgoingNetwork& network;
  Metrics* metrics = nullptr;  // null: nothing is counted
};

enum class OpenFor : std::uint8_t {
  service,
  // Only a store that is there already, and only once its database is this process's own: nothing
  // is made, and nothing of a running server touched.
  maintenance,
};

class Storage {
 public:
  virtual ~Storage() = default;

  // Opens what `config` names; blocks. Errors say what to do; unavailable where another process
  // has the store open.
  [[nodiscard]] static Result<std::unique_ptr<Storage>> open(const StorageConfig& config,
                                                             const Machine& machine,
                                                             OpenFor purpose);

  // Awaited once, on the first executor, before anything else: reaches what lies on other machines.
  // An error says what to do; everything is closed then.
  [[nodiscard]] virtual Task<Result<void>> connect() = 0;

  // What maintenance works on. Unsupported where there are no two tiers.
  [[nodiscard]] virtual Result<ScrubParts> maintenance() = 0;

  [[nodiscard]] virtual ObjectStore& objects() = 0;
  // Null: objects can't be uploaded in parts here.
  [[nodiscard]] virtual MultipartObjects* multipart() = 0;
  // False while the row store can't write; reads go on. Any thread may call.
  [[nodiscard]] virtual bool writable() const = 0;
  // Starts the endless work: heartbeats, recovery, expiry.
  virtual void start(const boost::asio::any_io_executor& executor) = 0;
  // Starts what keeps this process's own changes alive, and nothing else.
  virtual void start_heartbeats(const boost::asio::any_io_executor& executor) = 0;
  // Ends it, after requests have ended. Cleanups still waiting for a store after `limit` are left
  // to the change log and reported.
  [[nodiscard]] virtual Task<void> stop(Duration limit) = 0;
};

// The directory of a database on this machine that only one process can open (the rows', else the
// change log's), where a running server has its control socket; nullopt where there is none.
[[nodiscard]] std::optional<std::filesystem::path> control_directory(const StorageConfig& config);

}  // namespace objectstore
