#include "testing/blob_store_conformance.h"

#include "backends/filesystem/blob_store.h"
#include "backends/filesystem/posix_file_system.h"
#include "runtime/thread_pool.h"
#include "testing/scratch_directory.h"

namespace objectstore::testing {
namespace {

// Threads of its own: calls end on others than they began on, as in a real process.
struct FilesystemBlobs final : BlobStoreUnderTest {
  FilesystemBlobs() {
    auto opened =
        FilesystemBlobStore::open((directory.path() / "blobs").string(), file_system, pool, logger);
    EXPECT_TRUE(opened.ok());
    store = std::move(opened).value();
  }
  [[nodiscard]] BlobStore& blobs() override { return *store; }

  ScratchDirectory directory;
  PosixFileSystem file_system;
  ThreadPool pool{2, 16};
  NullLogger logger;
  std::unique_ptr<FilesystemBlobStore> store;
};

INSTANTIATE_TEST_SUITE_P(Filesystem, BlobStoreConformance,
                         ::testing::Values(BlobStoreCase{
                             "filesystem", [] { return std::make_unique<FilesystemBlobs>(); }}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace objectstore::testing
