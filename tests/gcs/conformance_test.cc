#include "backends/gcs/urls.h"
#include "gcs/gcs_server.h"
#include "testing/blob_lister_conformance.h"
#include "testing/blob_store_conformance.h"
#include "testing/multipart_blobs_conformance.h"

namespace objectstore::testing {
namespace {

// So small that a few hundred kilobytes take several chunks.
GcsSettings small_chunks() {
  GcsSettings settings;
  settings.chunk_bytes = 256 << 10;
  return settings;
}

struct GcsBlobs final : BlobStoreUnderTest {
  explicit GcsBlobs(const GcsSettings& settings) : bucket(settings) {}
  [[nodiscard]] BlobStore& blobs() override { return bucket.store(); }
  [[nodiscard]] bool keeps_time_created() const override { return false; }
  [[nodiscard]] bool readers_survive_discard() const override { return false; }
  GcsBucket bucket;
};

struct GcsListing final : BlobListerUnderTest {
  [[nodiscard]] BlobStore& blobs() override { return bucket.store(); }
  [[nodiscard]] BlobLister& lister() override { return bucket.store(); }
  [[nodiscard]] WallTime now() override { return bucket.now(); }
  // Puts an object that is no blob in its place.
  [[nodiscard]] bool spoil(const Revision& name) override {
    (void)run(bucket.store().discard(name, ""));
    const auto other = encode_component(name.object_path() + "/no-revision");
    const auto put = bucket.ask("POST", "/upload/storage/v1/b/" + bucket.settings().bucket +
                                            "/o?uploadType=media&name=" + other);
    return put.status == 200;
  }
  GcsBucket bucket;
};

struct GcsMultipart final : MultipartBlobsUnderTest {
  [[nodiscard]] BlobStore& blobs() override { return bucket.store(); }
  [[nodiscard]] MultipartBlobs& multipart() override { return bucket.store(); }
  [[nodiscard]] WallTime now() override { return bucket.now(); }
  GcsBucket bucket;
};

bool has_server() {
  return GcsServer::instance() != nullptr;
}

std::vector<BlobStoreCase> blob_cases() {
  if (!has_server()) return {};
  return {
      {"one_chunk", [] { return std::make_unique<GcsBlobs>(GcsSettings()); }},
      {"small_chunks", [] { return std::make_unique<GcsBlobs>(small_chunks()); }},
  };
}

std::vector<BlobListerCase> lister_cases() {
  if (!has_server()) return {};
  return {{"gcs", [] { return std::make_unique<GcsListing>(); }}};
}

std::vector<MultipartBlobsCase> multipart_cases() {
  if (!has_server()) return {};
  MultipartBlobsCase param;
  param.name = "gcs";
  param.make = [] { return std::make_unique<GcsMultipart>(); };
  param.min_part_size = 5 << 20;
  param.keeps_time_created = false;
  return {param};
}

std::string name_of(const auto& info) {
  return info.param.name;
}

TEST(GcsServerTest, is_there) {
  if (!has_server()) GTEST_SKIP() << "OBJECTSTORE_GCS_SERVER is not set";
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BlobStoreConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BlobListerConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MultipartBlobsConformance);
INSTANTIATE_TEST_SUITE_P(Gcs, BlobStoreConformance, ::testing::ValuesIn(blob_cases()),
                         name_of<::testing::TestParamInfo<BlobStoreCase>>);
INSTANTIATE_TEST_SUITE_P(Gcs, BlobListerConformance, ::testing::ValuesIn(lister_cases()),
                         name_of<::testing::TestParamInfo<BlobListerCase>>);
INSTANTIATE_TEST_SUITE_P(Gcs, MultipartBlobsConformance, ::testing::ValuesIn(multipart_cases()),
                         name_of<::testing::TestParamInfo<MultipartBlobsCase>>);

}  // namespace
}  // namespace objectstore::testing
