// Digests that stores check uploads by, over bytes that come in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/base64.h"  // what digests are written in

namespace objectstore {

// CRC-32C (Castagnoli), as GCS and S3 use it.
class Crc32c {
 public:
  void update(std::string_view bytes);
  [[nodiscard]] std::uint32_t value() const { return value_; }
  // Base64 of the value's four bytes, big-endian: x-goog-hash, x-amz-checksum-crc32c.
  [[nodiscard]] std::string base64() const;

 private:
  std::uint32_t value_ = 0;
};

// MD5 and SHA-256, by OpenSSL.
class Digest {
 public:
  enum class Kind : std::uint8_t { md5, sha256 };
  explicit Digest(Kind kind);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void update(std::string_view bytes);
  // Ends it; called once.
  [[nodiscard]] std::string finish();  // the raw bytes

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr std::size_t md5_size = 16;  // bytes
// Whether it can be the value of a Content-MD5 header.
[[nodiscard]] bool is_md5_base64(std::string_view text);

// Of all of `bytes`, raw.
[[nodiscard]] std::string digest_of(Digest::Kind kind, std::string_view bytes);

[[nodiscard]] std::string hex_encode(std::string_view bytes);  // lower case

}  // namespace objectstore
