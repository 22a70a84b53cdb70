#include "backends/filesystem/temporary_file.h"

namespace objectstore {

namespace {

// false: somebody else holds the file, or has unlinked it.
Result<bool> claim(File& file) {
  TRY_ASSIGN(const bool locked, file.try_lock());
  if (!locked) return false;
  TRY_ASSIGN(const auto status, file.status());
  return status.links > 0;
}

}  // namespace

Result<std::unique_ptr<File>> create_temporary(FileTree& tree, const std::string& path) {
  TRY_ASSIGN(auto file, tree.create(path));
  if (!file) return Error(ErrorCode::conflict, "an upload exists already in " + path);
  auto claimed = claim(*file);
  if (!claimed.ok()) {
    (void)tree.unlink(path);
    return std::move(claimed).error();
  }
  if (!*claimed) {
    return Error(ErrorCode::unavailable, "a clean-up removed the new file " + path);
  }
  return file;
}

Result<bool> remove_if_dead(FileTree& tree, const std::string& path) {
  TRY_ASSIGN(auto file, tree.open(path));
  if (!file) return false;
  // Where the claim fails, another clean-up was here first, and the name may be a new file's.
  TRY_ASSIGN(const bool dead, claim(*file));
  if (!dead) return false;
  // Its writer may have finished and renamed it meanwhile.
  return tree.unlink(path);
}

Result<std::size_t> remove_leftovers(FileTree& tree, const std::string& directory) {
  TRY_ASSIGN(const auto names, tree.list(directory));
  std::size_t removed = 0;
  for (const auto& name : names) {
    if (!name.ends_with(".tmp")) continue;
    std::string path(directory);
    path.append("/").append(name);
    TRY_ASSIGN(const bool unlinked, remove_if_dead(tree, path));
    if (unlinked) ++removed;
  }
  return removed;
}

}  // namespace objectstore
