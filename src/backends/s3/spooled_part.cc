#include "backends/s3/spooled_part.h"

namespace objectstore {

SpooledPart::SpooledPart(std::unique_ptr<SpoolFile> file, bool with_md5) : file_(std::move(file)) {
  if (with_md5) md5_.emplace(Digest::Kind::md5);
}

Task<Result<std::unique_ptr<SpooledPart>>> SpooledPart::create(BlockingPool& pool,
                                                               std::string directory,
                                                               bool with_md5) {
  CO_TRY_ASSIGN(auto file, co_await SpoolFile::create(pool, std::move(directory)));
  co_return std::unique_ptr<SpooledPart>(new SpooledPart(std::move(file), with_md5));
}

Task<Result<void>> SpooledPart::append(std::string_view bytes) {
  CO_TRY(co_await file_->append(bytes));
  sha256_.update(bytes);
  if (md5_) md5_->update(bytes);
  crc_.update(bytes);
  co_return Result<void>();
}

Task<Result<void>> SpooledPart::clear() {
  sha256_ = Digest(Digest::Kind::sha256);
  if (md5_) md5_.emplace(Digest::Kind::md5);
  crc_ = Crc32c();
  co_return co_await file_->clear();
}

}  // namespace objectstore
