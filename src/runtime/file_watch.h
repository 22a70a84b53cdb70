// Notices that files have changed: keys, certificates, options that are exchanged while the process
// runs.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/result.h"
#include "runtime/blocking_pool.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace objectstore {

// How files are found at one moment: times, size and inode of each path, following links.
class FileLooks {
 public:
  FileLooks() = default;  // of no files
  // Looks; blocks. A path may lead nowhere yet.
  explicit FileLooks(std::vector<std::string> paths);

  // The same files, as they are now. Blocks.
  [[nodiscard]] FileLooks again() const { return FileLooks(paths_); }
  bool operator==(const FileLooks&) const = default;

 private:
  // What differs once a file's content does, or who may read it. nullopt: it isn't there.
  using Nanoseconds = std::pair<std::time_t, long>;
  using Look = std::optional<std::tuple<dev_t, ino_t, off_t, Nanoseconds, Nanoseconds>>;
  static Look look_at(const std::string& path);

  std::vector<std::string> paths_;
  std::vector<Look> looks_;
};

struct WatchedFiles {
  std::string what;  // for logs: "auth keys"
  // Taken before the files were read for the first time: what changed since then is a change.
  FileLooks looks;
  Duration interval = std::chrono::seconds(4);
  // Reads them anew; on an error what was read before stays in use. Called on the pool.
  std::function<Result<void>()> reload;
};

// Endless, until its scope is stopped. Looks at the files after each interval, on the pool; where
// one differs from the last look, `reload` is called. After an error it is called at each look
// until it succeeds, for its cause may pass without a change of the files; the error is logged once
// for each change of the files or of itself.
[[nodiscard]] Task<void> watch_files(WatchedFiles files, BlockingPool& pool, Clock& clock,
                                     Logger& logger);

}  // namespace objectstore
