#include "auth/public_key.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <climits>
#include <optional>

#include "base/openssl.h"

namespace objectstore {

namespace {

constexpr std::size_t point_size = 32;
constexpr std::size_t signature_size = 64;
// A point's encoding: y in little-endian order, the sign of x in the highest bit.
using Point = std::array<unsigned char, point_size>;

// A little-endian number whose lowest byte is `lowest`, highest `highest`, and `filled` between.
constexpr Point y_of(unsigned char lowest, unsigned char filled, unsigned char highest) {
  Point point{};
  for (auto& byte : point)
    byte = filled;
  point.front() = lowest;
  point.back() = highest;
  return point;
}

// The y of all points whose order divides 8: 1, 0, the two of order 8, p - 1, and the forms p and
// p + 1 of 0 and 1 that are not reduced.
constexpr Point small_order_y[] = {
    y_of(0, 0, 0),
    y_of(1, 0, 0),
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    y_of(0xec, 0xff, 0x7f),
    y_of(0xed, 0xff, 0x7f),
    y_of(0xee, 0xff, 0x7f),
};

Point without_sign(Point point) {
  point.back() &= 0x7f;
  return point;
}

bool has_small_order(const Point& point) {
  const auto y = without_sign(point);
  return std::find(std::begin(small_order_y), std::end(small_order_y), y) !=
         std::end(small_order_y);
}

// Whether y is below p = 2^255 - 19.
bool is_reduced(const Point& point) {
  const auto y = without_sign(point);
  const auto p = y_of(0xed, 0xff, 0x7f);
  return std::lexicographical_compare(y.rbegin(), y.rend(), p.rbegin(), p.rend());
}

Error refused(std::string_view why) {
  return Error(ErrorCode::invalid_argument, std::string(why));
}

struct PemBlock {
  std::string name;
  std::string der;
};

std::optional<PemBlock> next_block(BIO* bio) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(bio, &name, &header, &data, &size) != 1) return std::nullopt;
  PemBlock block{name, std::string(reinterpret_cast<const char*>(data), std::size_t(size))};
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  return block;
}

// Not by PEM_read_bio_PUBKEY: it passes over other blocks, and a private key's file is to be
// noticed wherever it was put by mistake.
Result<std::string> only_public_key(std::string_view pem) {
  if (pem.find("PRIVATE KEY-----") != std::string_view::npos) {
    return refused("a private key; the public key is expected");
  }
  if (pem.size() > INT_MAX) return refused("too large");
  const std::unique_ptr<BIO, OpenSslDeleter<BIO_free_all>> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return refused("out of memory");
  auto block = next_block(bio.get());
  if (!block || block->name != PEM_STRING_PUBLIC) return refused("no PEM block PUBLIC KEY");
  if (next_block(bio.get())) return refused("more than one PEM block");
  return std::move(block->der);
}

}  // namespace

Result<Ed25519PublicKey> Ed25519PublicKey::from_pem(std::string_view pem) {
  const OpenSslErrorsCleared cleared;
  TRY_ASSIGN(const std::string der, only_public_key(pem));
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const auto* at = begin;
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()));
  if (key == nullptr) return refused("no SubjectPublicKeyInfo");
  std::shared_ptr<void> owned(key, [](void* p) { EVP_PKEY_free(static_cast<EVP_PKEY*>(p)); });
  if (at != begin + der.size()) return refused("bytes behind the SubjectPublicKeyInfo");
  if (EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) return refused("not an Ed25519 key");
  Point point{};
  std::size_t size = point.size();
  if (EVP_PKEY_get_raw_public_key(key, point.data(), &size) != 1 || size != point.size() ||
      !is_reduced(point) || has_small_order(point)) {
    return refused("not a point that an Ed25519 key has");
  }
  return Ed25519PublicKey(std::move(owned));
}

bool Ed25519PublicKey::verify(std::string_view message, std::string_view signature) const {
  if (signature.size() != signature_size) return false;
  // OpenSSL refuses an S that is not below the order, and an R that is not reduced: it compares
  // R with its own encoding of what it should be. It has nothing against a small order.
  Point r{};
  std::copy_n(signature.begin(), r.size(), r.begin());
  if (has_small_order(r)) return false;
  const OpenSslErrorsCleared cleared;
  const std::unique_ptr<EVP_MD_CTX, OpenSslDeleter<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  auto* key = static_cast<EVP_PKEY*>(key_.get());
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) != 1) {
    return false;
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  const auto* signed_by = reinterpret_cast<const unsigned char*>(signature.data());
  return EVP_DigestVerify(context.get(), signed_by, signature.size(), bytes, message.size()) == 1;
}

}  // namespace objectstore
