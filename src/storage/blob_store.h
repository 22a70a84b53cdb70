// The long-term tier: large payloads, each written once under a name that is never used again.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "model/byte_range.h"
#include "model/metadata.h"
#include "model/object_id.h"
#include "runtime/task.h"
#include "storage/body.h"

namespace objectstore {

// One upload. The blob exists from a successful finish() on, never earlier. Dropping the writer
// releases memory and file handles only; what it left in the store is for BlobStore::discard().
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;

  // Takes more bytes; they need not be durable yet. `bytes` may go when the task completes.
  // Errors: out_of_space, unavailable, io.
  [[nodiscard]] virtual Task<Result<void>> append(std::string_view bytes) = 0;

  // Makes the blob exist, durable and whole; refuses where a blob of that name exists. After an
  // error it may or may not exist, now or later: settle it.
  [[nodiscard]] virtual Task<Result<void>> finish() = 0;
};

// A blob open for reading: stays readable until dropped, also while it is being deleted, where the
// store can do so.
class BlobReader {
 public:
  virtual ~BlobReader() = default;

  [[nodiscard]] virtual const Metadata& metadata() const = 0;  // as written
  [[nodiscard]] virtual std::uint64_t size() const = 0;        // payload bytes
  // The bytes of `range` (within the size), checksums verified before any of them is handed out.
  // Call once; the stream keeps what it needs alive.
  [[nodiscard]] virtual std::unique_ptr<ByteStream> stream(ByteRange range) = 0;
};

// What is left of a blob after discard().
enum class Discarded : std::uint8_t {
  for_good,          // gone, and no upload of it can finish any more
  may_appear_later,  // gone now, but an upload under way may still finish
};

// Any thread may call.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // Begins an upload under `name`. What it needs to be undone by discard() is in the store when
  // this returns, so it precedes the change log's entry.
  [[nodiscard]] virtual Task<Result<std::unique_ptr<BlobWriter>>> create(
      const Revision& name, const Metadata& metadata) = 0;

  // nullptr: no such blob. Errors: corrupt (named in the message), unavailable, io.
  [[nodiscard]] virtual Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name) = 0;

  // Ends any upload under `name` and deletes the blob, durably; both may be absent. Idempotent.
  [[nodiscard]] virtual Task<Result<Discarded>> discard(const Revision& name) = 0;

  // Sees to it that the blob lives at least until `deadline`; false: no such blob.
  [[nodiscard]] virtual Task<Result<bool>> extend(const Revision& name, WallTime deadline) = 0;
};

}  // namespace objectstore
