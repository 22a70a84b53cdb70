#include "backends/filesystem/line_file_writer.h"

#include "backends/filesystem/temporary_file.h"

namespace objectstore {

namespace {

constexpr std::size_t write_size = 256 << 10;
// So much is handed to the disk at a time while the upload goes on, which keeps the sync short.
constexpr std::uint64_t writeback_step = 4 << 20;

}  // namespace

LineFileWriter::LineFileWriter(FileTree& tree, BlockingPool& pool, std::string temporary_path,
                               std::string line, Observer observer)
    : tree_(tree),
      pool_(pool),
      temporary_path_(std::move(temporary_path)),
      observer_(std::move(observer)),
      buffer_(std::move(line)),
      payload_in_buffer_(buffer_.size()) {}

Task<Result<void>> LineFileWriter::append(std::string_view bytes) {
  if (buffer_.size() + bytes.size() < write_size) {
    buffer_.append(bytes);
    co_return Result<void>();
  }
  auto work = [this, bytes] { return absorb(bytes); };
  co_return co_await pool_.run(std::move(work));
}

Task<void> LineFileWriter::abandon() {
  if (!file_) co_return;
  // What can't be removed now is removed as a leftover at the next start.
  auto work = [this] { (void)tree_.unlink(temporary_path_); };
  co_await pool_.run(std::move(work));
}

Result<void> LineFileWriter::absorb(std::string_view bytes) {
  TRY(finish());
  if (bytes.size() < write_size) {
    buffer_.append(bytes);
    return {};
  }
  observer_(bytes);
  return write(bytes);
}

Result<void> LineFileWriter::finish() {
  observer_(std::string_view(buffer_).substr(payload_in_buffer_));
  TRY(write(buffer_));
  buffer_.clear();
  payload_in_buffer_ = 0;
  return {};
}

Result<void> LineFileWriter::write(std::string_view bytes) {
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

}  // namespace objectstore
