// The walks over the stores as a simulated process sees them: across the same faulty network.
#pragma once

#include <string>

#include "storage/listing.h"
#include "testing/sim_stores.h"

namespace objectstore::testing {

class SimListers final : public RowLister, public BlobLister {
 public:
  SimListers(SimNetwork& network, SimBackends& backends) : network_(network), backends_(backends) {}

  Task<Result<RowPage>> list_rows(std::string from, std::size_t limit) override;
  Task<Result<ListedRow>> inspect(std::string_view key) override;
  Task<Result<BlobPage>> list_blobs(std::string from, std::size_t limit) override;

 private:
  SimNetwork& network_;
  SimBackends& backends_;
};

}  // namespace objectstore::testing
