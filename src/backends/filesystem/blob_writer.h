// Writes the file of one blob: docs/formats/blob.md.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backends/filesystem/block_writer.h"
#include "backends/filesystem/file_system.h"
#include "runtime/blocking_pool.h"
#include "storage/blob_store.h"

namespace objectstore {

// `tree` and `pool` outlive it.
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
  // These block.
  [[nodiscard]] Result<void> complete();
  [[nodiscard]] Result<void> publish();

  FileTree& tree_;
  BlockingPool& pool_;
  std::unique_ptr<File> file_;
  Target target_;
  std::uint64_t header_checksum_;
  BlockWriter blocks_;
  std::optional<Error> failure_;  // a failed write or sync leaves nothing to build on
};

}  // namespace objectstore
