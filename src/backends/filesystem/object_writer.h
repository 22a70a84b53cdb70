// Writes one object's file in the single-tier format.
#pragma once

#include <memory>
#include <string>

#include "backends/filesystem/file_system.h"
#include "backends/filesystem/object_names.h"
#include "base/checksum.h"
#include "runtime/blocking_pool.h"

namespace objectstore {

// Collects the payload in a temporary file, which is created with the first 256 KiB or at the end.
// Holds one buffer of that size. Call abandon() unless publish() succeeded. `tree` and `pool`
// outlive it.
class ObjectFileWriter {
 public:
  // `line`: as made by encode_line().
  ObjectFileWriter(FileTree& tree, BlockingPool& pool, std::string temporary_path,
                   std::string line);

  // After an error only abandon() may follow.
  [[nodiscard]] Task<Result<void>> append(std::string_view bytes);
  // Makes the file durable and gives it its name. Errors: as ObjectNames::publish().
  [[nodiscard]] Task<Result<void>> publish(ObjectNames& names, const std::string& path);
  // Removes the temporary file, as far as that is possible.
  [[nodiscard]] Task<void> abandon();

 private:
  // These block.
  [[nodiscard]] Result<void> absorb(std::string_view bytes);
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] Result<void> complete(ObjectNames& names, const std::string& path);

  FileTree& tree_;
  BlockingPool& pool_;
  std::string temporary_path_;
  std::size_t checksum_offset_;
  std::unique_ptr<File> file_;        // null until the first write
  std::string buffer_;                // begins with the line
  std::size_t payload_in_buffer_;     // where the payload starts in it
  Checksum64Stream checksum_;         // of the payload that left the buffer
  std::uint64_t written_ = 0;         // bytes in the file
  std::uint64_t writeback_from_ = 0;  // bytes of the file on their way to the disk already
};

}  // namespace objectstore
