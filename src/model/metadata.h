// What is known of an object besides its bytes, and its JSON form (storage-formats.md section 2).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "model/expiration.h"

namespace objectstore {

enum class Compression : std::uint8_t { zstd };

struct Metadata {
  ExpirationPolicy expiration;
  std::optional<WallTime> time_created;
  std::optional<WallTime> time_expires;  // the deadline; unset for manual
  std::string content_type = "application/octet-stream";
  std::optional<Compression> compression;
  std::optional<std::string> origin;
  std::optional<std::string> filename;
  std::optional<std::uint64_t> size;  // of the payload as stored, in bytes
  std::map<std::string, std::string> custom;

  friend bool operator==(const Metadata&, const Metadata&) = default;
};

// Compact JSON, members in the format's order, unset ones left out.
[[nodiscard]] std::string to_json(const Metadata& metadata);
// Ignores unknown members, defaults missing ones; `corrupt` on anything that is not such JSON.
// Times beyond what WallTime can hold, which other writers accept, are read as its maximum.
[[nodiscard]] Result<Metadata> metadata_from_json(std::string_view json);

// The `t` cell of a redirect: `{}` or `{"expiration_policy":…}`.
[[nodiscard]] std::string redirect_policy_json(const ExpirationPolicy& policy);
[[nodiscard]] Result<ExpirationPolicy> redirect_policy_from_json(std::string_view json);

// Whether the object can't be seen any more at `now`: TTL or TTI, and a deadline before `now`.
[[nodiscard]] inline bool is_expired(const ExpirationPolicy& policy,
                                     const std::optional<WallTime>& deadline, WallTime now) {
  return policy.kind != ExpirationKind::manual && deadline && *deadline < now;
}

}  // namespace objectstore
