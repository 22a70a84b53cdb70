#include "backends/filesystem/object_writer.h"

#include "backends/filesystem/object_file_format.h"

namespace objectstore {

ObjectFileWriter::ObjectFileWriter(FileTree& tree, BlockingPool& pool, std::string temporary_path,
                                   std::string line)
    : pool_(pool),
      checksum_offset_(object_file_format::checksum_offset(line)),
      writer_(tree, pool, std::move(temporary_path), std::move(line),
              [this](std::string_view payload) { checksum_.update(payload); }) {}

Task<Result<void>> ObjectFileWriter::publish(ObjectNames& names, const std::string& path) {
  auto work = [&] { return complete(names, path); };
  co_return co_await pool_.run(std::move(work));
}

Result<void> ObjectFileWriter::complete(ObjectNames& names, const std::string& path) {
  TRY(writer_.finish());
  const auto digits = object_file_format::checksum_digits(checksum_.digest());
  TRY(writer_.file().write_at(checksum_offset_, digits));
  TRY(writer_.file().sync());
  return names.publish(writer_.temporary_path(), path);
}

}  // namespace objectstore
