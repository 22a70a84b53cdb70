#include <gmock/gmock.h>

#include <map>

#include "backends/memory/memory_blob_store.h"
#include "backends/memory/memory_row_store.h"
#include "storage/metered_blob_store.h"
#include "storage/metered_multipart_blobs.h"
#include "storage/metered_row_store.h"
#include "testing/blob_store_conformance.h"
#include "testing/forwarding_stores.h"
#include "testing/multipart_blobs_conformance.h"
#include "testing/row_store_conformance.h"
#include "testing/tier_operations.h"

namespace objectstore::testing {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

struct MeteredRows final : RowStoreUnderTest {
  explicit MeteredRows(Clock& clock) : inner(clock), store(inner, metrics, clock) {}
  [[nodiscard]] RowStore& rows() override { return store; }
  [[nodiscard]] RowSweeper* sweeper() override { return &inner; }
  MemoryRowStore inner;
  Metrics metrics;
  MeteredRowStore store;
};

struct MeteredBlobs final : BlobStoreUnderTest {
  [[nodiscard]] BlobStore& blobs() override { return store; }
  ManualClock clock;
  MemoryBlobStore inner{LateUploads::prevented};
  Metrics metrics;
  MeteredBlobStore store{inner, metrics, clock};
};

struct MeteredParts final : MultipartBlobsUnderTest {
  [[nodiscard]] BlobStore& blobs() override { return inner; }
  [[nodiscard]] MultipartBlobs& multipart() override { return store; }
  [[nodiscard]] WallTime now() override { return clock.now(); }
  ManualClock clock;
  MemoryBlobStore inner{LateUploads::prevented, &clock};
  Metrics metrics;
  MeteredMultipartBlobs store{inner, metrics, clock};
};

MultipartBlobsCase metered_parts() {
  MultipartBlobsCase param;
  param.name = "metered";
  param.make = [] { return std::make_unique<MeteredParts>(); };
  param.verifies_md5 = false;  // by the store in memory
  return param;
}

const auto name_of = [](const auto& info) { return info.param.name; };

INSTANTIATE_TEST_SUITE_P(Metered, RowStoreConformance,
                         ::testing::Values(RowStoreCase{
                             "metered",
                             [](Clock& clock) { return std::make_unique<MeteredRows>(clock); }}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Metered, BlobStoreConformance,
                         ::testing::Values(BlobStoreCase{
                             "metered", [] { return std::make_unique<MeteredBlobs>(); }}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Metered, MultipartBlobsConformance, ::testing::Values(metered_parts()),
                         name_of);

class MeteredStoresTest : public ::testing::Test {
 protected:
  std::map<std::string, std::uint64_t> operations() { return tier_operations(metrics_, tier_); }
  std::uint64_t bytes(const char* direction) {
    return metrics_.counters({"objectstore_tier_bytes_total", "", "", {"tier", "direction"}})
        .with({tier_, direction})
        .value();
  }

  std::string tier_;
  ManualClock clock_;
  Metrics metrics_;
};

TEST_F(MeteredStoresTest, requests_to_rows_are_counted_by_outcome) {
  tier_ = "high-volume";
  MemoryRowStore inner(clock_);
  MeteredRowStore rows(inner, metrics_, clock_);
  const RowState value = inline_state("12345");
  EXPECT_TRUE(run(rows.write_unless_redirect("k", value, stamp_of(5))).is_applied());
  EXPECT_TRUE(run(rows.write_unless_redirect("k", value, stamp_of(4))).is_refused());
  EXPECT_TRUE(run(rows.read("k", RowPart::everything)).ok());
  EXPECT_TRUE(run(rows.read("k", RowPart::metadata)).ok());
  EXPECT_TRUE(run(rows.fence("k", AttemptId{})).ok());
  EXPECT_THAT(operations(), UnorderedElementsAre(Pair("write ok", 1), Pair("write refused", 1),
                                                 Pair("read ok", 1), Pair("read_metadata ok", 1),
                                                 Pair("fence ok", 1)));
  EXPECT_EQ(bytes("written"), 5U);
  EXPECT_EQ(bytes("read"), 5U);
}

TEST_F(MeteredStoresTest, requests_to_blobs_are_counted_by_outcome) {
  tier_ = "long-term";
  MemoryBlobStore inner(LateUploads::prevented);
  MeteredBlobStore blobs(inner, metrics_, clock_);
  const auto name = revision_of("u/objects/k", 1);
  EXPECT_EQ(*run(blobs.open(name)), nullptr);
  auto writer = run(blobs.create(name, Metadata()));
  ASSERT_TRUE(writer.ok());
  EXPECT_TRUE(run(begin_unrecorded(**writer)).ok());
  EXPECT_TRUE(run((*writer)->append("0123456789")).ok());
  clock_.advance(std::chrono::seconds(3));
  EXPECT_TRUE(run((*writer)->finish()).ok());
  auto reader = run(blobs.open(name));
  ASSERT_TRUE(reader.ok());
  const auto stream = (*reader)->stream(ByteRange{2, 4});
  EXPECT_EQ(*run(stream->next()), "2345");
  EXPECT_FALSE(*run(blobs.extend(revision_of("u/objects/k", 2), clock_.now())));
  EXPECT_TRUE(run(blobs.discard(name, "")).ok());
  EXPECT_THAT(operations(), UnorderedElementsAre(Pair("create ok", 1), Pair("begin ok", 1),
                                                 Pair("finish ok", 1), Pair("upload ok", 1),
                                                 Pair("open missing", 1), Pair("open ok", 1),
                                                 Pair("discard ok", 1), Pair("extend missing", 1)));
  EXPECT_EQ(bytes("written"), 10U);
  EXPECT_EQ(bytes("read"), 4U);
  EXPECT_EQ(tier_seconds(metrics_, "upload"), 3);
  EXPECT_EQ(tier_seconds(metrics_, "finish"), 0);
}

TEST_F(MeteredStoresTest, requests_of_uploads_in_parts_are_counted_by_outcome) {
  tier_ = "long-term";
  MemoryBlobStore inner(LateUploads::prevented, &clock_);
  MeteredMultipartBlobs uploads(inner, metrics_, clock_);
  const auto name = revision_of("u/objects/k", 1);
  const auto upload = run(uploads.initiate(name, Metadata()));
  ASSERT_TRUE(upload.ok());
  const auto put = [&](const std::string& id, std::string_view bytes) {
    PartStream stream(bytes);
    return *run(uploads.put_part(name, id, PartToUpload{1, bytes.size(), &stream, {}}));
  };
  const auto stored = put(*upload, "12345");
  ASSERT_TRUE(std::holds_alternative<std::string>(stored));
  EXPECT_TRUE(std::holds_alternative<NoSuchUpload>(put("another", "1234567")));
  EXPECT_TRUE(run(uploads.list_parts(name, *upload, {})).ok());
  const std::vector<ListedPart> wrong = {{1, "\"of another part\""}};
  EXPECT_TRUE(std::holds_alternative<PartRefused>(*run(uploads.complete(name, *upload, wrong))));
  const std::vector<ListedPart> right = {{1, std::get<std::string>(stored)}};
  EXPECT_TRUE(std::holds_alternative<BlobCompleted>(*run(uploads.complete(name, *upload, right))));
  EXPECT_TRUE(run(uploads.abort(name, *upload)).ok());
  EXPECT_TRUE(run(uploads.abort_all(name)).ok());
  EXPECT_THAT(operations(),
              UnorderedElementsAre(Pair("initiate ok", 1), Pair("put_part ok", 1),
                                   Pair("put_part missing", 1), Pair("list_parts ok", 1),
                                   Pair("complete refused", 1), Pair("complete ok", 1),
                                   Pair("abort ok", 1), Pair("abort_all ok", 1)));
  EXPECT_EQ(bytes("written"), 5U);
}

class FailingBlobs final : public ForwardingBlobStore {
 public:
  using ForwardingBlobStore::ForwardingBlobStore;
  Task<Result<std::unique_ptr<BlobReader>>> open(const Revision&) override {
    co_return Error(ErrorCode::unavailable, "no answer");
  }
};

TEST_F(MeteredStoresTest, errors_are_passed_on_and_counted) {
  tier_ = "long-term";
  MemoryBlobStore inner(LateUploads::prevented);
  FailingBlobs failing(inner);
  MeteredBlobStore blobs(failing, metrics_, clock_);
  const auto opened = run(blobs.open(revision_of("u/objects/k", 1)));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::unavailable);
  EXPECT_THAT(operations(), UnorderedElementsAre(Pair("open failed", 1)));
}

}  // namespace
}  // namespace objectstore::testing
