#include "backends/filesystem/blob_store.h"

#include <algorithm>

#include "backends/filesystem/blob_format.h"
#include "backends/filesystem/blob_reader.h"
#include "backends/filesystem/blob_writer.h"
#include "backends/filesystem/temporary_file.h"
#include "backends/filesystem/upload_directory.h"

namespace objectstore {

namespace {

constexpr unsigned directory_count = 256;
const std::string temporary_directory(blob_format::temporary_directory);

// The temporary directory is made last: where it exists, the others were durable once, also when
// the process that made them was killed before its syncs.
Result<void> make_layout(FileTree& tree) {
  TRY_ASSIGN(const auto complete, tree.status(temporary_directory));
  for (unsigned number = 0; number < directory_count; ++number) {
    const auto name = blob_format::directory_name(number);
    TRY_ASSIGN(const bool created, tree.make_directory(name));
    if (created || !complete) TRY(tree.sync_directory(name));
  }
  TRY(tree.sync_directory(""));
  if (complete) return {};
  TRY(tree.make_directory(temporary_directory));
  TRY(tree.sync_directory(temporary_directory));
  TRY(tree.sync_directory(""));
  return {};
}

Result<std::unique_ptr<BlobWriter>> begin_upload(FileTree& tree, BlockingPool& pool,
                                                 const Revision& name, const std::string& header) {
  FilesystemBlobWriter::Target target;
  target.temporary_path = blob_format::temporary_path_of(name);
  target.directory = blob_format::directory_of(name);
  target.path = blob_format::path_of(name);
  TRY_ASSIGN(auto file, create_temporary(tree, target.temporary_path));
  if (auto written = file->write_at(0, header); !written.ok()) {
    // Nobody knows of it yet, so nobody else would.
    (void)tree.unlink(target.temporary_path);
    return std::move(written).error();
  }
  std::unique_ptr<BlobWriter> writer = std::make_unique<FilesystemBlobWriter>(
      tree, pool, std::move(file), std::move(target), header);
  return writer;
}

// Where a multipart upload is left, its completion may have failed, or died, before the last sync.
Result<std::shared_ptr<OpenBlob>> open_durable(FileTree& tree, const Revision& name) {
  TRY_ASSIGN(auto blob, open_blob(tree, blob_format::path_of(name)));
  if (!blob) return blob;
  TRY_ASSIGN(const auto uploads, tree.status(blob_format::uploads_directory_of(name)));
  if (uploads) TRY(tree.sync_directory(blob_format::directory_of(name)));
  return blob;
}

// The temporary file goes first: a rename after that finds nothing, one before it made the blob
// that is unlinked next. The same for those of uploads in parts.
Result<void> remove_blob(FileTree& tree, const Revision& name) {
  TRY_ASSIGN(const auto uploads, tree.status(blob_format::uploads_directory_of(name)));
  if (uploads) TRY(end_uploads(tree, name));
  TRY_ASSIGN(const bool ended, tree.unlink(blob_format::temporary_path_of(name)));
  TRY(tree.unlink(blob_format::path_of(name)));
  if (ended) TRY(tree.sync_directory(temporary_directory));
  // Also where nothing was found: whoever unlinked it may not have come to its sync.
  TRY(tree.sync_directory(blob_format::directory_of(name)));
  return {};
}

// nullopt: it was deleted meanwhile.
Result<std::optional<ListedBlob>> describe(FileTree& tree, std::string file) {
  auto opened = open_blob(tree, file);
  ListedBlob listed;
  listed.name = std::move(file);
  if (!opened.ok()) {
    listed.problem = opened.error().describe();
    TRY_ASSIGN(const auto status, tree.status(listed.name));
    if (!status) return std::optional<ListedBlob>();
    listed.written = status->modified;
    return std::optional(std::move(listed));
  }
  const auto blob = std::move(opened).value();
  if (!blob) return std::optional<ListedBlob>();
  listed.written = blob->modified;
  if (blob_format::path_of(blob->header.name) != listed.name) {
    listed.problem = "its header names another blob: " + blob->header.name.path();
    return std::optional(std::move(listed));
  }
  listed.revision = blob->header.name;
  listed.size = blob->payload_size;
  return std::optional(std::move(listed));
}

Result<BlobPage> list_page(FileTree& tree, const std::string& from, std::size_t limit) {
  BlobPage page;
  // A directory's name begins the path, so paths sort as directories do.
  for (unsigned number = 0; number < directory_count; ++number) {
    const auto directory = blob_format::directory_name(number);
    if (directory < from.substr(0, directory.size())) continue;
    TRY_ASSIGN(const auto names, tree.list(directory));
    for (const auto& name : names) {
      std::string path = directory;
      path.append("/").append(name);
      if (path < from) continue;
      if (page.blobs.size() >= limit) {
        page.next = std::move(path);
        return page;
      }
      TRY_ASSIGN(auto blob, describe(tree, std::move(path)));
      if (blob) page.blobs.push_back(*std::move(blob));
    }
  }
  return page;
}

Result<std::vector<ListedTemporary>> list_uploads(FileTree& tree) {
  TRY_ASSIGN(const auto names, tree.list(temporary_directory));
  std::vector<ListedTemporary> uploads;
  for (const auto& name : names) {
    std::string path(temporary_directory);
    path.append("/").append(name);
    TRY_ASSIGN(const auto status, tree.status(path));
    if (!status || status->is_directory) continue;
    uploads.push_back({std::move(path), status->size, status->modified});
  }
  return uploads;
}

}  // namespace

Result<std::unique_ptr<FilesystemBlobStore>> FilesystemBlobStore::open(const std::string& root,
                                                                       FileSystem& file_system,
                                                                       BlockingPool& pool,
                                                                       Logger& logger) {
  TRY_ASSIGN(auto tree, file_system.open_tree(root));
  TRY(make_layout(*tree));
  TRY_ASSIGN(const auto removed, remove_leftovers(*tree, temporary_directory));
  TRY_ASSIGN(const auto ended, remove_ended_uploads(*tree));
  if (removed + ended > 0) {
    logger.info("removed unfinished uploads", {{"directory", root + "/" + temporary_directory},
                                               {"files", std::to_string(removed + ended)}});
  }
  return std::unique_ptr<FilesystemBlobStore>(new FilesystemBlobStore(std::move(tree), pool));
}

Task<Result<std::unique_ptr<BlobWriter>>> FilesystemBlobStore::create(const Revision& name,
                                                                      const Metadata& metadata) {
  CO_TRY_ASSIGN(const auto header, blob_format::encode_header(name, metadata));
  auto work = [&] { return begin_upload(*tree_, pool_, name, header); };
  co_return co_await pool_.run(std::move(work));
}

Task<Result<std::unique_ptr<BlobReader>>> FilesystemBlobStore::open(const Revision& name) {
  auto work = [&] { return open_durable(*tree_, name); };
  CO_TRY_ASSIGN(auto blob, co_await pool_.run(std::move(work)));
  if (!blob) co_return std::unique_ptr<BlobReader>();
  if (blob->header.name != name) {
    co_return Error(ErrorCode::corrupt,
                    "blob " + blob->path + " is another revision than its name says");
  }
  std::unique_ptr<BlobReader> reader =
      std::make_unique<FilesystemBlobReader>(pool_, std::move(blob));
  co_return reader;
}

Task<Result<Discarded>> FilesystemBlobStore::discard(const Revision& name, std::string_view) {
  auto work = [&] { return remove_blob(*tree_, name); };
  CO_TRY(co_await pool_.run(std::move(work)));
  co_return Discarded::for_good;
}

Task<Result<bool>> FilesystemBlobStore::extend(const Revision& name, WallTime) {
  auto work = [&] { return tree_->status(blob_format::path_of(name)); };
  CO_TRY_ASSIGN(const auto status, co_await pool_.run(std::move(work)));
  co_return status.has_value();
}

Task<Result<BlobPage>> FilesystemBlobStore::list_blobs(std::string from, std::size_t limit) {
  auto work = [&] { return list_page(*tree_, from, std::max<std::size_t>(1, limit)); };
  co_return co_await pool_.run(std::move(work));
}

Task<Result<std::vector<ListedTemporary>>> FilesystemBlobStore::list_temporary() {
  auto work = [this] { return list_uploads(*tree_); };
  co_return co_await pool_.run(std::move(work));
}

}  // namespace objectstore
