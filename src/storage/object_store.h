// What the service stores objects in: one tier, or two under the change protocol.
#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "model/byte_range.h"
#include "model/metadata.h"
#include "model/object_id.h"
#include "runtime/byte_stream.h"

namespace objectstore {

// A payload to be stored.
struct Upload {
  ByteStream* stream = nullptr;         // outlives the call
  std::optional<std::uint64_t> length;  // as announced by the client; unset: until the end
};

struct ObjectNotFound {};
struct RangeNotSatisfiable {
  std::uint64_t size = 0;
};
// An object being read. A small payload lies in memory, a large one is a stream.
struct ObjectContent {
  Metadata metadata;       // the deadline is the one before a bump that this read causes
  std::uint64_t size = 0;  // of the whole object
  ByteRange range;         // the part that `body` holds
  std::variant<SharedBytes, std::unique_ptr<ByteStream>> body;
};
using GetResult = std::variant<ObjectNotFound, RangeNotSatisfiable, ObjectContent>;

// Any thread may call; calls on one key may overlap, the store orders them. An operation whose
// payload has been read runs to its end whether or not anybody waits for the answer.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Stores the object durably, replacing payload and all metadata. `metadata.time_created` and
  // `time_expires` are set by the caller. On an error the object is as it was or, where the outcome
  // could not be learned (unavailable), as it was or as written; a half-written one is never seen.
  // Errors: client_stream, payload_too_large, out_of_space, unavailable, conflict, …
  [[nodiscard]] virtual Task<Result<void>> put(const ObjectId& id, Metadata metadata,
                                               Upload upload) = 0;
  // Counts as an access for TTI.
  [[nodiscard]] virtual Task<Result<GetResult>> get(const ObjectId& id,
                                                    std::optional<RangeRequest> range) = 0;
  // nullopt: no such object. `size` is set. Counts as an access for TTI.
  [[nodiscard]] virtual Task<Result<std::optional<Metadata>>> head(const ObjectId& id) = 0;
  // Success also when the object did not exist.
  [[nodiscard]] virtual Task<Result<void>> remove(const ObjectId& id) = 0;
};

}  // namespace objectstore
