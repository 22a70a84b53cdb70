#include "backends/filesystem/object_writer.h"

#include "backends/filesystem/object_file_format.h"
#include "backends/filesystem/temporary_file.h"

namespace objectstore {

namespace {

constexpr std::size_t write_size = 256 << 10;
// So much is handed to the disk at a time while the upload goes on, which keeps the sync short.
constexpr std::uint64_t writeback_step = 4 << 20;

}  // namespace

ObjectFileWriter::ObjectFileWriter(FileTree& tree, BlockingPool& pool, std::string temporary_path,
                                   std::string line)
    : tree_(tree),
      pool_(pool),
      temporary_path_(std::move(temporary_path)),
      checksum_offset_(object_file_format::checksum_offset(line)),
      buffer_(std::move(line)),
      payload_in_buffer_(buffer_.size()) {}

Task<Result<void>> ObjectFileWriter::append(std::string_view bytes) {
  if (buffer_.size() + bytes.size() < write_size) {
    buffer_.append(bytes);
    co_return Result<void>();
  }
  auto work = [this, bytes] { return absorb(bytes); };
  co_return co_await pool_.run(std::move(work));
}

Task<Result<void>> ObjectFileWriter::publish(ObjectNames& names, const std::string& path) {
  auto work = [&] { return complete(names, path); };
  co_return co_await pool_.run(std::move(work));
}

Task<void> ObjectFileWriter::abandon() {
  if (!file_) co_return;
  // What can't be removed now is removed as a leftover at the next start.
  auto work = [this] { (void)tree_.unlink(temporary_path_); };
  co_await pool_.run(std::move(work));
}

Result<void> ObjectFileWriter::absorb(std::string_view bytes) {
  TRY(flush());
  if (bytes.size() < write_size) {
    buffer_.append(bytes);
    return {};
  }
  checksum_.update(bytes);
  return write(bytes);
}

Result<void> ObjectFileWriter::flush() {
  checksum_.update(std::string_view(buffer_).substr(payload_in_buffer_));
  TRY(write(buffer_));
  buffer_.clear();
  payload_in_buffer_ = 0;
  return {};
}

Result<void> ObjectFileWriter::write(std::string_view bytes) {
  if (!file_) {
    TRY_ASSIGN(file_, create_temporary(tree_, temporary_path_));
  }
  TRY(file_->write_at(written_, bytes));
  written_ += bytes.size();
  if (written_ - writeback_from_ >= writeback_step) {
    file_->start_writeback(writeback_from_, written_ - writeback_from_);
    writeback_from_ = written_;
  }
  return {};
}

Result<void> ObjectFileWriter::complete(ObjectNames& names, const std::string& path) {
  TRY(flush());
  const auto digits = object_file_format::checksum_digits(checksum_.digest());
  TRY(file_->write_at(checksum_offset_, digits));
  TRY(file_->sync());
  return names.publish(temporary_path_, path);
}

}  // namespace objectstore
