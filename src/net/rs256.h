// JSON Web Tokens signed with RSA and SHA-256 (RFC 7515, RFC 7518 section 3.3).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace objectstore {

class Rs256Key {
 public:
  // A private RSA key in PEM, without a passphrase; nullopt: it is something else.
  [[nodiscard]] static std::optional<Rs256Key> from_pem(std::string_view pem);

  // header.claims.signature, of both texts as they are. nullopt: the key can't sign.
  [[nodiscard]] std::optional<std::string> sign_jwt(std::string_view header_json,
                                                    std::string_view claims_json) const;

 private:
  explicit Rs256Key(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;  // EVP_PKEY
};

}  // namespace objectstore
