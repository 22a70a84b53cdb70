#include "backends/filesystem/object_store.h"

#include <fmt/format.h>

#include "backends/filesystem/object_file_format.h"
#include "backends/filesystem/object_reader.h"
#include "backends/filesystem/object_writer.h"
#include "backends/filesystem/temporary_file.h"

namespace objectstore {

namespace {

const std::string temporary_directory(object_file_format::temporary_directory);

Error wrong_length(std::string_view how, std::uint64_t announced) {
  return Error(ErrorCode::client_stream,
               fmt::format("the body is {} than the announced {} bytes", how, announced));
}

Task<Result<void>> copy_body(const Upload& upload, ObjectFileWriter& writer) {
  std::uint64_t size = 0;
  for (;;) {
    CO_TRY_ASSIGN(const auto bytes, co_await upload.stream->next());
    if (bytes.empty()) break;
    size += bytes.size();
    if (upload.length && size > *upload.length) co_return wrong_length("longer", *upload.length);
    CO_TRY(co_await writer.append(bytes));
  }
  if (upload.length && size < *upload.length) co_return wrong_length("shorter", *upload.length);
  co_return Result<void>();
}

Task<Result<void>> write_object(const Upload& upload, ObjectFileWriter& writer, ObjectNames& names,
                                const std::string& path) {
  CO_TRY(co_await copy_body(upload, writer));
  co_return co_await writer.publish(names, path);
}

}  // namespace

Result<std::unique_ptr<FilesystemObjectStore>> FilesystemObjectStore::open(const std::string& root,
                                                                           FileSystem& file_system,
                                                                           BlockingPool& pool,
                                                                           Random& random,
                                                                           Logger& logger) {
  TRY_ASSIGN(auto tree, file_system.open_tree(root));
  TRY(tree->make_directory(temporary_directory));
  TRY_ASSIGN(const auto removed, remove_leftovers(*tree, temporary_directory));
  if (removed > 0) {
    logger.info("removed unfinished uploads", {{"directory", root + "/" + temporary_directory},
                                               {"files", std::to_string(removed)}});
  }
  // A process that was killed may have made directories that it didn't come to sync.
  TRY(tree->sync_everything());
  return std::unique_ptr<FilesystemObjectStore>(
      new FilesystemObjectStore(std::move(tree), pool, random));
}

Task<Result<void>> FilesystemObjectStore::put(const ObjectId& id, Metadata metadata,
                                              Upload upload) {
  CO_TRY_ASSIGN(const auto path, object_file_format::path_of(id));
  CO_TRY_ASSIGN(auto line, object_file_format::encode_line(std::move(metadata)));
  auto temporary = fmt::format("{}/{}.tmp", temporary_directory, make_uuid_v4(random_).str());
  ObjectFileWriter writer(*tree_, pool_, std::move(temporary), std::move(line));
  auto result = co_await write_object(upload, writer, names_, path);
  if (!result.ok()) co_await writer.abandon();
  co_return result;
}

Task<Result<GetResult>> FilesystemObjectStore::get(const ObjectId& id,
                                                   std::optional<RangeRequest> range) {
  CO_TRY_ASSIGN(const auto path, object_file_format::path_of(id));
  auto work = [&] { return read_object(*tree_, pool_, path, range); };
  co_return co_await pool_.run(std::move(work));
}

Task<Result<std::optional<Metadata>>> FilesystemObjectStore::head(const ObjectId& id) {
  CO_TRY_ASSIGN(const auto path, object_file_format::path_of(id));
  auto work = [&] { return read_object_metadata(*tree_, path); };
  co_return co_await pool_.run(std::move(work));
}

Task<Result<void>> FilesystemObjectStore::remove(const ObjectId& id) {
  CO_TRY_ASSIGN(const auto path, object_file_format::path_of(id));
  auto work = [&] { return names_.remove(path, id.key.size()); };
  co_return co_await pool_.run(std::move(work));
}

}  // namespace objectstore
