#include "app/bucket_tier.h"

#include <unistd.h>

#include <filesystem>

namespace objectstore {

Result<std::string> spool_directory(const std::optional<std::string>& configured,
                                    const Machine& machine) {
  auto directory = configured.value_or(machine.network.temporary_directory);
  std::error_code failure;
  if (!std::filesystem::is_directory(directory, failure)) {
    return Error(ErrorCode::invalid_argument, "spool_directory: " + directory +
                                                  " is no directory; make it, or name another one");
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    return Error(ErrorCode::invalid_argument,
                 "spool_directory: " + directory + " can't be written by this user");
  }
  return directory;
}

Task<Result<void>> look_into(BlobLister& bucket, Logger& logger) {
  const std::string from_start;
  const auto listed = co_await bucket.list_blobs(from_start, 1);
  if (listed.ok()) co_return Result<void>();
  if (!listed.error().retryable()) co_return listed.error();
  logger.warn("the bucket can't be reached now", {{"error", listed.error().describe()}});
  co_return Result<void>();
}

}  // namespace objectstore
