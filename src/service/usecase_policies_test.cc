#include "service/usecase_policies.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace objectstore {
namespace {

using namespace std::chrono_literals;

std::string answer(const UsecasePolicies& policies, std::string_view usecase,
                   std::string_view policy) {
  const auto checked = policies.check(usecase, *ExpirationPolicy::parse(policy));
  if (checked.ok()) return "allowed";
  EXPECT_EQ(checked.error().code(), ErrorCode::invalid_argument);
  return checked.error().message();
}

TEST(UsecasePolicies, texts_of_the_contract) {
  UsecaseConfig bounded;
  bounded.manual_allowed = false;
  bounded.ttl.max = 90 * 24h;
  bounded.tti = {false, 1h};
  UsecaseConfig idle;
  idle.ttl.allowed = false;
  idle.tti.max = 1500ms;
  const UsecasePolicies policies({{"attachments", bounded}, {"idle", idle}, {"plain", {}}});

  const struct {
    std::string_view usecase, policy, expected;
  } cases[] = {
      {"attachments", "manual",
       "expiration policy 'manual' is not allowed for use case 'attachments'"},
      {"attachments", "tti:1h",
       "expiration policy 'tti:1h' is not allowed for use case 'attachments'"},
      {"attachments", "ttl:90days", "allowed"},
      {"attachments", "ttl:0", "allowed"},
      {"attachments", "ttl:90d 1ns",
       "expiration duration 90d 1ns exceeds maximum of 90d for use case 'attachments'"},
      {"attachments", "ttl:10000years",
       "expiration duration 3652500d exceeds maximum of 90d for use case 'attachments'"},
      {"idle", "ttl:60s", "expiration policy 'ttl:1m' is not allowed for use case 'idle'"},
      {"idle", "manual", "allowed"},
      {"idle", "tti:1500ms", "allowed"},
      {"idle", "tti:2s", "expiration duration 2s exceeds maximum of 1s 500ms for use case 'idle'"},
      {"plain", "manual", "allowed"},
      {"plain", "ttl:10000years", "allowed"},
      {"unlisted", "tti:10000years", "allowed"},
      {"", "manual", "allowed"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(answer(policies, c.usecase, c.policy), c.expected) << c.usecase << " " << c.policy;
}

RC_GTEST_PROP(UsecasePolicies, allow_what_the_reference_allows, ()) {
  const auto any_rule = [] {
    ExpirationRule rule{*rc::gen::arbitrary<bool>(), std::nullopt};
    if (*rc::gen::arbitrary<bool>()) rule.max = Duration(*rc::gen::inRange(0, 20) * 500'000'000LL);
    return rule;
  };
  UsecaseConfig usecase;
  usecase.manual_allowed = *rc::gen::arbitrary<bool>();
  usecase.ttl = any_rule();
  usecase.tti = any_rule();
  const UsecasePolicies policies({{"a", usecase}});

  const auto kind = *rc::gen::element(ExpirationKind::manual, ExpirationKind::time_to_live,
                                      ExpirationKind::time_to_idle);
  const auto halves = kind == ExpirationKind::manual ? 0U : *rc::gen::inRange(0U, 20U);
  const ExpirationPolicy policy{kind, {halves / 2, halves % 2 * 500'000'000}};

  bool allowed = usecase.manual_allowed;
  if (kind != ExpirationKind::manual) {
    const auto& rule = kind == ExpirationKind::time_to_live ? usecase.ttl : usecase.tti;
    allowed = rule.allowed && (!rule.max || halves * 500ms <= *rule.max);
  }
  RC_ASSERT(policies.check("a", policy).ok() == allowed);
  RC_ASSERT(policies.check("b", policy).ok());
}

}  // namespace
}  // namespace objectstore
