#include "backends/filesystem/block_reader.h"

#include <algorithm>

#include "backends/filesystem/blob_format.h"

namespace objectstore {

Result<std::string_view> BlockReader::next(File& file) {
  using namespace blob_format;
  constexpr std::uint64_t blocks_per_read = 4;
  if (left_ == 0) return std::string_view();
  const auto first = offset_ / block_size;
  const auto last = (offset_ + left_ - 1) / block_size;
  const auto count = std::min(blocks_per_read, last - first + 1);
  const auto stored_total = payload_size_ + block_count(payload_size_) * checksum_size;
  const auto stored_from = first * stored_block_size;
  const auto stored = std::min(count * stored_block_size, stored_total - stored_from);
  buffer_.resize(stored);
  TRY_ASSIGN(const auto found, file.read_at(blocks_offset_ + stored_from, buffer_));
  if (found != stored) return Error(ErrorCode::corrupt, "the file was cut off");
  TRY_ASSIGN(const auto payload, unpack_blocks(buffer_, first));
  const auto wanted = payload.substr(offset_ - first * block_size, left_);
  offset_ += wanted.size();
  left_ -= wanted.size();
  return wanted;
}

}  // namespace objectstore
