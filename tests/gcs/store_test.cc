// What a store and the strict server do together beyond the conformance suites.
#include <gtest/gtest.h>

#include "base/digests.h"
#include "gcs/gcs_server.h"
#include "runtime/when_both.h"
#include "testing/row_values.h"
#include "testing/run.h"

namespace objectstore::testing {
namespace {

using namespace std::chrono_literals;

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint64_t state = size + 1;
  for (auto& byte : bytes) {
    state = state * 6364136223846793005 + 1442695040888963407;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}

class GcsServerStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (GcsServer::instance() == nullptr) GTEST_SKIP() << "OBJECTSTORE_GCS_SERVER is not set";
    bucket.emplace();
  }
  GcsStore& store() { return bucket->store(); }

  Task<Result<std::string>> write(Revision blob, std::string payload) {
    CO_TRY_ASSIGN(const auto writer, co_await store().create(blob, Metadata()));
    CO_TRY_ASSIGN(auto session, co_await begin_unrecorded(*writer));
    CO_TRY(co_await writer->append(payload));
    CO_TRY(co_await writer->finish());
    co_return std::move(session);
  }
  std::string read(const Revision& blob) {
    auto reader = run(store().open(blob));
    if (!reader.ok() || *reader == nullptr) return "(nothing)";
    const auto stream = (*reader)->stream(ByteRange{0, (*reader)->size()});
    std::string all;
    for (;;) {
      const auto piece = run(stream->next());
      if (!piece.ok()) return "(" + piece.error().describe() + ")";
      if (piece->empty()) return all;
      all += *piece;
    }
  }

  std::optional<GcsBucket> bucket;
  const Revision name = revision_of("u/objects/k", 1);
};

TEST_F(GcsServerStoreTest, an_upload_leaves_no_session) {
  const auto written = run(write(name, pattern(20 << 20)));  // three chunks
  ASSERT_TRUE(written.ok()) << written.error().describe();
  EXPECT_TRUE(read(name) == pattern(20 << 20));
  EXPECT_EQ(bucket->open_sessions(), 0U);
}

TEST_F(GcsServerStoreTest, a_dropped_upload_leaves_a_session_until_its_discard) {
  auto writer = run(store().create(name, Metadata()));
  ASSERT_TRUE(writer.ok());
  const auto session = run(begin_unrecorded(**writer));
  ASSERT_TRUE(session.ok());
  ASSERT_TRUE(run((*writer)->append(pattern(9 << 20))).ok());
  writer->reset();
  EXPECT_EQ(bucket->open_sessions(), 1U);
  for (int i = 0; i < 2; ++i) {
    const auto discarded = run(store().discard(name, *session));
    ASSERT_TRUE(discarded.ok()) << discarded.error().describe();
    EXPECT_EQ(*discarded, Discarded::for_good);
    EXPECT_EQ(bucket->open_sessions(), 0U);
  }
}

TEST_F(GcsServerStoreTest, an_upload_aborted_leaves_nothing) {
  const auto first = run(store().initiate(name, Metadata()));
  const auto second = run(store().initiate(name, Metadata()));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(bucket->open_uploads(), 2U);
  ASSERT_TRUE(run(store().abort_all(name)).ok());
  EXPECT_EQ(bucket->open_uploads(), 0U);
}

TEST_F(GcsServerStoreTest, deadlines_only_move_forward) {
  ASSERT_TRUE(run(write(name, "payload")).ok());
  const auto deadline_of = [&] {
    return run(store().open(name)).value()->metadata().time_expires.value();
  };
  const auto noon = from_unix_ms(some_ms);
  EXPECT_TRUE(run(store().extend(name, noon)).value());
  EXPECT_EQ(deadline_of(), noon);
  EXPECT_TRUE(run(store().extend(name, noon + 1h)).value());
  EXPECT_TRUE(run(store().extend(name, noon)).value());
  EXPECT_EQ(deadline_of(), noon + 1h);
}

TEST_F(GcsServerStoreTest, a_single_tier_replaces_what_is_there) {
  GcsSettings settings;
  settings.replace = true;
  GcsBucket single(settings);
  const auto object = Revision::unnumbered("u/objects/k");
  for (const std::string payload : {"first", "the second"}) {
    auto writer = run(single.store().create(object, Metadata())).value();
    ASSERT_TRUE(run(begin_unrecorded(*writer)).ok());
    ASSERT_TRUE(run(writer->append(payload)).ok());
    const auto finished = run(writer->finish());
    ASSERT_TRUE(finished.ok()) << finished.error().describe();
    const auto reader = run(single.store().open(object)).value();
    ASSERT_NE(reader, nullptr);
    EXPECT_EQ(reader->size(), payload.size());
  }
  EXPECT_EQ(single.open_sessions(), 0U);
}

TEST_F(GcsServerStoreTest, of_two_uploads_of_a_name_one_wins) {
  const auto [first, second] = run(when_both(write(name, "first"), write(name, "second")));
  EXPECT_NE(first.ok(), second.ok());
  const auto& lost = first.ok() ? second : first;
  EXPECT_EQ(lost.error().code(), ErrorCode::conflict);
  EXPECT_EQ(read(name), first.ok() ? "first" : "second");
}

TEST_F(GcsServerStoreTest, a_blob_deleted_while_it_is_read_is_unavailable) {
  ASSERT_TRUE(run(write(name, "payload")).ok());
  const auto reader = run(store().open(name)).value();
  ASSERT_TRUE(run(store().discard(name, "")).ok());
  const auto stream = reader->stream(ByteRange{0, 7});
  const auto piece = run(stream->next());
  ASSERT_FALSE(piece.ok());
  EXPECT_EQ(piece.error().code(), ErrorCode::unavailable);
}

TEST_F(GcsServerStoreTest, a_missing_bucket_is_named) {
  const auto deleted = bucket->ask("DELETE", "/storage/v1/b/" + bucket->settings().bucket);
  EXPECT_EQ(deleted.status, 200);
  const auto written = run(write(name, "payload"));
  ASSERT_FALSE(written.ok());
  EXPECT_NE(written.error().describe().find("create the bucket"), std::string::npos);
  const auto initiated = run(store().initiate(name, Metadata()));
  ASSERT_FALSE(initiated.ok());
  EXPECT_NE(initiated.error().describe().find("create the bucket"), std::string::npos);
}

}  // namespace
}  // namespace objectstore::testing
