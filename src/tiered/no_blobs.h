// The long-term tier of a store that has none: rows are all there is.
#pragma once

#include "storage/blob_store.h"

namespace objectstore {

// Refuses every upload; a row that redirects, left by a tiered configuration, can't be read and is
// never cleaned up on its strength.
class NoBlobs final : public BlobStore {
 public:
  explicit NoBlobs(std::size_t inline_limit) : inline_limit_(inline_limit) {}

  Task<Result<std::unique_ptr<BlobWriter>>> create(const Revision&, const Metadata&) override {
    co_return Error(ErrorCode::payload_too_large,
                    "objects over " + std::to_string(inline_limit_) +
                        " bytes need tiered storage; this store has one tier of rows");
  }
  Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name) override {
    co_return missing_tier(name);
  }
  Task<Result<Discarded>> discard(const Revision& name, std::string_view) override {
    co_return missing_tier(name);
  }
  Task<Result<bool>> extend(const Revision& name, WallTime) override {
    co_return missing_tier(name);
  }

 private:
  static Error missing_tier(const Revision& name) {
    return Error(ErrorCode::unsupported, "the payload " + name.path() +
                                             " lies in a long-term tier, which is not configured");
  }
  std::size_t inline_limit_;
};

}  // namespace objectstore
