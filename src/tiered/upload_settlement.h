// Brings multipart uploads to rest (docs/adr/0001-change-protocol.md, "Multipart uploads").
#pragma once

#include "changelog/upload_entries.h"
#include "storage/multipart.h"
#include "tiered/settle.h"

namespace objectstore {

// The long-term tier's uploads, and where they are recorded.
struct MultipartParts {
  MultipartBlobs* blobs = nullptr;
  UploadEntries* entries = nullptr;
};

// Safe to run twice, on two machines, in any order: every step but the last two is idempotent or
// guarded by the entry's exact state, and the last two come only under `dead`, which is final.
class UploadSettlement {
 public:
  UploadSettlement(TieredContext& context, Settlement& settlement, MultipartParts parts)
      : context_(context), settlement_(settlement), parts_(parts) {}

  // For recovery: an entry that has not moved for too long. An error leaves it in the log.
  [[nodiscard]] Task<Result<void>> settle(LogEntry entry);

  // From idle or held to dead: from then on nobody can complete the upload. The entry as it is
  // then; nullopt: it has changed meanwhile. After an error either may be so.
  [[nodiscard]] Task<Result<std::optional<LogEntry>>> declare_dead(LogEntry entry);

  // The same, and the cleaning up under it; false: the entry has changed meanwhile. What can't be
  // cleaned up now is left to recovery.
  [[nodiscard]] Task<Result<bool>> give_up(LogEntry entry);

  // From held to idle, after an attempt that never committed and never will: the client may try
  // again. Whether it is idle now; what fails is left to recovery, which finds the holder gone.
  Task<bool> give_back(LogEntry held);

  // Under dead only. Removes the entry, or keeps it for a second look when an upload that nobody
  // knows of could still be opened under the name.
  [[nodiscard]] Task<Result<void>> clean(LogEntry dead);
  [[nodiscard]] Task<void> clean_in_background(LogEntry dead);

 private:
  [[nodiscard]] Task<Result<void>> settle_held(LogEntry held);
  [[nodiscard]] Task<Result<bool>> make_idle(LogEntry held);
  // Fences all that ever held the upload; the row as read after that.
  [[nodiscard]] Task<Result<Row>> fence_all(const LogEntry& entry);
  [[nodiscard]] Task<Result<void>> end_upload(const LogEntry& entry);
  [[nodiscard]] Task<Result<void>> end_entry(LogEntry dead);
  [[nodiscard]] Task<void> clean_task(LogEntry dead);

  TieredContext& context_;
  Settlement& settlement_;
  MultipartParts parts_;
};

}  // namespace objectstore
