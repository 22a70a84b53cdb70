// Writes one object's file in the single-tier format.
#pragma once

#include <memory>
#include <string>

#include "backends/filesystem/line_file_writer.h"
#include "backends/filesystem/object_names.h"
#include "base/checksum.h"

namespace objectstore {

// Call abandon() unless publish() succeeded. `tree` and `pool` outlive it.
class ObjectFileWriter {
 public:
  // `line`: as made by encode_line().
  ObjectFileWriter(FileTree& tree, BlockingPool& pool, std::string temporary_path,
                   std::string line);
  ObjectFileWriter(const ObjectFileWriter&) = delete;
  ObjectFileWriter& operator=(const ObjectFileWriter&) = delete;
  // Takes a file that was created at the temporary path.
  void use(std::unique_ptr<File> file) { writer_.use(std::move(file)); }

  // After an error only abandon() may follow.
  [[nodiscard]] Task<Result<void>> append(std::string_view bytes) { return writer_.append(bytes); }
  // Makes the file durable and gives it its name. Errors: as ObjectNames::publish().
  [[nodiscard]] Task<Result<void>> publish(ObjectNames& names, const std::string& path);
  // Removes the temporary file, as far as that is possible.
  [[nodiscard]] Task<void> abandon() { return writer_.abandon(); }

 private:
  [[nodiscard]] Result<void> complete(ObjectNames& names, const std::string& path);  // blocks

  BlockingPool& pool_;
  std::size_t checksum_offset_;
  Checksum64Stream checksum_;  // of the payload
  LineFileWriter writer_;
};

}  // namespace objectstore
