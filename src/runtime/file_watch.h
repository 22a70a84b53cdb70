// Notices that files have changed: keys, certificates, options that are exchanged while the process
// runs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/blocking_pool.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace objectstore {

struct WatchedFiles {
  std::string what;                // for logs: "auth keys"
  std::vector<std::string> paths;  // also ones that do not exist yet
  Duration interval = std::chrono::seconds(4);
  // Reads them anew; on an error what was read before stays in use. Called on the pool.
  std::function<Result<void>()> reload;
};

// Endless, until its scope is stopped. Looks at times, size and inode of each path, following
// links, on the pool; where one of them differs from what it was at the last look, `reload` is
// called, and its error logged, once for each change. The first look is taken by the call itself,
// on the calling thread: load the files after it and nothing is missed, or before and `reload` may
// run once more.
[[nodiscard]] Task<void> watch_files(WatchedFiles files, BlockingPool& pool, Clock& clock,
                                     Logger& logger);

}  // namespace objectstore
