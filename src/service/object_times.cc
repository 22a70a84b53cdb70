#include "service/object_times.h"

#include <utility>

namespace objectstore {

Result<void> set_times(Metadata& metadata, WallTime now) {
  auto deadline = metadata.expiration.deadline_from(now);
  if (!deadline.ok()) {
    const std::string problem = "invalid expiration policy value";
    const std::string context = "metadata error: " + problem;
    return std::move(deadline).error().wrap(problem).wrap(context).wrap(context);
  }
  metadata.time_created = now;
  metadata.time_expires = *deadline;
  return Result<void>();
}

}  // namespace objectstore
