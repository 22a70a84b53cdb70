// A blob store whose requests are timed, and whose bytes are counted.
#pragma once

#include "storage/blob_store.h"
#include "storage/tier_metrics.h"

namespace objectstore {

// Passes every request on as it is. All of them outlive it; it outlives its writers, and the
// streams of its readers.
class MeteredBlobStore final : public BlobStore {
 public:
  MeteredBlobStore(BlobStore& inner, Metrics& metrics, const Clock& clock,
                   const std::string& tier = "long-term")
      : inner_(inner), tier_(metrics, clock, tier), bytes_(metrics, tier) {}

  [[nodiscard]] Result<void> check_name(std::string_view object_path) const override {
    return inner_.check_name(object_path);
  }
  Task<Result<std::unique_ptr<BlobWriter>>> create(const Revision& name,
                                                   const Metadata& metadata) override;
  Task<Result<std::unique_ptr<BlobReader>>> open(const Revision& name) override;
  Task<Result<Discarded>> discard(const Revision& name, std::string_view upload) override;
  Task<Result<bool>> extend(const Revision& name, WallTime deadline) override;

 private:
  using Operation = TierMetrics::Operation;
  class Writer;
  class Reader;
  class Stream;

  BlobStore& inner_;
  TierMetrics tier_;
  TierBytes bytes_;
  Operation create_{tier_, "create"};
  Operation begin_{tier_, "begin"};
  Operation finish_{tier_, "finish"};
  // From create() to the end of finish(): the client's pace is in it.
  Operation upload_{tier_, "upload"};
  Operation open_{tier_, "open"};
  Operation discard_{tier_, "discard"};
  Operation extend_{tier_, "extend"};
};

}  // namespace objectstore
