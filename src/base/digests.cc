#include "base/digests.h"

#include <openssl/evp.h>

#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"

namespace objectstore {

void Crc32c::update(std::string_view bytes) {
  value_ = crc32c(bytes, value_);
}

std::string Crc32c::base64() const {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(value_ >> shift & 0xFF);
  return base64_encode(bytes);
}

struct Digest::State {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Digest::Digest(Kind kind) : state_(std::make_unique<State>()) {
  // Only a lack of memory, or of the algorithm, can make any of these calls fail.
  const auto* algorithm = kind == Kind::md5 ? EVP_md5() : EVP_sha256();
  OBJECTSTORE_ASSERT(state_->context != nullptr &&
                     EVP_DigestInit_ex(state_->context.get(), algorithm, nullptr) == 1);
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::update(std::string_view bytes) {
  OBJECTSTORE_ASSERT(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

std::string Digest::finish() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  OBJECTSTORE_ASSERT(EVP_DigestFinal_ex(state_->context.get(), bytes, &size) == 1);
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

std::string digest_of(Digest::Kind kind, std::string_view bytes) {
  Digest digest(kind);
  digest.update(bytes);
  return digest.finish();
}

std::string hex_encode(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

bool is_md5_base64(std::string_view text) {
  const auto bytes = base64_decode(text);
  return bytes && bytes->size() == md5_size;
}

}  // namespace objectstore
