// The long-term tier: large payloads, each written once under a name that is never used again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/byte_range.h"
#include "model/metadata.h"
#include "model/object_id.h"
#include "runtime/byte_stream.h"
#include "runtime/task.h"

namespace objectstore {

// One upload, by calls on one executor. The blob exists from a successful finish() on, never
// earlier. Dropping the writer releases what this machine holds for it (memory, files, a request
// under way); what it left in the store is for BlobStore::discard().
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;

  // Takes more bytes; they need not be durable yet. `bytes` may go when the task completes. May
  // wait for proceed(). Errors: payload_too_large, out_of_space, unavailable, io.
  [[nodiscard]] virtual Task<Result<void>> append(std::string_view bytes) = 0;

  // Called once, before finish(), when the change log's entry is recorded: what the upload leaves
  // in the store may be left there from now on. Runs beside append(). Returns the address of the
  // upload where discard() needs one, to be kept with the entry; empty: it needs none. After an
  // error there may be an upload all the same.
  [[nodiscard]] virtual Task<Result<std::string>> begin() { co_return std::string(); }
  // After begin(), when its address is in the log: bytes may go to the store, so that an upload
  // which nobody knows of holds none.
  virtual void proceed() {}
  // Instead of either: the upload will not go on. Ends an append() that waits.
  virtual void give_up() {}

  // Makes the blob exist, durable and whole; refuses where a blob of that name exists. After an
  // error it may or may not exist, now or later: settle it.
  [[nodiscard]] virtual Task<Result<void>> finish() = 0;
};

// begin() and proceed() of an upload that no log knows of.
[[nodiscard]] inline Task<Result<std::string>> begin_unrecorded(BlobWriter& writer) {
  auto address = co_await writer.begin();
  if (address.ok()) writer.proceed();
  co_return address;
}

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

  // Whether blobs of this object (a storage path) can have a name here; invalid_argument says what
  // is wrong with it. Asked for small payloads, too: objects grow.
  [[nodiscard]] virtual Result<void> check_name(std::string_view object_path) const {
    (void)object_path;
    return Result<void>();
  }

  // Prepares an upload under `name`, before the change log has an entry: a crash of this process
  // must leave nothing that discard() under that name, or the start of the store, doesn't remove.
  [[nodiscard]] virtual Task<Result<std::unique_ptr<BlobWriter>>> create(
      const Revision& name, const Metadata& metadata) = 0;

  // nullptr: no such blob. Errors: corrupt (named in the message), unavailable, io.
  [[nodiscard]] virtual Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name) = 0;

  // Ends any upload under `name` and deletes the blob, durably; both may be absent. Idempotent.
  // `upload`: the address that BlobWriter::begin() gave for it, empty where none is known.
  [[nodiscard]] virtual Task<Result<Discarded>> discard(const Revision& name,
                                                        std::string_view upload) = 0;

  // Sees to it that the blob lives at least until `deadline`; false: no such blob.
  [[nodiscard]] virtual Task<Result<bool>> extend(const Revision& name, WallTime deadline) = 0;
};

}  // namespace objectstore
