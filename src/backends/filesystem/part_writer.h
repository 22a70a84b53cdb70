// Writes the file of one part of an upload: docs/formats/blob.md.
#pragma once

#include <memory>
#include <string>

#include "backends/filesystem/block_writer.h"
#include "backends/filesystem/file_system.h"
#include "base/digests.h"
#include "runtime/blocking_pool.h"
#include "storage/multipart.h"

namespace objectstore {

// Call abandon() unless publish() said that the part is there. `tree` and `pool` outlive it.
class PartWriter {
 public:
  // `file`, empty as yet, is the one at `temporary_path`.
  PartWriter(FileTree& tree, BlockingPool& pool, std::unique_ptr<File> file,
             std::string temporary_path);

  // client_stream where the stream yields another count of bytes than `part.length`.
  [[nodiscard]] Task<Result<void>> copy(const PartToUpload& part);
  // Puts the part in its place in the upload's directory, durably, unless it is refused or the
  // upload is gone. Gives its etag.
  [[nodiscard]] Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> publish(
      const PartToUpload& part, const std::string& directory);
  // Removes the temporary file, as far as that is possible.
  [[nodiscard]] Task<void> abandon();

 private:
  // Blocks.
  [[nodiscard]] Result<std::variant<std::string, NoSuchUpload, PartRefused>> complete(
      const PartToUpload& part, const std::string& directory);

  FileTree& tree_;
  BlockingPool& pool_;
  std::unique_ptr<File> file_;
  std::string temporary_path_;
  Digest md5_{Digest::Kind::md5};
  BlockWriter blocks_;
};

}  // namespace objectstore
