#include "backends/filesystem/upload_directory.h"

#include <vector>

#include "backends/filesystem/blob_format.h"
#include "backends/filesystem/part_format.h"
#include "backends/filesystem/temporary_file.h"
#include "base/uuid.h"

namespace objectstore {

namespace {

// How often a directory may be found in use again while it is being made or removed.
constexpr int max_encounters = 100;

const std::string temporary_directory(blob_format::temporary_directory);

std::string below(const std::string& directory, std::string_view name) {
  std::string path(directory);
  return path.append("/").append(name);
}

Error too_busy(const std::string& directory) {
  return Error(ErrorCode::unavailable, "others keep changing the directory " + directory);
}

// Nothing where there is no such directory.
Result<std::vector<std::string>> list_if_there(FileTree& tree, const std::string& directory) {
  auto names = tree.list(directory);
  if (names.ok()) return names;
  TRY_ASSIGN(const auto status, tree.status(directory));
  if (status && status->is_directory) return std::move(names).error();
  return std::vector<std::string>();
}

// Not durable yet.
Result<void> remove_upload(FileTree& tree, const std::string& directory) {
  // First what makes it an upload: nothing begins in it from now on. What began before may still
  // put a file here, which then is found in the next round.
  TRY(tree.unlink(below(directory, part_format::upload_file)));
  for (int round = 0; round < max_encounters; ++round) {
    TRY_ASSIGN(const auto names, list_if_there(tree, directory));
    for (const auto& name : names)
      TRY(tree.unlink(below(directory, name)));
    TRY_ASSIGN(const bool removed, tree.remove_directory(directory));
    if (removed) return {};
    TRY_ASSIGN(const auto status, tree.status(directory));
    if (!status) return {};
  }
  return too_busy(directory);
}

// Also where nothing was found: whoever removed it may not have come to its syncs.
Result<void> remove_and_sync(FileTree& tree, const std::string& uploads) {
  TRY_ASSIGN(const bool removed, tree.remove_directory(uploads));
  if (!removed) TRY(tree.sync_directory(uploads));
  TRY(tree.sync_directory(temporary_directory));
  return {};
}

// false: the directory above it was removed in the meantime.
Result<bool> make_directories(FileTree& tree, const std::string& uploads,
                              const std::string& directory) {
  TRY(tree.make_directory(uploads));
  auto made = tree.make_directory(directory);
  if (!made.ok()) {
    TRY_ASSIGN(const auto status, tree.status(uploads));
    if (!status) return false;
    return std::move(made).error();
  }
  if (!*made) return Error(ErrorCode::conflict, "an upload exists already in " + directory);
  return true;
}

Result<void> fill_upload(FileTree& tree, const std::string& uploads, const std::string& directory,
                         std::string_view header) {
  TRY_ASSIGN(const auto file, tree.create(below(directory, part_format::upload_file)));
  if (!file) return Error(ErrorCode::conflict, "an upload exists already in " + directory);
  TRY(file->write_at(0, header));
  TRY(file->sync());
  for (const auto& changed : {directory, uploads, temporary_directory}) {
    TRY_ASSIGN(const bool synced, tree.sync_directory(changed));
    if (!synced) return Error(ErrorCode::unavailable, "the upload was aborted in " + directory);
  }
  return {};
}

Result<std::size_t> remove_ended_uploads_of(FileTree& tree, const std::string& uploads,
                                            const std::string& blob) {
  TRY_ASSIGN(const auto completed, tree.status(blob));
  // Its last sync may be missing, and without the upload nobody would know.
  if (completed) TRY(tree.sync_directory(blob.substr(0, blob.find('/'))));
  TRY_ASSIGN(const auto ids, list_if_there(tree, uploads));
  std::size_t removed = 0;
  for (const auto& id : ids) {
    const auto directory = below(uploads, id);
    TRY_ASSIGN(const bool live, is_upload(tree, directory));
    if (live && !completed) {
      TRY(remove_if_dead(tree, below(directory, part_format::blob_file)));
      continue;
    }
    TRY(remove_upload(tree, directory));
    ++removed;
  }
  if (removed > 0 || ids.empty()) TRY(remove_and_sync(tree, uploads));
  return removed;
}

}  // namespace

std::optional<std::string> upload_directory_of(const Revision& name, std::string_view upload_id) {
  const auto id = Uuid::parse(upload_id);
  if (!id || id->str() != upload_id) return std::nullopt;
  return below(blob_format::uploads_directory_of(name), upload_id);
}

Result<void> make_upload(FileTree& tree, const Revision& name, const std::string& upload_id,
                         std::string_view header) {
  const auto uploads = blob_format::uploads_directory_of(name);
  const auto directory = below(uploads, upload_id);
  bool made = false;
  for (int round = 0; !made; ++round) {
    if (round == max_encounters) return too_busy(uploads);
    TRY_ASSIGN(made, make_directories(tree, uploads, directory));
  }
  auto filled = fill_upload(tree, uploads, directory, header);
  // Nobody else knows of it; what stays is for abort_all().
  if (!filled.ok()) (void)end_upload(tree, name, directory);
  return filled;
}

Result<bool> is_upload(FileTree& tree, const std::string& directory) {
  TRY_ASSIGN(const auto status, tree.status(below(directory, part_format::upload_file)));
  return status.has_value();
}

Result<void> end_upload(FileTree& tree, const Revision& name, const std::string& directory) {
  TRY(remove_upload(tree, directory));
  return remove_and_sync(tree, blob_format::uploads_directory_of(name));
}

Result<void> end_uploads(FileTree& tree, const Revision& name) {
  const auto uploads = blob_format::uploads_directory_of(name);
  TRY_ASSIGN(const auto ids, list_if_there(tree, uploads));
  for (const auto& id : ids)
    TRY(remove_upload(tree, below(uploads, id)));
  return remove_and_sync(tree, uploads);
}

Result<std::size_t> remove_ended_uploads(FileTree& tree) {
  TRY_ASSIGN(const auto names, tree.list(temporary_directory));
  std::size_t removed = 0;
  for (const auto& name : names) {
    const auto blob = blob_format::path_of_uploads(name);
    if (!blob) continue;
    TRY_ASSIGN(const auto ended,
               remove_ended_uploads_of(tree, below(temporary_directory, name), *blob));
    removed += ended;
  }
  return removed;
}

}  // namespace objectstore
