// Bodies of requests that outlive who wanted them: they end soon after they are given up.
#pragma once

#include <atomic>
#include <memory>

#include "cloud/store_requests.h"

namespace objectstore {

using Abandoned = std::shared_ptr<std::atomic<bool>>;

// `body`, until `*abandoned`: then its streams fail with `cancelled`, before a server can take the
// request for complete. The body outlives this, and keeps what its streams need.
class AbandonableBody final : public RepeatableBody {
 public:
  AbandonableBody(const RepeatableBody& body, Abandoned abandoned)
      : body_(body), abandoned_(std::move(abandoned)) {}

  [[nodiscard]] std::uint64_t size() const override { return body_.size(); }
  [[nodiscard]] std::unique_ptr<ByteStream> open() const override;

 private:
  const RepeatableBody& body_;
  Abandoned abandoned_;
};

// The same for one stream.
[[nodiscard]] std::unique_ptr<ByteStream> abandonable(std::unique_ptr<ByteStream> stream,
                                                      Abandoned abandoned);

}  // namespace objectstore
