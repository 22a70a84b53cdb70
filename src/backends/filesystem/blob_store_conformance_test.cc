#include <fstream>

#include "backends/filesystem/blob_format.h"
#include "backends/filesystem/blob_store.h"
#include "backends/filesystem/multipart_blobs.h"
#include "backends/filesystem/posix_file_system.h"
#include "runtime/real_clock.h"
#include "runtime/thread_pool.h"
#include "testing/blob_lister_conformance.h"
#include "testing/blob_store_conformance.h"
#include "testing/multipart_blobs_conformance.h"
#include "testing/scratch_directory.h"
#include "testing/seeded_random.h"

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

struct FilesystemListing final : BlobListerUnderTest {
  [[nodiscard]] BlobStore& blobs() override { return *files.store; }
  [[nodiscard]] BlobLister& lister() override { return *files.store; }
  [[nodiscard]] WallTime now() override { return clock.now(); }
  [[nodiscard]] bool spoil(const Revision& name) override {
    const auto path = files.directory.path() / "blobs" / blob_format::path_of(name);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file << "no header";
    return file.good();
  }
  FilesystemBlobs files;
  RealClock clock;
};

struct FilesystemMultipart final : MultipartBlobsUnderTest {
  [[nodiscard]] BlobStore& blobs() override { return *files.store; }
  [[nodiscard]] MultipartBlobs& multipart() override { return uploads; }
  [[nodiscard]] WallTime now() override { return clock.now(); }
  FilesystemBlobs files;
  SeededRandom random;
  RealClock clock;
  FilesystemMultipartBlobs uploads{*files.store, random};
};

MultipartBlobsCase multipart_case() {
  MultipartBlobsCase param;
  param.name = "filesystem";
  param.make = [] { return std::make_unique<FilesystemMultipart>(); };
  return param;
}

INSTANTIATE_TEST_SUITE_P(Filesystem, MultipartBlobsConformance, ::testing::Values(multipart_case()),
                         [](const auto& test) { return test.param.name; });
INSTANTIATE_TEST_SUITE_P(Filesystem, BlobListerConformance,
                         ::testing::Values(BlobListerCase{
                             "filesystem", [] { return std::make_unique<FilesystemListing>(); }}),
                         [](const auto& test) { return test.param.name; });
INSTANTIATE_TEST_SUITE_P(Filesystem, BlobStoreConformance,
                         ::testing::Values(BlobStoreCase{
                             "filesystem", [] { return std::make_unique<FilesystemBlobs>(); }}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace objectstore::testing
