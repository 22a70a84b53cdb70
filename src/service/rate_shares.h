// What the limits of requests and of bytes have in common: shares of a total for usecases and
// scopes, and how those are kept apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "model/object_id.h"

namespace objectstore {

inline constexpr std::size_t most_buckets = 10'000;  // of each map

// floor(total * pct / 100), as much of it as the type holds.
[[nodiscard]] constexpr std::uint64_t share_of(std::uint64_t total, std::uint8_t pct) {
  __extension__ using Wide = unsigned __int128;
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  const auto share = static_cast<Wide>(total) * pct / 100;
  return share > most ? most : static_cast<std::uint64_t>(share);
}

// The key of the complete, ordered list; no name or value holds '=' or ';'.
[[nodiscard]] inline std::string scopes_key(const Scopes& scopes) {
  std::size_t size = 0;
  for (const auto& scope : scopes.list())
    size += scope.name.size() + scope.value.size() + 2;
  std::string key;
  key.reserve(size);
  for (const auto& scope : scopes.list())
    key.append(scope.name).append(1, '=').append(scope.value).append(1, ';');
  return key;
}

struct BucketCounts {
  std::size_t usecases = 0;
  std::size_t scopes = 0;
};

}  // namespace objectstore
