// The storage that a configuration asks for: its parts made, wired and kept running.
#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "app/config.h"
#include "runtime/blocking_pool.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/random.h"
#include "storage/object_store.h"

namespace objectstore {

// What every part is given. Outlives them.
struct Machine {
  Clock& clock;
  Random& random;
  Logger& logger;
  BlockingPool& pool;
};

class Storage {
 public:
  virtual ~Storage() = default;

  // Opens what `config` names; blocks. Errors say what to do.
  [[nodiscard]] static Result<std::unique_ptr<Storage>> open(const StorageConfig& config,
                                                             Machine machine);

  [[nodiscard]] virtual ObjectStore& objects() = 0;
  // False while the row store can't write; reads go on. Any thread may call.
  [[nodiscard]] virtual bool writable() const = 0;
  // Starts the endless work: heartbeats, recovery, expiry.
  virtual void start(const boost::asio::any_io_executor& executor) = 0;
  // Ends it, after requests have ended. Cleanups still waiting for a store after `limit` are left
  // to the change log and reported.
  [[nodiscard]] virtual Task<void> stop(Duration limit) = 0;
};

}  // namespace objectstore
