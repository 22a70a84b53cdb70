#include <set>

#include "backends/rocksdb/test_support.h"

namespace objectstore::testing {
namespace {

// The real file system, that knows which new names are not durable yet.
class WatchesNames final : public rocksdb::FileSystemWrapper {
 public:
  WatchesNames() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  [[nodiscard]] const char* Name() const override { return "WatchesNames"; }

  [[nodiscard]] int switches() const { return switches_; }
  [[nodiscard]] bool all_were_durable() const { return all_were_durable_; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override {
    if (name.find("MANIFEST") != std::string::npos) unsynced_.insert(name);
    return FileSystemWrapper::NewWritableFile(name, options, file, context);
  }
  rocksdb::IOStatus RenameFile(const std::string& source, const std::string& target,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override {
    if (target.ends_with("/CURRENT")) {
      ++switches_;
      if (!unsynced_.empty()) all_were_durable_ = false;
    }
    return FileSystemWrapper::RenameFile(source, target, options, context);
  }
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* context) override {
    auto status = FileSystemWrapper::NewDirectory(name, options, directory, context);
    if (status.ok()) *directory = std::make_unique<Directory>(std::move(*directory), unsynced_);
    return status;
  }

 private:
  class Directory final : public rocksdb::FSDirectoryWrapper {
   public:
    Directory(std::unique_ptr<rocksdb::FSDirectory> directory, std::set<std::string>& unsynced)
        : FSDirectoryWrapper(std::move(directory)), unsynced_(unsynced) {}
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* context) override {
      unsynced_.clear();
      return FSDirectoryWrapper::Fsync(options, context);
    }

   private:
    std::set<std::string>& unsynced_;
  };

  std::set<std::string> unsynced_;
  int switches_ = 0;
  bool all_were_durable_ = true;
};

TEST(DurableCurrent, never_names_a_manifest_whose_name_may_be_lost) {
  const ScratchDirectory directory;
  ManualClock clock;
  RecordingLogger logger;
  const auto disk = std::make_shared<WatchesNames>();
  const auto env = rocksdb::NewCompositeEnv(disk);
  for (int starts = 1; starts <= 2; ++starts) {
    ASSERT_NE(open_database(directory.path() / "rows", clock, logger, env.get()), nullptr);
    EXPECT_GE(disk->switches(), starts);
    EXPECT_TRUE(disk->all_were_durable());
  }
}

}  // namespace
}  // namespace objectstore::testing
