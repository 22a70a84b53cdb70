// Tokens that verified, so that a client's next request does not cost another verification.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "auth/jwt_claims.h"

namespace objectstore {

// Bounded; keeps no token but its SHA-256. A lookup and an insertion cost the same however many
// there are. Any thread may call.
class TokenMemory {
 public:
  // About `capacity` of the tokens that were used last are kept, and never more.
  explicit TokenMemory(std::size_t capacity);

  // Longer tokens are not kept: what a token grants takes several times its length.
  static constexpr std::size_t longest_token = 2048;  // bytes

  // By the whole text. Whoever gets one looks at its time. nullopt also for one that verified with
  // another edition of the keys.
  [[nodiscard]] std::optional<VerifiedToken> find(std::string_view token, std::uint64_t edition);
  void insert(std::string_view token, std::uint64_t edition, const VerifiedToken& verified);

  [[nodiscard]] std::size_t size() const;

 private:
  using Key = std::array<std::uint64_t, 4>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return static_cast<std::size_t>(key[0]); }
  };
  struct Entry {
    VerifiedToken verified;
    std::uint64_t edition;
  };
  using Generation = std::unordered_map<Key, Entry, KeyHash>;
  // A full young generation becomes the old one, whose entries come back by being used and
  // otherwise go with the next change.
  struct Shard {
    mutable std::mutex mutex;
    Generation young;
    Generation old;
  };

  static Key key_of(std::string_view token);
  Shard& shard_of(const Key& key) { return shards_[key[1] % shard_count]; }
  void put(Shard& shard, const Key& key, Entry entry);

  static constexpr std::size_t shard_count = 16;
  std::size_t generation_size_;
  std::array<Shard, shard_count> shards_;
};

}  // namespace objectstore
