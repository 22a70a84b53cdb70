#include "backends/filesystem/object_names.h"

#include <vector>

namespace objectstore {

namespace {

// Empty for a path of one component: the root.
std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

}  // namespace

Result<void> ObjectNames::publish(const std::string& temporary, const std::string& path) {
  {
    const std::lock_guard lock(mutex_);
    TRY(ensure_directory(parent_of(path)));
    TRY(rename(temporary, path));
  }
  return sync_names(parent_of(path));
}

Result<void> ObjectNames::remove(const std::string& path, std::size_t key_size) {
  auto unlinked = tree_.unlink(path);
  // A directory of that name is no object.
  if (!unlinked.ok() && unlinked.error().code() == ErrorCode::conflict) return {};
  if (!unlinked.ok()) return std::move(unlinked).error();
  // Also where nothing was found: whoever unlinked it may not have come to its sync.
  TRY(sync_names(parent_of(path)));
  if (*unlinked) remove_empty_directories(path, key_size);
  return {};
}

Result<void> ObjectNames::ensure_directory(const std::string& path) {
  std::vector<std::string> missing;
  for (auto at = path; !at.empty(); at = parent_of(at)) {
    TRY_ASSIGN(const auto status, tree_.status(at));
    if (status && !status->is_directory) {
      return Error(ErrorCode::conflict, "another object's key is a parent of this key");
    }
    if (status) break;
    missing.push_back(at);
  }
  for (; !missing.empty(); missing.pop_back()) {
    const auto& directory = missing.back();
    TRY(tree_.make_directory(directory));
    if (auto synced = tree_.sync_directory(parent_of(directory)); !synced.ok()) {
      // The next writer must not find it and take it for durable.
      (void)tree_.remove_directory(directory);
      return std::move(synced).error();
    }
  }
  return {};
}

Result<void> ObjectNames::rename(const std::string& temporary, const std::string& path) {
  auto renamed = tree_.rename_over(temporary, path);
  if (renamed.ok() || renamed.error().code() != ErrorCode::conflict) return renamed;
  // An empty directory holds no object: a process ended before it removed it.
  TRY_ASSIGN(const bool was_empty, tree_.remove_directory(path));
  if (was_empty) return tree_.rename_over(temporary, path);
  return Error(ErrorCode::conflict, "the key is a parent of other objects' keys");
}

Result<void> ObjectNames::sync_names(std::string directory) {
  for (;;) {
    auto synced = tree_.sync_directory(directory);
    if (!synced.ok()) {
      // The code tells that the outcome is open; why is a cause.
      return Error(ErrorCode::unavailable, synced.error().describe())
          .wrap("the change may not survive a loss of power");
    }
    // A directory that a delete has removed meanwhile: its going is what has to be durable.
    if (*synced || directory.empty()) return {};
    directory = parent_of(directory);
  }
}

void ObjectNames::remove_empty_directories(const std::string& path, std::size_t key_size) {
  const std::lock_guard lock(mutex_);
  const auto above_keys = path.size() - key_size;
  for (auto at = parent_of(path); at.size() > above_keys; at = parent_of(at)) {
    const auto removed = tree_.remove_directory(at);
    if (!removed.ok() || !*removed) return;
  }
}

}  // namespace objectstore
