// Objects on a single tier: a blob store alone, each blob named like its object. No rows, no change
// log: a put replaces the blob in one step of the store.
//
// The store has to be set up for that: a finish() replaces the blob that is there, a discard()
// leaves uploads of the name alone. What an upload that broke off, or died with the process, has
// left in the store is for the store's own rules to collect.
#pragma once

#include "runtime/clock.h"
#include "storage/blob_store.h"
#include "storage/object_store.h"

namespace objectstore {

// The name of the object's blob; invalid_argument where the store can't have it.
[[nodiscard]] Result<Revision> single_tier_name(const BlobStore& blobs, const ObjectId& id);

class BlobObjectStore final : public ObjectStore {
 public:
  // Both outlive it.
  BlobObjectStore(BlobStore& blobs, Clock& clock) : blobs_(blobs), clock_(clock) {}

  [[nodiscard]] Task<Result<void>> put(const ObjectId& id, Metadata metadata,
                                       Upload upload) override;
  // A TTI bump that is due is made before the answer; where it fails, so does the read.
  [[nodiscard]] Task<Result<GetResult>> get(const ObjectId& id,
                                            std::optional<RangeRequest> range) override;
  [[nodiscard]] Task<Result<std::optional<Metadata>>> head(const ObjectId& id) override;
  [[nodiscard]] Task<Result<void>> remove(const ObjectId& id) override;

 private:
  // nullptr: absent or expired. Not bumped yet.
  [[nodiscard]] Task<Result<std::unique_ptr<BlobReader>>> find(const Revision& name);
  // false: the blob has gone meanwhile.
  [[nodiscard]] Task<Result<bool>> bump_if_due(const Revision& name, const Metadata& metadata);

  BlobStore& blobs_;
  Clock& clock_;
};

}  // namespace objectstore
