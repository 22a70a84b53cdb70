#include "auth/key_directory.h"

#include <algorithm>
#include <utility>

#include "runtime/small_file.h"

namespace objectstore {

namespace {

Result<Ed25519PublicKey> load_key(const std::string& path) {
  auto text = read_small_file(path);
  if (!text.ok()) return std::move(text).error().wrap("reading key from " + path);
  if (!*text) return Error(ErrorCode::io, "no such file").wrap("reading key from " + path);
  auto key = Ed25519PublicKey::from_pem(**text);
  if (!key.ok()) return std::move(key).error().wrap("parsing decoding key from " + path);
  return key;
}

Result<KeyRing> load_ring(const AuthKey& config) {
  KeyRing ring;
  for (const auto permission : config.max_permissions)
    ring.max_permissions.add(permission);
  ring.versions.reserve(config.key_files.size());
  for (const auto& path : config.key_files) {
    TRY_ASSIGN(auto key, load_key(path));
    ring.versions.push_back(std::move(key));
  }
  return ring;
}

}  // namespace

bool KeyRing::verifies(std::string_view message, std::string_view signature) const {
  return std::any_of(versions.begin(), versions.end(),
                     [&](const Ed25519PublicKey& key) { return key.verify(message, signature); });
}

Result<KeyRings> load_key_rings(const AuthConfig& config) {
  KeyRings rings;
  for (const auto& [kid, key] : config.keys) {
    auto ring = load_ring(key);
    if (!ring.ok()) return std::move(ring).error().wrap("auth.keys." + kid);
    rings.emplace(kid, *std::move(ring));
  }
  return rings;
}

KeyDirectory::KeyDirectory(KeyRings rings)
    : edition_(std::make_shared<const Edition>(Edition{1, std::move(rings)})) {}

std::shared_ptr<const KeyDirectory::Edition> KeyDirectory::current() const {
  const std::lock_guard lock(mutex_);
  return edition_;
}

void KeyDirectory::replace(KeyRings rings) {
  auto next = std::make_shared<Edition>(Edition{0, std::move(rings)});
  std::shared_ptr<const Edition> old;  // freed after the lock
  const std::lock_guard lock(mutex_);
  next->number = edition_->number + 1;
  old = std::exchange(edition_, std::move(next));
}

}  // namespace objectstore
