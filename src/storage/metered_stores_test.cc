#include <gmock/gmock.h>

#include <map>

#include "backends/memory/memory_blob_store.h"
#include "backends/memory/memory_row_store.h"
#include "storage/metered_blob_store.h"
#include "storage/metered_row_store.h"
#include "testing/blob_store_conformance.h"
#include "testing/forwarding_stores.h"
#include "testing/row_store_conformance.h"

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

class MeteredStoresTest : public ::testing::Test {
 protected:
  // "operation outcome" and how often, of all series.
  std::map<std::string, std::uint64_t> operations() {
    std::map<std::string, std::uint64_t> counts;
    for (auto* family : metrics_.all_histograms()) {
      family->each([&](const auto& values, const Histogram& histogram) {
        EXPECT_EQ(values[0], tier_);
        counts[values[1] + ' ' + values[2]] = histogram.snapshot().count;
        seconds_[values[1]] = histogram.snapshot().sum;
      });
    }
    return counts;
  }
  std::uint64_t bytes(const char* direction) {
    return metrics_.counters({"objectstore_tier_bytes_total", "", "", {"tier", "direction"}})
        .with({tier_, direction})
        .value();
  }

  std::string tier_;
  ManualClock clock_;
  Metrics metrics_;
  std::map<std::string, double> seconds_;
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
  EXPECT_EQ(seconds_["upload"], 3);
  EXPECT_EQ(seconds_["finish"], 0);
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
