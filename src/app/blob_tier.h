// A store of blobs that this process uses: one for each place that they can lie in.
#pragma once

#include <memory>

#include "base/result.h"
#include "runtime/task.h"
#include "storage/blob_store.h"
#include "storage/listing.h"
#include "storage/multipart.h"

namespace objectstore {

class BlobTier {
 public:
  virtual ~BlobTier() = default;

  // Awaited once, before anything else is used. An error says what to do.
  [[nodiscard]] virtual Task<Result<void>> connect() = 0;

  // What metrics call it: "local-fs", "gcs", "s3".
  [[nodiscard]] virtual const char* type() const = 0;
  [[nodiscard]] virtual BlobStore& blobs() = 0;
  [[nodiscard]] virtual BlobLister& lister() = 0;
  // Null: uploads in parts can't be made here.
  [[nodiscard]] virtual MultipartBlobs* multipart() = 0;

  // Ends what waits for the store and what comes: the process can't wait for it any longer. May be
  // called while close() waits.
  [[nodiscard]] virtual Task<void> give_up() = 0;
  // After everything that uses the store has ended.
  [[nodiscard]] virtual Task<void> close() = 0;
};

}  // namespace objectstore
