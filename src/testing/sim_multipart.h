// Uploads in parts as a simulated process sees them: across the network of testing/sim_network.h.
#pragma once

#include "storage/multipart.h"
#include "testing/sim_stores.h"

namespace objectstore::testing {

class SimMultipart final : public MultipartBlobs {
 public:
  SimMultipart(SimNetwork& network, SimBackends& backends)
      : network_(network), backends_(backends) {}

  Task<Result<std::string>> initiate(const Revision& name, const Metadata& metadata) override;
  Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_part(
      const Revision& name, std::string_view upload_id, PartToUpload part) override;
  Task<Result<std::variant<PartPage, NoSuchUpload>>> list_parts(const Revision& name,
                                                                std::string_view upload_id,
                                                                ListParts request) override;
  Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>> complete(
      const Revision& name, std::string_view upload_id,
      const std::vector<ListedPart>& parts) override;
  Task<Result<void>> abort(const Revision& name, std::string_view upload_id) override;
  Task<Result<void>> abort_all(const Revision& name) override;

 private:
  // A request that the far end answers by `apply`, on the memory store.
  template <class T, class F>
  [[nodiscard]] Task<Result<T>> ask(std::string what, F apply);

  SimNetwork& network_;
  SimBackends& backends_;
};

// A payload that arrives in two pieces.
class TextStream final : public ByteStream {
 public:
  explicit TextStream(std::string text) : text_(std::move(text)) {}
  Task<Result<std::string_view>> next() override;

 private:
  std::string text_;
  std::size_t offset_ = 0;
};

}  // namespace objectstore::testing
