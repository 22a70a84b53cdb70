// A key whose secret the targets have, so that they get past a signature.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "auth/key_directory.h"
#include "base/base64url.h"
#include "fuzz.h"

namespace objectstore::fuzz {

class AuthKey {
 public:
  // Key id "relay", allowed everything; its public half is in the directory.
  AuthKey() {
    constexpr std::string_view pem =
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VwAyEAO2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=\n"
        "-----END PUBLIC KEY-----\n";
    auto key = Ed25519PublicKey::from_pem(pem);
    FUZZ_CHECK(key.ok());
    rings_["relay"] = KeyRing{
        {*key}, {Permission::object_read, Permission::object_write, Permission::object_delete}};
  }

  [[nodiscard]] const KeyRings& rings() const { return rings_; }
  // In base64url.
  [[nodiscard]] std::string sign(std::string_view message) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    std::string signature(64, '\0');
    std::size_t size = signature.size();
    FUZZ_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, secret_.get()) == 1);
    FUZZ_CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                              &size, reinterpret_cast<const unsigned char*>(message.data()),
                              message.size()) == 1);
    return base64url_encode(signature);
  }

 private:
  static constexpr unsigned char seed_[32] = {};  // all zero: of no use but here
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> secret_{
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed_, sizeof seed_), &EVP_PKEY_free};
  KeyRings rings_;
};

}  // namespace objectstore::fuzz
