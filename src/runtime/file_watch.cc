#include "runtime/file_watch.h"

#include <sys/stat.h>

#include <utility>

#include "runtime/task_scope.h"

namespace objectstore {

namespace {

// What a round leaves to the next one.
struct Round {
  FileLooks looks;
  std::optional<std::string> failure;  // of the last reload; what is in use is older than `looks`
};

// Looks again; the files are read if they have changed, after the look: what changes while they are
// read is seen at the next one. Blocks.
Round look_again(const WatchedFiles& files, const Round& last, Logger& logger) {
  Round round{last.looks.again(), std::nullopt};
  const bool changed = round.looks != last.looks;
  if (!changed && !last.failure) return round;
  const auto reloaded = files.reload();
  if (reloaded.ok()) {
    logger.info("changed files taken over", {{"what", files.what}});
    return round;
  }
  round.failure = reloaded.error().describe();
  if (changed || round.failure != last.failure) {
    logger.error("changed files are bad; what was read before stays in use",
                 {{"what", files.what}, {"error", *round.failure}});
  }
  return round;
}

}  // namespace

FileLooks::FileLooks(std::vector<std::string> paths) : paths_(std::move(paths)) {
  looks_.reserve(paths_.size());
  for (const auto& path : paths_)
    looks_.push_back(look_at(path));
}

FileLooks::Look FileLooks::look_at(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return Look(std::in_place, found.st_dev, found.st_ino, found.st_size,
              Nanoseconds(found.st_mtim.tv_sec, found.st_mtim.tv_nsec),
              Nanoseconds(found.st_ctim.tv_sec, found.st_ctim.tv_nsec));
}

Task<void> watch_files(WatchedFiles files, BlockingPool& pool, Clock& clock, Logger& logger) {
  Round round{std::move(files.looks), std::nullopt};
  while (true) {
    co_await clock.sleep_for(files.interval);
    const bool stopped = co_await stop_requested();
    if (stopped) co_return;
    auto work = [&files, &round, &logger] { return look_again(files, round, logger); };
    auto next = co_await pool.run(std::move(work));
    round = std::move(next);
  }
}

}  // namespace objectstore
