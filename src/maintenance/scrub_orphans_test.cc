// Which blobs are orphans, and what becomes of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "maintenance/test_support.h"

namespace objectstore::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OrphansTest : public ScrubTest {
 protected:
  OrphansTest() { options_.repair = true; }

  // Whatever is told, nothing may be deleted.
  Texts findings_that_delete_nothing() {
    const auto before = blobs_.blobs();
    auto found = findings();
    EXPECT_EQ(blobs_.blobs(), before);
    EXPECT_EQ(report_.repaired, 0U);
    return found;
  }
};

TEST_F(OrphansTest, repair_deletes_orphans_and_nothing_else) {
  ASSERT_TRUE(put("a", large).ok());
  ASSERT_TRUE(put("b", large).ok());
  ASSERT_TRUE(put("c", "small").ok());
  const auto in_order = blobs_.blobs();
  for (const auto* key : {"a", "c", "gone"})
    add_blob(key, 7);
  EXPECT_THAT(findings(), ElementsAre("orphaned_blob " + path("a") + " repaired",
                                      "orphaned_blob " + path("c") + " repaired",
                                      "orphaned_blob " + path("gone") + " repaired"));
  EXPECT_EQ(report_.repaired, 3U);
  EXPECT_EQ(report_.outcome, Outcome::findings);
  EXPECT_EQ(blobs_.blobs(), in_order);
  EXPECT_TRUE(log_.empty());
  EXPECT_EQ(get("a"), large);
  EXPECT_EQ(get("c"), "small");
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(OrphansTest, repair_fences_and_reads_the_row_before_it_deletes) {
  ASSERT_TRUE(put("a", large).ok());
  add_blob("a", 7);
  rows_.requests.clear();
  EXPECT_EQ(findings().size(), 1U);
  EXPECT_THAT(rows_.requests, ElementsAre("fence", "read"));
}

TEST_F(OrphansTest, what_a_row_has_come_to_point_to_survives_the_repair) {
  // Not possible by the protocol; and yet nothing is deleted but by the row's own word.
  const auto orphan = add_blob("a", 7);
  rows_.on_read = [&]() -> std::optional<Result<Row>> {
    return Result<Row>(Row{RedirectRow{orphan, ExpirationPolicy(), std::nullopt}, stamp_of(1)});
  };
  EXPECT_EQ(findings().size(), 1U);
  EXPECT_TRUE(blobs_.blobs().contains(orphan));
}

TEST_F(OrphansTest, an_orphan_that_can_not_be_deleted_is_left_to_recovery) {
  add_blob("a", 7);
  blob_store_.discard_fault = fails_from(1, always, ErrorCode::io);
  EXPECT_THAT(findings(), ElementsAre("orphaned_blob " + path("a")));
  EXPECT_THAT(told_.findings[0].detail, HasSubstr("not deleted: injected"));
  EXPECT_EQ(log_.snapshot().size(), 1U);
}

TEST_F(OrphansTest, a_blob_whose_object_has_no_legal_path_is_left_alone) {
  const Revision strange("nonsense", uuid_of(7));
  auto writer = run(blobs_.create(strange, Metadata()));
  ASSERT_TRUE(run((*writer)->finish()).ok());
  EXPECT_THAT(findings_that_delete_nothing(), ElementsAre("orphaned_blob nonsense"));
  EXPECT_TRUE(log_.empty()) << "an entry of such a path could never be settled";
}

TEST_F(OrphansTest, a_young_blob_is_no_orphan_yet) {
  add_blob("a", 7);
  auto age = options_.young - std::chrono::seconds(1);
  blob_lister_.change = [&](ListedBlob& blob) { blob.written = clock_.now() - age; };
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
  age += std::chrono::seconds(1);
  options_.young += std::chrono::hours(24 * 365 * 100);  // before 1970
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
  options_.young -= std::chrono::hours(24 * 365 * 100);
  EXPECT_EQ(findings().size(), 1U);
}

TEST_F(OrphansTest, a_blob_is_no_orphan_while_an_intent_is_open) {
  add_blob("a", 7);
  const AttemptId attempt{make_uuid_v7(clock_, random_)};
  const IntentCondition condition;
  ASSERT_TRUE(run(rows_.open_intent(path("a"), attempt, condition)).is_applied());
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
  ASSERT_TRUE(run(rows_.fence(path("a"), attempt)).ok());
  EXPECT_EQ(findings().size(), 1U);
}

TEST_F(OrphansTest, an_intent_that_nobody_remembers_protects_as_long_as_an_upload_may_last) {
  const AttemptId attempt{make_uuid_v7(clock_, random_)};
  const IntentCondition condition;
  ASSERT_TRUE(run(rows_.open_intent(path("a"), attempt, condition)).is_applied());
  add_blob("a", 7);
  clock_.advance(options_.young - std::chrono::milliseconds(1));
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
  clock_.advance(std::chrono::milliseconds(1));
  // Without a log it is all that protects.
  hooked_log_.is_durable = false;
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
  hooked_log_.is_durable = true;
  EXPECT_THAT(findings(), ElementsAre("orphaned_blob " + path("a") + " repaired"));
}

TEST_F(OrphansTest, a_blob_that_the_log_names_is_no_orphan) {
  enum class Kind { as_new, as_old, swept_later, quarantined, open_upload, quarantined_upload };
  for (const auto kind : {Kind::as_new, Kind::as_old, Kind::swept_later, Kind::quarantined,
                          Kind::open_upload, Kind::quarantined_upload}) {
    const auto name = add_blob("a", 7);
    auto entry = kind == Kind::as_old ? add_entry("a", std::nullopt, name)
                                      : add_entry("a", name, std::nullopt);
    entry.swept_later = kind == Kind::swept_later;
    if (kind == Kind::open_upload || kind == Kind::quarantined_upload) {
      entry.upload_state = UploadState{UploadPhase::idle, uuid_of(9), {}, "upload"};
    }
    const auto now = unix_ms(clock_.now());
    const std::vector<LogEntry> entries(1, entry);
    ASSERT_TRUE(run(log_.record(entries, now)).ok());
    const auto key = entry_key(entry.change.id);
    if (kind == Kind::quarantined || kind == Kind::quarantined_upload) put_aside(key);
    // Many more, so that it takes pages to find it.
    for (std::uint64_t other = 100; other < 150; ++other)
      add_entry("other", revision_of(path("other"), other), std::nullopt);
    options_.page = 4;
    for (const auto& text : findings_that_delete_nothing())
      EXPECT_THAT(text, HasSubstr("quarantined_entry")) << static_cast<int>(kind);
    for (const auto& [left, stored] : log_.snapshot())
      ASSERT_TRUE(run(log_.remove(left)).ok());
    drop_blob(name);
  }
}

TEST_F(OrphansTest, orphans_are_only_suspected_while_the_log_can_not_be_read_whole) {
  add_blob("a", 7);
  const auto now = unix_ms(clock_.now());
  const auto key = entry_key(uuid_of(1));
  for (const auto* value :
       {"{", R"({"version":2})", R"({"id":"u/objects/a","new":7,"old":null})"}) {
    log_.inject(key, value, now);
    EXPECT_THAT(findings_that_delete_nothing(), ::testing::Contains("orphaned_blob " + path("a")));
    EXPECT_THAT(told_.findings.back().detail, HasSubstr("unless"));
  }
  put_aside(key);
  EXPECT_THAT(findings_that_delete_nothing(), ::testing::Contains("orphaned_blob " + path("a")));
  EXPECT_THAT(told_.findings.back().detail, HasSubstr("unless"));
}

TEST_F(OrphansTest, without_a_log_what_a_recent_write_replaced_is_no_orphan_yet) {
  hooked_log_.is_durable = false;
  ASSERT_TRUE(put("a", large).ok());
  add_blob("a", 7);
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
  clock_.advance(options_.young + std::chrono::seconds(1));
  EXPECT_THAT(findings(), ElementsAre("orphaned_blob " + path("a") + " repaired"));
  EXPECT_EQ(blobs_.blobs().size(), 1U);
}

// A store that deletes what has expired by a rule of its own.
class ExpiringLister final : public BlobLister {
 public:
  ExpiringLister(BlobLister& inner, WallTime expires) : inner_(inner), expires_(expires) {}
  Task<Result<BlobPage>> list_blobs(std::string from, std::size_t limit) override {
    CO_TRY_ASSIGN(auto page, co_await inner_.list_blobs(std::move(from), limit));
    for (auto& blob : page.blobs)
      blob.expires = expires_;
    co_return std::move(page);
  }

 private:
  BlobLister& inner_;
  WallTime expires_;
};

TEST_F(OrphansTest, expired_blobs_without_a_row_are_left_to_a_store_that_deletes_them_by_itself) {
  add_blob("a", 7);
  ExpiringLister lister(blobs_, clock_.now() + std::chrono::hours(10));
  const ScrubParts parts{row_lister_, lister,           rows_,  blobs_,  hooked_log_,
                         changes_,    store_.settler(), clock_, random_, logger_};
  ScrubOptions options;
  const auto orphans = [&] {
    report_ = wait(scrub(parts, options, told_));
    return report_.totals.findings;
  };
  EXPECT_EQ(orphans(), 1U) << "its row would still be there";
  clock_.advance(std::chrono::hours(9));
  EXPECT_EQ(orphans(), 0U) << "the row may be gone by a clock that is ahead";
  clock_.advance(options.expiry_lag);
  EXPECT_EQ(orphans(), 0U);
  clock_.advance(std::chrono::hours(2));
  EXPECT_EQ(orphans(), 1U) << "the bucket has no such rule";
}

TEST_F(OrphansTest, where_uploads_may_finish_late_the_orphan_is_swept_again) {
  MemoryBlobStore late(LateUploads::possible);
  const auto name = revision_of(path("a"), 7);
  auto writer = run(late.create(name, Metadata()));
  ASSERT_TRUE(run((*writer)->finish()).ok());
  TieredStore store(rows_, late, changes_, clock_, random_, logger_, TieredSettings{});
  const ScrubParts parts{row_lister_,     late,   rows_,   late,   hooked_log_, changes_,
                         store.settler(), clock_, random_, logger_};
  report_ = wait(scrub(parts, options_, told_));
  EXPECT_EQ(report_.repaired, 1U);
  EXPECT_TRUE(late.blobs().empty());
  const auto left = log_.snapshot();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_GT(left.begin()->second.time, unix_ms(clock_.now() + std::chrono::hours(24)));
}

}  // namespace
}  // namespace objectstore::testing
