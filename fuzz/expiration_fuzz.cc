// Expiration policies: their text, and deadlines that are never before the write or the access.
#include <limits>

#include "fuzz.h"
#include "model/expiration.h"

namespace objectstore {
namespace {

void check_deadlines(const ExpirationPolicy& policy, WallTime now) {
  const auto deadline = policy.deadline_from(now);
  if (!deadline.ok()) {
    FUZZ_CHECK(deadline.error().code() == ErrorCode::invalid_argument);
    FUZZ_CHECK(!policy.bumped_deadline(now, now));
    return;
  }
  FUZZ_CHECK(deadline->has_value() == (policy.kind != ExpirationKind::manual));
  if (!*deadline) return;
  FUZZ_CHECK(**deadline >= now);
  // A fresh deadline needs no bump; an old one moves forward, to where a write would put it.
  FUZZ_CHECK(!policy.bumped_deadline(**deadline, now));
  const auto bumped = policy.bumped_deadline(WallTime::min(), now);
  if (policy.kind == ExpirationKind::time_to_live) {
    FUZZ_CHECK(!bumped);
  } else {
    FUZZ_CHECK(bumped == *deadline || **deadline == WallTime::min());
  }
}

}  // namespace

FUZZ_TARGET(input) {
  const auto policy = ExpirationPolicy::parse(input);
  if (!policy.ok()) {
    FUZZ_CHECK(policy.error().message() == "invalid expiration policy value");
    return;
  }
  const auto text = policy->str();
  FUZZ_CHECK(text.size() < 64 && !fuzz::has_control(text));
  const auto again = ExpirationPolicy::parse(text);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(*again == *policy);

  constexpr std::int64_t year_2026 = 1'780'000'000'000'000'000;
  constexpr auto latest = std::numeric_limits<std::int64_t>::max();
  for (const auto now : {std::int64_t{0}, std::int64_t{-1}, year_2026, latest, latest - 1}) {
    check_deadlines(*policy, WallTime(Duration(now)));
  }
  check_deadlines(*policy, WallTime::min());
}

}  // namespace objectstore
