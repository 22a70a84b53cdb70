#include "backends/filesystem/block_writer.h"

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

BlockWriter::BlockWriter(File& file, BlockingPool& pool, std::uint64_t offset, Digest* md5)
    : file_(file),
      pool_(pool),
      md5_(md5),
      buffer_(std::make_unique_for_overwrite<char[]>(blocks_per_write *
                                                     blob_format::stored_block_size)),
      written_(offset) {}

Task<Result<void>> BlockWriter::append(std::string_view bytes) {
  if (pending_ + bytes.size() < payload_per_write) {
    (void)fill(bytes);
    co_return Result<void>();
  }
  auto work = [this, bytes] { return absorb(bytes); };
  co_return co_await pool_.run(std::move(work));
}

Result<void> BlockWriter::finish() {
  return flush();
}

std::string_view BlockWriter::fill(std::string_view bytes) {
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

Result<void> BlockWriter::absorb(std::string_view bytes) {
  for (;;) {
    bytes = fill(bytes);
    if (pending_ < payload_per_write) return {};
    TRY(flush());
  }
}

Result<void> BlockWriter::flush() {
  auto index = payload_size_ / blob_format::block_size;
  std::size_t stored = 0;
  for (std::size_t left = pending_; left > 0; ++index) {
    const auto size = std::min(left, blob_format::block_size);
    const std::string_view payload(buffer_.get() + stored, size);
    if (md5_ != nullptr) md5_->update(payload);
    const auto checksum = blob_format::block_checksum(payload, index);
    static_assert(sizeof checksum == blob_format::checksum_size);
    std::memcpy(buffer_.get() + stored + size, &checksum, sizeof checksum);
    stored += size + sizeof checksum;
    left -= size;
  }
  TRY(file_.write_at(written_, std::string_view(buffer_.get(), stored)));
  written_ += stored;
  payload_size_ += pending_;
  pending_ = 0;
  if (written_ - writeback_from_ >= writeback_step) {
    file_.start_writeback(writeback_from_, written_ - writeback_from_);
    writeback_from_ = written_;
  }
  return {};
}

}  // namespace objectstore
