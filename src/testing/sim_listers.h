// The walks over the stores as a simulated process sees them: across the same faulty network.
#pragma once

#include <functional>
#include <string>

#include "storage/listing.h"
#include "testing/sim_stores.h"

namespace objectstore::testing {

class SimListers final : public RowLister, public BlobLister {
 public:
  SimListers(SimProcess& process, CallPolicy& policy, SimBackends& backends)
      : process_(process), policy_(policy), backends_(backends) {}

  Task<Result<RowPage>> list_rows(std::string from, std::size_t limit) override;
  Task<Result<ListedRow>> inspect(std::string_view key) override;
  Task<Result<BlobPage>> list_blobs(std::string from, std::size_t limit) override;

 private:
  // Sends a request that changes nothing: of those whose answer is lost it does not matter whether
  // and when they arrive.
  template <class T>
  [[nodiscard]] Task<Result<T>> ask(std::string what, std::function<Result<T>()> apply);

  SimProcess& process_;
  CallPolicy& policy_;
  SimBackends& backends_;
};

}  // namespace objectstore::testing
