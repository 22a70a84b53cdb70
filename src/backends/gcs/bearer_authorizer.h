// Requests in the name of a Google account.
#pragma once

#include "cloud/store_requests.h"
#include "net/call_credentials.h"

namespace objectstore {

// Any thread may call. The credentials outlive it.
class BearerAuthorizer final : public RequestAuthorizer {
 public:
  explicit BearerAuthorizer(CallCredentials& credentials) : credentials_(credentials) {}

  // Adds the header `Authorization`.
  [[nodiscard]] Task<Result<void>> authorize(HttpRequest& request) override;
  [[nodiscard]] bool refresh() override { return credentials_.refresh(); }

 private:
  CallCredentials& credentials_;
};

}  // namespace objectstore
