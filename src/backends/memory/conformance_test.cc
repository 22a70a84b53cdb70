#include "backends/memory/memory_blob_store.h"
#include "backends/memory/memory_change_log.h"
#include "backends/memory/memory_row_store.h"
#include "testing/blob_lister_conformance.h"
#include "testing/blob_store_conformance.h"
#include "testing/change_log_conformance.h"
#include "testing/change_log_exchange_conformance.h"
#include "testing/multipart_blobs_conformance.h"
#include "testing/row_lister_conformance.h"
#include "testing/row_store_conformance.h"

namespace objectstore::testing {
namespace {

struct MemoryRows final : RowStoreUnderTest {
  explicit MemoryRows(Clock& clock) : store(clock) {}
  [[nodiscard]] RowStore& rows() override { return store; }
  [[nodiscard]] RowSweeper* sweeper() override { return &store; }
  MemoryRowStore store;
};

struct MemoryListedRows final : RowListerUnderTest {
  explicit MemoryListedRows(Clock& clock) : store(clock) {}
  [[nodiscard]] RowStore& rows() override { return store; }
  [[nodiscard]] RowLister& lister() override { return store; }
  [[nodiscard]] bool spoil(const std::string&) override { return false; }
  MemoryRowStore store;
};

struct MemoryListedBlobs final : BlobListerUnderTest {
  [[nodiscard]] BlobStore& blobs() override { return store; }
  [[nodiscard]] BlobLister& lister() override { return store; }
  [[nodiscard]] WallTime now() override { return clock.now(); }
  [[nodiscard]] bool spoil(const Revision&) override { return false; }
  ManualClock clock;
  MemoryBlobStore store{LateUploads::prevented, &clock};
};

struct MemoryLog final : ChangeLogUnderTest {
  [[nodiscard]] ChangeLog& log() override { return store; }
  void put(const std::string& key, EntryTime time, const std::string& value,
           const std::string& state) override {
    store.inject(key, value, time, state);
  }
  MemoryChangeLog store;
};

struct MemoryBlobs final : BlobStoreUnderTest {
  explicit MemoryBlobs(LateUploads late_uploads) : store(late_uploads) {}
  [[nodiscard]] BlobStore& blobs() override { return store; }
  MemoryBlobStore store;
};

struct MemoryMultipart final : MultipartBlobsUnderTest {
  explicit MemoryMultipart(LateUploads late_uploads) : store(late_uploads, &clock) {}
  [[nodiscard]] BlobStore& blobs() override { return store; }
  [[nodiscard]] MultipartBlobs& multipart() override { return store; }
  [[nodiscard]] WallTime now() override { return clock.now(); }
  ManualClock clock;
  MemoryBlobStore store;
};

MultipartBlobsCase multipart_case(std::string name, LateUploads late_uploads) {
  MultipartBlobsCase param;
  param.name = std::move(name);
  param.make = [late_uploads] { return std::make_unique<MemoryMultipart>(late_uploads); };
  param.verifies_md5 = false;
  return param;
}

const auto name_of = [](const auto& info) { return info.param.name; };

INSTANTIATE_TEST_SUITE_P(Memory, RowStoreConformance,
                         ::testing::Values(RowStoreCase{
                             "memory",
                             [](Clock& clock) { return std::make_unique<MemoryRows>(clock); }}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Memory, ChangeLogConformance,
                         ::testing::Values(ChangeLogCase{
                             "memory", [](Clock&) { return std::make_unique<MemoryLog>(); }}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Memory, ChangeLogExchanges,
                         ::testing::Values(ChangeLogCase{
                             "memory", [](Clock&) { return std::make_unique<MemoryLog>(); }}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(
    Memory, BlobStoreConformance,
    ::testing::Values(
        BlobStoreCase{"late_uploads_prevented",
                      [] { return std::make_unique<MemoryBlobs>(LateUploads::prevented); }},
        BlobStoreCase{"late_uploads_possible",
                      [] { return std::make_unique<MemoryBlobs>(LateUploads::possible); }}),
    name_of);
INSTANTIATE_TEST_SUITE_P(
    Memory, MultipartBlobsConformance,
    ::testing::Values(multipart_case("late_uploads_prevented", LateUploads::prevented),
                      multipart_case("late_uploads_possible", LateUploads::possible)),
    name_of);
INSTANTIATE_TEST_SUITE_P(
    Memory, RowListerConformance,
    ::testing::Values(RowListerCase{
        "memory", [](Clock& clock) { return std::make_unique<MemoryListedRows>(clock); }}),
    name_of);
INSTANTIATE_TEST_SUITE_P(Memory, BlobListerConformance,
                         ::testing::Values(BlobListerCase{
                             "memory", [] { return std::make_unique<MemoryListedBlobs>(); }}),
                         name_of);

TEST(MemoryRowStore, stamps_of_deleted_rows_go_after_seven_days) {
  ManualClock clock;
  MemoryRowStore store(clock);
  const RowState absent = AbsentRow{};
  const RowState late = inline_state("late");
  ASSERT_TRUE(run(store.write_unless_redirect("key", absent, stamp_of(5))).is_applied());
  ASSERT_EQ(store.snapshot().size(), 1U);
  clock.advance(std::chrono::hours(7 * 24) + std::chrono::milliseconds(1));
  EXPECT_TRUE(run(store.write_unless_redirect("key", late, stamp_of(4))).is_applied());
}

TEST(MemoryBlobStore, an_upload_that_was_discarded_may_finish_late_where_nothing_prevents_it) {
  MemoryBlobStore store(LateUploads::possible);
  const auto name = revision_of("u/objects/k", 1);
  auto writer = run(store.create(name, Metadata()));
  ASSERT_TRUE(writer.ok());
  const auto discarded = run(store.discard(name, ""));
  ASSERT_TRUE(discarded.ok());
  EXPECT_EQ(*discarded, Discarded::may_appear_later);
  EXPECT_TRUE(run((*writer)->finish()).ok());
  EXPECT_TRUE(store.blobs().contains(name));
}

}  // namespace
}  // namespace objectstore::testing
