#include "service/usecase_policies.h"

#include <utility>

namespace objectstore {

namespace {

ExpirationRule rule_for(const UsecaseConfig& usecase, ExpirationKind kind) {
  switch (kind) {
    case ExpirationKind::manual:
      break;
    case ExpirationKind::time_to_live:
      return usecase.ttl;
    case ExpirationKind::time_to_idle:
      return usecase.tti;
  }
  return {usecase.manual_allowed, std::nullopt};
}

Error refusal(std::string text, std::string_view usecase) {
  text.append(" for use case '").append(usecase).append("'");
  return {ErrorCode::invalid_argument, std::move(text)};
}

}  // namespace

UsecasePolicies::UsecasePolicies(std::map<std::string, UsecaseConfig> usecases)
    : usecases_(std::make_move_iterator(usecases.begin()),
                std::make_move_iterator(usecases.end())) {}

Result<void> UsecasePolicies::check(std::string_view usecase,
                                    const ExpirationPolicy& policy) const {
  const auto found = usecases_.find(usecase);
  if (found == usecases_.end()) return {};
  const auto rule = rule_for(found->second, policy.kind);
  if (!rule.allowed) {
    return refusal("expiration policy '" + policy.str() + "' is not allowed", usecase);
  }
  if (!rule.max) return {};
  const auto most = policy_duration(*rule.max);
  if (policy.duration <= most) return {};
  return refusal("expiration duration " + format_duration(policy.duration) +
                     " exceeds maximum of " + format_duration(most),
                 usecase);
}

}  // namespace objectstore
