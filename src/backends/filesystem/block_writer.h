// Payload in blocks, each with its checksum behind it, on its way into a file:
// docs/formats/blob.md.
#pragma once

#include <memory>
#include <string_view>

#include "backends/filesystem/file_system.h"
#include "base/digests.h"
#include "runtime/blocking_pool.h"

namespace objectstore {

// Holds one buffer of 256 KiB, whatever the payload's size. The arguments outlive it. After an
// error there is nothing to build on.
class BlockWriter {
 public:
  // The blocks begin at `offset` of the file. `md5`, unless null, is fed the payload.
  BlockWriter(File& file, BlockingPool& pool, std::uint64_t offset, Digest* md5 = nullptr);

  // `bytes` may go when the task completes.
  [[nodiscard]] Task<Result<void>> append(std::string_view bytes);
  // Writes what is left; nothing may be appended any more. Blocks.
  [[nodiscard]] Result<void> finish();

  // After finish(): of the payload, and of the file up to where the blocks end.
  [[nodiscard]] std::uint64_t payload_size() const { return payload_size_; }
  [[nodiscard]] std::uint64_t end() const { return written_; }

 private:
  // Copies as much of `bytes` as the buffer takes; returns the rest.
  [[nodiscard]] std::string_view fill(std::string_view bytes);
  // These block.
  [[nodiscard]] Result<void> absorb(std::string_view bytes);
  [[nodiscard]] Result<void> flush();

  File& file_;
  BlockingPool& pool_;
  Digest* md5_;
  std::unique_ptr<char[]> buffer_;    // blocks as stored, room left for their checksums
  std::size_t pending_ = 0;           // payload bytes in it
  std::uint64_t payload_size_ = 0;    // payload bytes in the file
  std::uint64_t written_;             // bytes in the file
  std::uint64_t writeback_from_ = 0;  // bytes of the file on their way to the disk already
};

}  // namespace objectstore
