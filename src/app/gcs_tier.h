// Blobs, or objects of a single tier, in a bucket of Google Cloud Storage.
#pragma once

#include <optional>

#include "app/blob_tier.h"
#include "app/google_tokens.h"
#include "app/storage.h"
#include "backends/gcs/bearer_authorizer.h"
#include "backends/gcs/gcs_store.h"
#include "cloud/store_request_metrics.h"
#include "cloud/store_requests.h"
#include "net/loop_http_client.h"

namespace objectstore {

class GcsTier final : public BlobTier {
 public:
  // `single`: the bucket holds the objects themselves, under their own names. Blocks; asks no
  // server.
  [[nodiscard]] static Result<std::unique_ptr<BlobTier>> make(const GcsStorage& config, bool single,
                                                              const Machine& machine);

  // With an endpoint of one's own, an emulator, nothing is asked.
  Task<Result<void>> connect() override;
  [[nodiscard]] const char* type() const override { return "gcs"; }
  BlobStore& blobs() override { return *store_; }
  BlobLister& lister() override { return *store_; }
  MultipartBlobs* multipart() override { return store_.get(); }
  Task<void> give_up() override;
  Task<void> close() override;

 private:
  GcsTier(const GcsStorage& config, const Machine& machine);

  const GcsStorage config_;
  Machine machine_;
  std::unique_ptr<GoogleTokens> tokens_;  // null: an emulator
  LoopHttpClient http_;
  std::unique_ptr<RequestAuthorizer> authorizer_;
  std::optional<StoreRequests> requests_;
  std::unique_ptr<GcsStore> store_;
  std::optional<StoreRequestMetrics> request_metrics_;
};

}  // namespace objectstore
