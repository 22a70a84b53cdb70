// Two tiers as one object store: small payloads in rows, large ones as blobs behind a redirect.
#pragma once

#include "storage/object_store.h"
#include "tiered/context.h"
#include "tiered/expiry_sweep.h"
#include "tiered/large_put.h"
#include "tiered/reader.h"
#include "tiered/small_write.h"

namespace objectstore {

// Thread-safe. drain() before destruction.
class TieredStore final : public ObjectStore {
 public:
  // The references outlive the store.
  TieredStore(RowStore& rows, BlobStore& blobs, OpenChanges& changes, Clock& clock, Random& random,
              Logger& logger, TieredSettings settings);

  Task<Result<void>> put(const ObjectId& id, Metadata metadata, Upload upload) override;
  Task<Result<GetResult>> get(const ObjectId& id, std::optional<RangeRequest> range) override;
  Task<Result<std::optional<Metadata>>> head(const ObjectId& id) override;
  Task<Result<void>> remove(const ObjectId& id) override;

  // What recovery settles changes with.
  [[nodiscard]] ChangeSettler& settler() { return settlement_; }
  // Deletes expired redirects by the change protocol.
  [[nodiscard]] ExpiryDeleter& expiry_deleter() { return expiry_deleter_; }

  // Waits until the background work of finished requests is done.
  [[nodiscard]] Task<void> drain();
  // Lets background work that waits for a store give up; its entries are left to recovery.
  void hurry() { context_.background.request_stop(); }
  [[nodiscard]] std::size_t background_tasks() const { return context_.background.running(); }

 private:
  TieredContext context_;
  Settlement settlement_;
  ProtectedWrite protected_write_;
  SmallWrite small_write_;
  LargePut large_put_;
  Reader reader_;
  ProtectedExpiry expiry_deleter_;
};

}  // namespace objectstore
