#include "runtime/file_watch.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "runtime/task_scope.h"

namespace objectstore {

namespace {

// What differs once a file's content does, or who may read it. nullopt: it isn't there.
using Nanoseconds = std::pair<std::time_t, long>;
using Look = std::optional<std::tuple<dev_t, ino_t, off_t, Nanoseconds, Nanoseconds>>;
using Looks = std::vector<Look>;

Look look_at(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return Look(std::in_place, found.st_dev, found.st_ino, found.st_size,
              Nanoseconds(found.st_mtim.tv_sec, found.st_mtim.tv_nsec),
              Nanoseconds(found.st_ctim.tv_sec, found.st_ctim.tv_nsec));
}

Looks look_at_all(const std::vector<std::string>& paths) {
  Looks looks;
  looks.reserve(paths.size());
  for (const auto& path : paths)
    looks.push_back(look_at(path));
  return looks;
}

// Looks again; the files are read if they have changed, after the look: what changes while they are
// read is seen at the next one. Blocks.
struct Round {
  Looks looks;
  std::optional<Result<void>> reloaded;
};
Round look_again(const WatchedFiles& files, const Looks& before) {
  Round round{look_at_all(files.paths), std::nullopt};
  if (round.looks != before) round.reloaded = files.reload();
  return round;
}

Task<void> watch(WatchedFiles files, Looks looks, BlockingPool& pool, Clock& clock,
                 Logger& logger) {
  while (true) {
    co_await clock.sleep_for(files.interval);
    const bool stopped = co_await stop_requested();
    if (stopped) co_return;
    auto work = [&files, &looks] { return look_again(files, looks); };
    auto round = co_await pool.run(std::move(work));
    looks = std::move(round.looks);
    if (!round.reloaded) continue;
    if (round.reloaded->ok()) {
      logger.info("changed files taken over", {{"what", files.what}});
    } else {
      logger.error("changed files are bad; what was read before stays in use",
                   {{"what", files.what}, {"error", round.reloaded->error().describe()}});
    }
  }
}

}  // namespace

Task<void> watch_files(WatchedFiles files, BlockingPool& pool, Clock& clock, Logger& logger) {
  auto looks = look_at_all(files.paths);
  return watch(std::move(files), std::move(looks), pool, clock, logger);
}

}  // namespace objectstore
