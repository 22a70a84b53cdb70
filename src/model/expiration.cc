#include "model/expiration.h"

#include <algorithm>

namespace objectstore {

namespace {

constexpr std::string_view manual_text = "manual";
constexpr std::string_view time_to_live_prefix = "ttl:";
constexpr std::string_view time_to_idle_prefix = "tti:";
constexpr Duration max_bump_margin = std::chrono::hours(24);

// `now` + `duration`, or nullopt beyond what WallTime holds.
std::optional<WallTime> add(WallTime now, PolicyDuration duration) {
  constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;
  std::int64_t nanoseconds = 0;
  std::int64_t deadline = 0;
  if (__builtin_mul_overflow(duration.seconds, nanoseconds_per_second, &nanoseconds) ||
      __builtin_add_overflow(nanoseconds, duration.nanoseconds, &nanoseconds) ||
      __builtin_add_overflow(now.time_since_epoch().count(), nanoseconds, &deadline)) {
    return std::nullopt;
  }
  return WallTime(Duration(deadline));
}

}  // namespace

Result<ExpirationPolicy> ExpirationPolicy::parse(std::string_view text) {
  if (text == manual_text) return ExpirationPolicy{};
  ExpirationPolicy policy;
  if (text.starts_with(time_to_live_prefix)) {
    policy.kind = ExpirationKind::time_to_live;
  } else if (text.starts_with(time_to_idle_prefix)) {
    policy.kind = ExpirationKind::time_to_idle;
  } else {
    return Error(ErrorCode::invalid_argument, "invalid expiration policy value");
  }
  auto rest = text.substr(time_to_live_prefix.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  auto duration = parse_duration(rest);
  if (!duration.ok()) {
    return std::move(duration).error().wrap("invalid expiration policy value");
  }
  policy.duration = *duration;
  return policy;
}

std::string ExpirationPolicy::str() const {
  switch (kind) {
    case ExpirationKind::manual:
      break;
    case ExpirationKind::time_to_live:
      return std::string(time_to_live_prefix) + format_duration(duration);
    case ExpirationKind::time_to_idle:
      return std::string(time_to_idle_prefix) + format_duration(duration);
  }
  return std::string(manual_text);
}

Result<std::optional<WallTime>> ExpirationPolicy::deadline_from(WallTime now) const {
  if (kind == ExpirationKind::manual) return std::optional<WallTime>();
  const auto deadline = add(now, duration);
  if (!deadline) {
    return Error(ErrorCode::invalid_argument,
                 "expiration duration " + format_duration(duration) + " is too long");
  }
  return deadline;
}

std::optional<WallTime> ExpirationPolicy::bumped_deadline(WallTime current, WallTime now) const {
  if (kind != ExpirationKind::time_to_idle) return std::nullopt;
  const auto bumped = add(now, duration);
  if (!bumped) return std::nullopt;
  const auto margin = std::min((*bumped - now) / 4, max_bump_margin);
  if (current >= *bumped - margin) return std::nullopt;
  return bumped;
}

}  // namespace objectstore
