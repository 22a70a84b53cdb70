// Blocks in a file, read back and verified: docs/formats/blob.md.
#pragma once

#include <string>
#include <string_view>

#include "backends/filesystem/file_system.h"
#include "model/byte_range.h"

namespace objectstore {

class BlockReader {
 public:
  // The payload takes `payload_size` bytes in blocks that begin at `offset` of the file, which is
  // given to each next(). `range` lies within the payload.
  BlockReader(std::uint64_t offset, std::uint64_t payload_size, ByteRange range)
      : blocks_offset_(offset),
        payload_size_(payload_size),
        offset_(range.offset),
        left_(range.length) {}

  [[nodiscard]] bool done() const { return left_ == 0; }
  // The next up to 256 KiB, empty at the end; valid until the next call. Blocks. corrupt where a
  // checksum fails or the file ends too early.
  [[nodiscard]] Result<std::string_view> next(File& file);

 private:
  std::uint64_t blocks_offset_;
  std::uint64_t payload_size_;
  std::uint64_t offset_;
  std::uint64_t left_;
  std::string buffer_;
};

}  // namespace objectstore
