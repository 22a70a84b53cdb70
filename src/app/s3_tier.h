// Blobs, or objects of a single tier, in a bucket of S3 or of a store that speaks its protocol.
#pragma once

#include <optional>

#include "app/blob_tier.h"
#include "app/storage.h"
#include "backends/s3/store.h"
#include "cloud/store_request_metrics.h"
#include "net/aws_credentials.h"
#include "net/loop_http_client.h"

namespace objectstore {

class S3Tier final : public BlobTier {
 public:
  // `single`: the bucket holds the objects themselves, under their own names. Blocks; asks no
  // server. Errors: invalid_argument.
  [[nodiscard]] static Result<std::unique_ptr<BlobTier>> make(const S3Storage& config, bool single,
                                                              const Machine& machine);
  // The existing service's form, where nobody is asked who he is.
  [[nodiscard]] static Result<std::unique_ptr<BlobTier>> make(const S3CompatibleStorage& config,
                                                              bool single, const Machine& machine);

  Task<Result<void>> connect() override;
  [[nodiscard]] const char* type() const override { return "s3"; }
  BlobStore& blobs() override { return *store_; }
  BlobLister& lister() override { return *store_; }
  MultipartBlobs* multipart() override { return credentials_ ? store_.get() : nullptr; }
  Task<void> give_up() override;
  Task<void> close() override;

 private:
  S3Tier(const std::string& url, const std::optional<std::string>& ca_file, const Machine& machine);
  [[nodiscard]] Result<void> find_credentials(const S3Storage& config, const std::string& region);
  [[nodiscard]] Result<void> build(S3Settings settings);

  Machine machine_;
  CurlHttpClient credentials_http_;
  LoopHttpClient http_;
  std::unique_ptr<AwsCredentialsSource> credentials_;  // null: nobody asks
  std::unique_ptr<RequestAuthorizer> authorizer_;
  std::unique_ptr<S3Store> store_;
  std::optional<StoreRequestMetrics> request_metrics_;
};

}  // namespace objectstore
