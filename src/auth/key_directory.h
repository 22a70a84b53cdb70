// The public keys that tokens and URLs are signed with, by key id (contract auth.md section 5).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "auth/permission.h"
#include "auth/public_key.h"
#include "auth/settings.h"
#include "base/result.h"

namespace objectstore {

// One key id: the versions of its key, all tried in order.
struct KeyRing {
  std::vector<Ed25519PublicKey> versions;
  Permissions max_permissions;

  // Whether one of the versions made the signature.
  [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const;
};
using KeyRings = std::map<std::string, KeyRing, std::less<>>;

// Reads and parses the files; blocks. Errors: "reading key from PATH", "parsing decoding key from
// PATH" with the cause, naming the key id.
[[nodiscard]] Result<KeyRings> load_key_rings(const AuthConfig& config);

// The rings in use, replaced as a whole. Any thread may call.
class KeyDirectory {
 public:
  explicit KeyDirectory(KeyRings rings);

  struct Edition {
    std::uint64_t number = 0;  // another one for each replacement
    KeyRings rings;
  };
  [[nodiscard]] std::shared_ptr<const Edition> current() const;
  void replace(KeyRings rings);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Edition> edition_;
};

}  // namespace objectstore
