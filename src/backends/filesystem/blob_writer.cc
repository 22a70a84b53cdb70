#include "backends/filesystem/blob_writer.h"

#include <algorithm>
#include <cstring>

#include "backends/filesystem/blob_format.h"

namespace objectstore {

namespace {

constexpr std::size_t blocks_per_write = 4;
constexpr std::size_t payload_per_write = blocks_per_write * blob_format::block_size;
// So much is handed to the disk at a time while the upload goes on, which keeps the sync short.
constexpr std::uint64_t writeback_step = 4 << 20;

}  // namespace

FilesystemBlobWriter::FilesystemBlobWriter(FileTree& tree, BlockingPool& pool,
                                           std::unique_ptr<File> file, Target target,
                                           std::string_view header)
    : tree_(tree),
      pool_(pool),
      file_(std::move(file)),
      target_(std::move(target)),
      header_checksum_(blob_format::header_checksum(header)),
      buffer_(std::make_unique_for_overwrite<char[]>(blocks_per_write *
                                                     blob_format::stored_block_size)),
      written_(header.size()) {}

Task<Result<void>> FilesystemBlobWriter::append(std::string_view bytes) {
  if (failure_) co_return *failure_;
  OBJECTSTORE_ASSERT(file_ != nullptr);
  if (pending_ + bytes.size() < payload_per_write) {
    (void)fill(bytes);
    co_return Result<void>();
  }
  auto work = [this, bytes] { return absorb(bytes); };
  auto result = co_await pool_.run(std::move(work));
  if (!result.ok()) failure_ = result.error();
  co_return result;
}

Task<Result<void>> FilesystemBlobWriter::finish() {
  if (failure_) co_return *failure_;
  OBJECTSTORE_ASSERT(file_ != nullptr);
  auto work = [this] { return complete(); };
  auto result = co_await pool_.run(std::move(work));
  if (!result.ok()) failure_ = result.error();
  co_return result;
}

std::string_view FilesystemBlobWriter::fill(std::string_view bytes) {
  while (!bytes.empty() && pending_ < payload_per_write) {
    const auto block = pending_ / blob_format::block_size;
    const auto inside = pending_ % blob_format::block_size;
    const auto size = std::min(bytes.size(), blob_format::block_size - inside);
    std::memcpy(buffer_.get() + block * blob_format::stored_block_size + inside, bytes.data(),
                size);
    pending_ += size;
    bytes.remove_prefix(size);
  }
  return bytes;
}

Result<void> FilesystemBlobWriter::absorb(std::string_view bytes) {
  for (;;) {
    bytes = fill(bytes);
    if (pending_ < payload_per_write) return {};
    TRY(flush());
  }
}

Result<void> FilesystemBlobWriter::flush() {
  auto index = payload_size_ / blob_format::block_size;
  std::size_t stored = 0;
  for (std::size_t left = pending_; left > 0; ++index) {
    const auto size = std::min(left, blob_format::block_size);
    const auto checksum =
        blob_format::block_checksum(std::string_view(buffer_.get() + stored, size), index);
    static_assert(sizeof checksum == blob_format::checksum_size);
    std::memcpy(buffer_.get() + stored + size, &checksum, sizeof checksum);
    stored += size + sizeof checksum;
    left -= size;
  }
  TRY(file_->write_at(written_, std::string_view(buffer_.get(), stored)));
  written_ += stored;
  payload_size_ += pending_;
  pending_ = 0;
  if (written_ - writeback_from_ >= writeback_step) {
    file_->start_writeback(writeback_from_, written_ - writeback_from_);
    writeback_from_ = written_;
  }
  return {};
}

Result<void> FilesystemBlobWriter::complete() {
  TRY(flush());
  TRY(file_->write_at(written_, blob_format::encode_footer(payload_size_, header_checksum_)));
  TRY(file_->sync());
  TRY(publish());
  file_.reset();
  return {};
}

Result<void> FilesystemBlobWriter::publish() {
  TRY_ASSIGN(const auto renamed, tree_.rename_to_new(target_.temporary_path, target_.path));
  switch (renamed) {
    case Renamed::done:
      break;
    case Renamed::source_missing:
      return Error(ErrorCode::unavailable, "the upload of blob " + target_.path + " was discarded");
    case Renamed::target_exists:
      return Error(ErrorCode::conflict, "a blob exists already in " + target_.path);
  }
  TRY_ASSIGN(const bool synced, tree_.sync_directory(target_.directory));
  if (!synced) return Error(ErrorCode::io, "the directory of blob " + target_.path + " is gone");
  return {};
}

}  // namespace objectstore
