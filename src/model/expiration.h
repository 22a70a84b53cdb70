// Expiration policies and the duration grammar they are written in (http-api.md section 6.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace objectstore {

// A non-negative span of time as clients write it: whole seconds and nanoseconds (< 10^9). Wider
// than std::chrono::nanoseconds, for years:10000 is a legal policy text.
struct PolicyDuration {
  std::uint64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  friend auto operator<=>(const PolicyDuration&, const PolicyDuration&) = default;
};

// Of a span that is not negative.
[[nodiscard]] PolicyDuration policy_duration(Duration duration);

// The contract's grammar: "1h30m", "2 days", "0"; invalid_argument says what is wrong.
[[nodiscard]] Result<PolicyDuration> parse_duration(std::string_view text);
// "0s", or the non-zero items of d h m s (days largest), then ms us ns for parts of a second,
// joined by one blank: "400d 1m 30s". Read by every known client.
[[nodiscard]] std::string format_duration(PolicyDuration duration);

enum class ExpirationKind : std::uint8_t { manual, time_to_live, time_to_idle };

struct ExpirationPolicy {
  ExpirationKind kind = ExpirationKind::manual;
  PolicyDuration duration;  // zero for manual

  // "manual", "ttl:<duration>", "tti:<duration>"; case-sensitive. invalid_argument "invalid
  // expiration policy value", with the duration's error as its cause where that is bad.
  [[nodiscard]] static Result<ExpirationPolicy> parse(std::string_view text);
  [[nodiscard]] std::string str() const;

  // The deadline of an object written at `now`: nullopt for manual; invalid_argument where it
  // would pass what WallTime can hold (April 2262), well before the contract's year 9999.
  [[nodiscard]] Result<std::optional<WallTime>> deadline_from(WallTime now) const;
  // The deadline to which an access at `now` moves `current`, or nullopt where it stays: not TTI,
  // or it would move by no more than min(tti/4, 24 h), or past what WallTime can hold
  // (storage-formats.md section 3).
  [[nodiscard]] std::optional<WallTime> bumped_deadline(WallTime current, WallTime now) const;

  friend auto operator<=>(const ExpirationPolicy&, const ExpirationPolicy&) = default;
};

}  // namespace objectstore
