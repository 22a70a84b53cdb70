// What all parts of this backend have at hand, and the requests that several of them make.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/gcs/object_resource.h"
#include "backends/gcs/settings.h"
#include "backends/gcs/urls.h"
#include "cloud/store_errors.h"
#include "cloud/store_requests.h"
#include "runtime/blocking_pool.h"

namespace objectstore {

struct GcsContext {
  GcsSettings settings;
  GcsUrls urls;
  StoreRequests& requests;
  Clock& clock;
  Random& random;
  BlockingPool& pool;
  Logger& logger;
};
using GcsContextPtr = std::shared_ptr<const GcsContext>;

[[nodiscard]] StoreRequest make_gcs_request(const GcsContext& context, std::string action,
                                            std::string method, std::string url);
// For a request or an answer of that many bytes.
[[nodiscard]] Duration transfer_timeout(const GcsSettings& settings, std::uint64_t bytes);

// The whole answer, whatever its status.
[[nodiscard]] Task<Result<HttpReply>> fetch_gcs(const GcsContext& context, StoreRequest request);

[[nodiscard]] Error gcs_refusal(std::string_view action, const HttpReply& reply);
// A 404 that means the object, not the bucket.
[[nodiscard]] bool is_not_found(const HttpReply& reply);

// The JSON of the object's resource; nullopt: no such object.
[[nodiscard]] Task<Result<std::optional<std::string>>> fetch_resource(const GcsContext& context,
                                                                      std::string name);

}  // namespace objectstore
