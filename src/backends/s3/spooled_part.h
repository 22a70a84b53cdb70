// Bytes on their way into one request, with the digests that the request is sent with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/digests.h"
#include "cloud/spool_file.h"

namespace objectstore {

// Used by one caller at a time.
class SpooledPart {
 public:
  // `with_md5`: take_md5() will be asked for.
  [[nodiscard]] static Task<Result<std::unique_ptr<SpooledPart>>> create(BlockingPool& pool,
                                                                         std::string directory,
                                                                         bool with_md5);

  // Errors: those of SpoolFile::append(), after which the part is of no more use.
  [[nodiscard]] Task<Result<void>> append(std::string_view bytes);
  [[nodiscard]] std::uint64_t size() const { return file_->size(); }
  [[nodiscard]] const RepeatableBody& body() const { return *file_; }

  // Of all bytes: in hexadecimal digits, and in base64. Each is called once.
  [[nodiscard]] std::string take_sha256() { return hex_encode(sha256_.finish()); }
  [[nodiscard]] std::string take_md5() { return base64_encode(md5_->finish()); }
  [[nodiscard]] std::string crc32c() const { return crc_.base64(); }

  // Empty again, ready for other bytes.
  [[nodiscard]] Task<Result<void>> clear();

 private:
  SpooledPart(std::unique_ptr<SpoolFile> file, bool with_md5);

  std::unique_ptr<SpoolFile> file_;
  Digest sha256_{Digest::Kind::sha256};
  std::optional<Digest> md5_;
  Crc32c crc_;
};

}  // namespace objectstore
