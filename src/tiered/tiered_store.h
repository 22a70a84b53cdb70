// Two tiers as one object store: small payloads in rows, large ones as blobs behind a redirect.
#pragma once

#include <optional>

#include "storage/object_store.h"
#include "tiered/context.h"
#include "tiered/expiry_sweep.h"
#include "tiered/large_put.h"
#include "tiered/metered_multipart.h"
#include "tiered/multipart.h"
#include "tiered/reader.h"
#include "tiered/settler.h"
#include "tiered/small_write.h"
#include "tiered/usecase_metrics.h"

namespace objectstore {

// Thread-safe. drain() before destruction.
class TieredStore final : public ObjectStore {
 public:
  // The references outlive the store. `parts` is unset where the long-term tier takes no multipart
  // uploads. Without `metrics` nothing is counted.
  TieredStore(RowStore& rows, BlobStore& blobs, OpenChanges& changes, Clock& clock, Random& random,
              Logger& logger, TieredSettings settings,
              std::optional<MultipartParts> parts = std::nullopt, TieredMetrics metrics = {});

  Task<Result<void>> put(const ObjectId& id, Metadata metadata, Upload upload) override;
  Task<Result<GetResult>> get(const ObjectId& id, std::optional<RangeRequest> range) override;
  Task<Result<std::optional<Metadata>>> head(const ObjectId& id) override;
  Task<Result<void>> remove(const ObjectId& id) override;

  // Null where there are no multipart uploads, or no durable log to record them in.
  [[nodiscard]] MultipartObjects* multipart() {
    return uploads_ && uploads_->offered ? &uploads_->metered : nullptr;
  }
  // What recovery settles changes with.
  [[nodiscard]] ChangeSettler& settler() { return settler_; }
  // Deletes expired redirects by the change protocol.
  [[nodiscard]] ExpiryDeleter& expiry_deleter() { return expiry_deleter_; }

  // Waits until the background work of finished requests is done.
  [[nodiscard]] Task<void> drain();
  // Lets background work that waits for a store give up; its entries are left to recovery.
  void hurry() { context_.background.request_stop(); }
  [[nodiscard]] std::size_t background_tasks() const { return context_.background.running(); }

 private:
  struct Uploads {
    Uploads(TieredContext& context, ProtectedWrite& protected_write, Settlement& changes,
            MultipartParts parts)
        : offered(parts.entries->durable()),
          settlement(context, changes, parts),
          completion(context, protected_write, changes, settlement, parts),
          objects(context, completion, settlement, parts),
          metered(objects, context.metrics, context.clock) {}
    bool offered;
    UploadSettlement settlement;
    UploadCompletion completion;
    TieredMultipart objects;
    MeteredMultipart metered;
  };

  struct Stored {
    Tier tier = Tier::high_volume;
    std::uint64_t bytes = 0;
  };
  // put(). `meter` may be null.
  [[nodiscard]] Task<Result<Stored>> store(std::string key, Metadata metadata, Upload upload,
                                           UsecaseMetrics* meter);
  [[nodiscard]] MonotonicTime now() const { return context_.clock.monotonic_now(); }

  TieredContext context_;
  Settlement settlement_;
  ProtectedWrite protected_write_;
  std::optional<Uploads> uploads_;
  Settler settler_;
  SmallWrite small_write_;
  LargePut large_put_;
  Reader reader_;
  ProtectedExpiry expiry_deleter_;
};

}  // namespace objectstore
