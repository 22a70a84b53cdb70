#include "net/rs256.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/base64url.h"
#include "base/openssl.h"

namespace objectstore {

std::optional<Rs256Key> Rs256Key::from_pem(std::string_view pem) {
  const OpenSslErrorsCleared cleared;
  const std::unique_ptr<BIO, OpenSslDeleter<BIO_free_all>> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return std::nullopt;
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_openssl_password, nullptr);
  if (key == nullptr) return std::nullopt;
  std::shared_ptr<void> owned(key, [](void* p) { EVP_PKEY_free(static_cast<EVP_PKEY*>(p)); });
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) return std::nullopt;
  return Rs256Key(std::move(owned));
}

std::optional<std::string> Rs256Key::sign_jwt(std::string_view header_json,
                                              std::string_view claims_json) const {
  const OpenSslErrorsCleared cleared;
  auto jwt = base64url_encode(header_json) + "." + base64url_encode(claims_json);
  const std::unique_ptr<EVP_MD_CTX, OpenSslDeleter<EVP_MD_CTX_free>> digest(EVP_MD_CTX_new());
  auto* key = static_cast<EVP_PKEY*>(key_.get());
  if (!digest || EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) != 1) {
    return std::nullopt;
  }
  const auto* text = reinterpret_cast<const unsigned char*>(jwt.data());
  std::size_t size = 0;
  if (EVP_DigestSign(digest.get(), nullptr, &size, text, jwt.size()) != 1) return std::nullopt;
  std::string signature(size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(digest.get(), out, &size, text, jwt.size()) != 1) return std::nullopt;
  signature.resize(size);
  return jwt + "." + base64url_encode(signature);
}

}  // namespace objectstore
