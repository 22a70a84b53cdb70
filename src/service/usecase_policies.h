// Which expiration policies a usecase may store objects with (contract semantics.md section 7).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/expiration.h"
#include "service/settings.h"

namespace objectstore {

class UsecasePolicies {
 public:
  explicit UsecasePolicies(std::map<std::string, UsecaseConfig> usecases);

  // invalid_argument with the contract's text, without the class prefix.
  [[nodiscard]] Result<void> check(std::string_view usecase, const ExpirationPolicy& policy) const;

 private:
  std::map<std::string, UsecaseConfig, std::less<>> usecases_;
};

}  // namespace objectstore
