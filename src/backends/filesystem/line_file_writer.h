// Writes a file of the single-tier format: a line, then a payload (docs/formats/filesystem.md).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "backends/filesystem/file_system.h"
#include "runtime/blocking_pool.h"

namespace objectstore {

// Collects all in a temporary file, which is created with the first 256 KiB or at the end. Holds
// one buffer of that size. `tree` and `pool` outlive it. After an error only abandon() may follow.
class LineFileWriter {
 public:
  // Is shown the payload, in order, where it may block.
  using Observer = std::function<void(std::string_view)>;

  LineFileWriter(FileTree& tree, BlockingPool& pool, std::string temporary_path, std::string line,
                 Observer observer);
  // Takes a file that was created at the temporary path.
  void use(std::unique_ptr<File> file) { file_ = std::move(file); }
  [[nodiscard]] const std::string& temporary_path() const { return temporary_path_; }

  // `bytes` may go when the task completes.
  [[nodiscard]] Task<Result<void>> append(std::string_view bytes);
  // Writes what is left; the file is not durable yet. Blocks.
  [[nodiscard]] Result<void> finish();
  [[nodiscard]] File& file() { return *file_; }  // after finish()
  // Removes the temporary file, as far as that is possible.
  [[nodiscard]] Task<void> abandon();

 private:
  // These block.
  [[nodiscard]] Result<void> absorb(std::string_view bytes);
  [[nodiscard]] Result<void> write(std::string_view bytes);

  FileTree& tree_;
  BlockingPool& pool_;
  std::string temporary_path_;
  Observer observer_;
  std::unique_ptr<File> file_;        // null until the first write
  std::string buffer_;                // begins with the line
  std::size_t payload_in_buffer_;     // where the payload starts in it
  std::uint64_t written_ = 0;         // bytes in the file
  std::uint64_t writeback_from_ = 0;  // bytes of the file on their way to the disk already
};

}  // namespace objectstore
