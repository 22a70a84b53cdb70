// Reads, and the TTI bumps they cause.
#pragma once

#include "storage/object_store.h"
#include "tiered/context.h"
#include "tiered/usecase_metrics.h"

namespace objectstore {

class Reader {
 public:
  explicit Reader(TieredContext& context) : context_(context) {}

  [[nodiscard]] Task<Result<GetResult>> get(std::string key, std::optional<RangeRequest> range);
  struct Head {
    std::optional<Metadata> metadata;  // unset: absent or expired
    Tier tier = Tier::high_volume;     // that told
  };
  [[nodiscard]] Task<Result<Head>> head(std::string key);

 private:
  struct Found;  // an object that is there: its row, and its blob if it has one

  // nullopt: absent or expired.
  [[nodiscard]] Task<Result<std::optional<Found>>> find(const std::string& key, RowPart part);
  // The blob of a redirect, or nullptr where `row` must be read again.
  [[nodiscard]] Task<Result<std::unique_ptr<BlobReader>>> open_blob(const Revision& target);
  [[nodiscard]] Task<void> bump_if_due(const std::string& key, const Row& row);
  [[nodiscard]] Task<void> bump_task(std::string key, Row row, WallTime deadline);

  TieredContext& context_;
};

}  // namespace objectstore
