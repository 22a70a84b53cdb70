// Operations on single objects as clients ask for them: identity and limits are checked here, the
// times of an object are set here, the rest is the store's.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/random.h"
#include "runtime/sync.h"
#include "storage/object_store.h"

namespace objectstore {

struct ObjectServiceSettings {
  // In bytes; a larger payload is refused with payload_too_large. Unset: what the store takes.
  std::optional<std::uint64_t> max_object_size;
};

// Any thread may call. What is passed by reference outlives the call.
//
// Errors, besides the store's own: invalid_argument for an identity that may not be stored, and for
// a deadline past the year 9999; its message begins with "metadata error: " in the latter case.
class ObjectService {
 public:
  ObjectService(ObjectStore& store, Clock& clock, Random& random, Logger& logger,
                ObjectServiceSettings settings);

  // Stores the object, replacing what was there. `metadata` as the client gave it.
  [[nodiscard]] Task<Result<void>> put(const ObjectId& id, Metadata metadata, Upload upload);
  // Stores the object under a new random key (UUID v4), which replaces `id.key`.
  [[nodiscard]] Task<Result<void>> insert(ObjectId& id, Metadata metadata, Upload upload);
  [[nodiscard]] Task<Result<GetResult>> get(const ObjectId& id, std::optional<RangeRequest> range);
  [[nodiscard]] Task<Result<std::optional<Metadata>>> head(const ObjectId& id);
  [[nodiscard]] Task<Result<void>> remove(const ObjectId& id);

  [[nodiscard]] std::size_t running() const { return running_.load(); }
  // Waits until no operation runs; whoever calls it has seen to it that no new ones begin. A
  // stream that a get has returned is not counted.
  [[nodiscard]] Task<void> drain();

 private:
  class Running;
  void ended();

  ObjectStore& store_;
  Clock& clock_;
  Random& random_;
  Logger& logger_;
  ObjectServiceSettings settings_;
  std::atomic<std::size_t> running_ = 0;
  std::atomic<bool> draining_ = false;
  std::mutex mutex_;
  std::vector<Completer<Done>> drainers_;
};

}  // namespace objectstore
