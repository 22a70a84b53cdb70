// Writes the file of one blob: docs/formats/blob.md.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backends/filesystem/file_system.h"
#include "runtime/blocking_pool.h"
#include "storage/blob_store.h"

namespace objectstore {

// Holds one buffer of 256 KiB, whatever the blob's size. `tree` and `pool` outlive it.
class FilesystemBlobWriter final : public BlobWriter {
 public:
  struct Target {
    std::string temporary_path;  // the file that `file` is
    std::string directory;
    std::string path;
  };
  // `file` holds `header` already.
  FilesystemBlobWriter(FileTree& tree, BlockingPool& pool, std::unique_ptr<File> file,
                       Target target, std::string_view header);

  [[nodiscard]] Task<Result<void>> append(std::string_view bytes) override;
  [[nodiscard]] Task<Result<void>> finish() override;

 private:
  // Copies as much of `bytes` as the buffer takes; returns the rest.
  [[nodiscard]] std::string_view fill(std::string_view bytes);
  // These block.
  [[nodiscard]] Result<void> absorb(std::string_view bytes);
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] Result<void> complete();
  [[nodiscard]] Result<void> publish();

  FileTree& tree_;
  BlockingPool& pool_;
  std::unique_ptr<File> file_;
  Target target_;
  std::uint64_t header_checksum_;
  std::unique_ptr<char[]> buffer_;    // blocks as stored, room left for their checksums
  std::size_t pending_ = 0;           // payload bytes in it
  std::uint64_t payload_size_ = 0;    // payload bytes in the file
  std::uint64_t written_;             // bytes in the file
  std::uint64_t writeback_from_ = 0;  // bytes of the file on their way to the disk already
  std::optional<Error> failure_;      // a failed write or sync leaves nothing to build on
};

}  // namespace objectstore
