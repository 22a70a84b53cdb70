// What the tests of this room sign with: the key of the contract's vectors (auth.md section 8).
#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "auth/key_directory.h"
#include "auth/public_key.h"
#include "base/base64.h"
#include "base/base64url.h"

namespace objectstore::testing {

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

inline const std::string vector_seed =
    from_hex("e0576bb998fabb8851820418237a2e4087398e948ec3d1ebe9f6b2eb36262c4c");
inline constexpr std::string_view vector_private_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIOBXa7mY+ruIUYIEGCN6LkCHOY6UjsPR6+n2sus2JixM\n"
    "-----END PRIVATE KEY-----\n";
inline constexpr std::string_view vector_public_pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAFmDwQc5Zg/PDMy6+c4SVIPc6paf4mhUnPIXNysOf5kE=\n"
    "-----END PUBLIC KEY-----\n";

// SubjectPublicKeyInfo of any 32 bytes (RFC 8410).
inline std::string public_pem_of(std::string_view raw_key) {
  const auto der = from_hex("302a300506032b6570032100") + std::string(raw_key);
  return "-----BEGIN PUBLIC KEY-----\n" + base64_encode(der) + "\n-----END PUBLIC KEY-----\n";
}

// A secret key, used as by a client.
class Signer {
 public:
  explicit Signer(std::string_view seed)
      : key_(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                          reinterpret_cast<const unsigned char*>(seed.data()),
                                          seed.size()),
             &EVP_PKEY_free) {}
  // Another key for each letter.
  explicit Signer(char letter) : Signer(std::string(32, letter)) {}

  [[nodiscard]] std::string raw_public_key() const {
    std::string raw(32, '\0');
    std::size_t size = raw.size();
    EXPECT_EQ(EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()),
                                          &size),
              1);
    return raw;
  }
  [[nodiscard]] std::string public_pem() const { return public_pem_of(raw_public_key()); }
  [[nodiscard]] Ed25519PublicKey public_key() const {
    return Ed25519PublicKey::from_pem(public_pem()).value();
  }

  [[nodiscard]] std::string sign(std::string_view message) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    std::string signature(64, '\0');
    std::size_t size = signature.size();
    EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()), 1);
    EXPECT_EQ(
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size()),
        1);
    return signature;
  }
  // Of both JSON texts as they are.
  [[nodiscard]] std::string token(std::string_view header, std::string_view claims) const {
    const auto text = base64url_encode(header) + "." + base64url_encode(claims);
    return text + "." + base64url_encode(sign(text));
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

// Kid `relay`: the vectors' key, with all permissions.
inline KeyRings vector_rings(Permissions max_permissions = {Permission::object_read,
                                                            Permission::object_write,
                                                            Permission::object_delete}) {
  KeyRings rings;
  rings["relay"] = {{Signer(vector_seed).public_key()}, max_permissions};
  return rings;
}

inline constexpr std::string_view vector_header = R"({"alg":"EdDSA","typ":"JWT","kid":"relay"})";
inline constexpr std::string_view vector_claims =
    R"({"exp":4102444800,"iss":"relay","aud":"objectstore","res":{"os:usecase":"attachments",)"
    R"("org":"17","project":"*"},"permissions":["object.read","object.write"]})";
inline constexpr std::string_view vector_token =
    "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6InJlbGF5In0."
    "eyJleHAiOjQxMDI0NDQ4MDAsImlzcyI6InJlbGF5IiwiYXVkIjoib2JqZWN0c3RvcmUiLCJyZXMiOnsib3M6dXNlY2FzZS"
    "I6ImF0dGFjaG1lbnRzIiwib3JnIjoiMTciLCJwcm9qZWN0IjoiKiJ9LCJwZXJtaXNzaW9ucyI6WyJvYmplY3QucmVhZCIs"
    "Im9iamVjdC53cml0ZSJdfQ."
    "ny82IuOuG6IFz4a1s4is0Ir6GU9BQ1fg6fbzmu_MeY7y8ytpuNzMp0Q7-OZwLpvv1dJUuxlZm0PeauKgtotuAw";

inline constexpr std::string_view vector_path =
    "/v1/objects/attachments/org=17;project=42/reports/caf%C3%A9%20%231.txt";

}  // namespace objectstore::testing
