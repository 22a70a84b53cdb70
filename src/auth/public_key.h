// Ed25519 public keys (RFC 8032).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace objectstore {

// A value; copies share the key. Any thread may call.
class Ed25519PublicKey {
 public:
  // One PEM block "PUBLIC KEY" (SubjectPublicKeyInfo, RFC 8410). invalid_argument: a private key,
  // another kind of key, several of them, or a point that no secret key belongs to.
  [[nodiscard]] static Result<Ed25519PublicKey> from_pem(std::string_view pem);

  // Strict: false also for signatures that hold without a secret key having been needed for them
  // (points of small order), or that are a second form of another one (S not below the group's
  // order). `signature`: raw bytes of any number.
  [[nodiscard]] bool verify(std::string_view message, std::string_view signature) const;

 private:
  explicit Ed25519PublicKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;  // EVP_PKEY
};

}  // namespace objectstore
