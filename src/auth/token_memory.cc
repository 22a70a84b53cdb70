#include "auth/token_memory.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/digests.h"

namespace objectstore {

TokenMemory::TokenMemory(std::size_t capacity)
    : generation_size_(std::max<std::size_t>(1, capacity / (2 * shard_count))) {}

TokenMemory::Key TokenMemory::key_of(std::string_view token) {
  const auto digest = digest_of(Digest::Kind::sha256, token);
  Key key;
  std::memcpy(key.data(), digest.data(), sizeof key);
  return key;
}

void TokenMemory::put(Shard& shard, const Key& key, Entry entry) {
  if (shard.young.size() >= generation_size_) {
    shard.old = std::exchange(shard.young, Generation());
  }
  shard.young.insert_or_assign(key, std::move(entry));
}

std::optional<VerifiedToken> TokenMemory::find(std::string_view token, std::uint64_t edition) {
  const auto key = key_of(token);
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.young.find(key); found != shard.young.end()) {
    if (found->second.edition != edition) return std::nullopt;
    return found->second.verified;
  }
  auto node = shard.old.extract(key);
  if (!node || node.mapped().edition != edition) return std::nullopt;
  auto verified = node.mapped().verified;
  put(shard, key, std::move(node.mapped()));
  return verified;
}

void TokenMemory::insert(std::string_view token, std::uint64_t edition,
                         const VerifiedToken& verified) {
  if (token.size() > longest_token) return;
  const auto key = key_of(token);
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  shard.old.erase(key);
  put(shard, key, Entry{verified, edition});
}

std::size_t TokenMemory::size() const {
  std::size_t size = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    size += shard.young.size() + shard.old.size();
  }
  return size;
}

}  // namespace objectstore
