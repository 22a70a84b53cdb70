// Operations on single objects as clients ask for them: identity and limits are checked here, the
// times of an object are set here, the rest is the store's.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/clock.h"
#include "runtime/random.h"
#include "service/operations.h"
#include "storage/object_store.h"

namespace objectstore {

struct ObjectServiceSettings {
  // In bytes; a larger payload is refused with payload_too_large. Unset: what the store takes.
  std::optional<std::uint64_t> max_object_size;
};

// Any thread may call. What is passed by reference outlives the call.
//
// `permit`: the operation's slot where whoever calls has it already; else one is acquired. It is
// held until the store has answered.
//
// Errors, besides the store's own: at_capacity; invalid_argument for an identity that may not be
// stored, and for a deadline past the year 9999; its message begins with "metadata error: " in the
// latter case.
class ObjectService {
 public:
  ObjectService(ObjectStore& store, Operations& operations, Clock& clock, Random& random,
                ObjectServiceSettings settings);

  // Stores the object, replacing what was there. `metadata` as the client gave it.
  [[nodiscard]] Task<Result<void>> put(const ObjectId& id, Metadata metadata, Upload upload,
                                       ConcurrencyPermit permit = {});
  // Stores the object under a new random key (UUID v4), which replaces `id.key`.
  [[nodiscard]] Task<Result<void>> insert(ObjectId& id, Metadata metadata, Upload upload,
                                          ConcurrencyPermit permit = {});
  [[nodiscard]] Task<Result<GetResult>> get(const ObjectId& id, std::optional<RangeRequest> range,
                                            ConcurrencyPermit permit = {});
  [[nodiscard]] Task<Result<std::optional<Metadata>>> head(const ObjectId& id,
                                                           ConcurrencyPermit permit = {});
  [[nodiscard]] Task<Result<void>> remove(const ObjectId& id, ConcurrencyPermit permit = {});

 private:
  ObjectStore& store_;
  Operations& operations_;
  Clock& clock_;
  Random& random_;
  ObjectServiceSettings settings_;
};

}  // namespace objectstore
