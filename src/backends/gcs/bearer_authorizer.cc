#include "backends/gcs/bearer_authorizer.h"

#include <utility>

namespace objectstore {

Task<Result<void>> BearerAuthorizer::authorize(HttpRequest& request) {
  if (const auto cached = credentials_.cached()) {
    request.headers.emplace_back("Authorization", *cached);
    co_return Result<void>();
  }
  CO_TRY_ASSIGN(auto fetched, co_await credentials_.authorization());
  request.headers.emplace_back("Authorization", std::move(fetched));
  co_return Result<void>();
}

}  // namespace objectstore
