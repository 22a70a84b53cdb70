#include "backends/rocksdb/durable_current.h"

#include <filesystem>

namespace objectstore {

namespace {

class DurableCurrent final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  [[nodiscard]] const char* Name() const override { return "objectstore.durable_current"; }

  rocksdb::IOStatus RenameFile(const std::string& source, const std::string& target,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override {
    const std::filesystem::path path(target);
    if (path.filename() == "CURRENT") {
      auto synced = sync_directory(path.parent_path().string(), options, context);
      if (!synced.ok()) return synced;
    }
    return FileSystemWrapper::RenameFile(source, target, options, context);
  }

 private:
  rocksdb::IOStatus sync_directory(const std::string& path, const rocksdb::IOOptions& options,
                                   rocksdb::IODebugContext* context) {
    std::unique_ptr<rocksdb::FSDirectory> directory;
    auto status = NewDirectory(path, options, &directory, context);
    if (!status.ok()) return status;
    status = directory->Fsync(options, context);
    const auto closed = directory->Close(options, context);
    return status.ok() ? closed : status;
  }
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> with_durable_current(
    std::shared_ptr<rocksdb::FileSystem> target) {
  return std::make_shared<DurableCurrent>(std::move(target));
}

}  // namespace objectstore
