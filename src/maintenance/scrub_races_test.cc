// A scrub beside writers: what changes under its eyes is no finding.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "maintenance/test_support.h"

namespace objectstore::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RacesTest : public ScrubTest {
 protected:
  RacesTest() { options_.repair = true; }

  // A row that points to revision `number`, written at that stamp.
  void point(const std::string& key, std::uint64_t number) {
    IntentCondition condition;
    const auto before = row(key);
    condition.stamp = before.stamp;
    if (const auto* target = redirect_target(before.state)) condition.redirect = *target;
    const auto attempt = attempt_of(number);
    ASSERT_TRUE(run(memory_rows_.open_intent(path(key), attempt, condition)).is_applied());
    const auto state = redirect_state(path(key), number);
    ASSERT_TRUE(run(memory_rows_.commit(path(key), attempt, state, stamp_of(number))).is_applied());
  }
  // Nothing that was there before may be deleted.
  Texts findings_that_delete_nothing() {
    auto found = findings();
    EXPECT_EQ(report_.repaired, 0U);
    return found;
  }
};

TEST_F(RacesTest, a_row_that_was_overwritten_meanwhile_does_not_dangle) {
  add_blob("a", 1);
  point("a", 1);
  // Between the listing of the row and the look at its blob.
  blob_store_.on_open = [&](const Revision& name) -> std::optional<Error> {
    if (name == revision_of(path("a"), 1) && blobs_.blobs().contains(name)) {
      add_blob("a", 2);
      point("a", 2);
      drop_blob(name);
    }
    return std::nullopt;
  };
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
  EXPECT_EQ(row("a").stamp, stamp_of(2));
}

TEST_F(RacesTest, a_row_that_dangles_in_every_state_is_told_when_it_stands_still) {
  point("a", 1);
  std::uint64_t number = 2;
  row_lister_.before_inspect = [&](const std::string&) {
    if (number < 4) point("a", number++);
  };
  EXPECT_THAT(findings(), ElementsAre("dangling_row " + path("a")));
  EXPECT_EQ(told_.findings[0].name, revision_of(path("a"), 3).path());
}

TEST_F(RacesTest, a_row_that_is_always_written_is_left_to_a_later_run) {
  std::uint64_t number = 0;
  point("a", ++number);
  add_blob("a", 1'000'000);
  row_lister_.before_inspect = [&](const std::string&) { point("a", ++number); };
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
  EXPECT_LT(number, 30U);
  EXPECT_EQ(report_.outcome, Outcome::clean);
}

TEST_F(RacesTest, a_blob_committed_after_its_row_was_read_is_no_orphan) {
  add_blob("a", 1);
  int looks = 0;
  row_lister_.before_inspect = [&](const std::string&) {
    if (++looks == 2) point("a", 1);
  };
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
  EXPECT_EQ(looks, 2);
}

TEST_F(RacesTest, a_row_written_between_the_looks_makes_it_start_over) {
  const auto orphan = add_blob("a", 1);
  add_blob("a", 2);
  point("a", 2);
  int looks = 0;
  row_lister_.before_inspect = [&](const std::string&) {
    // The first two looks are at both blobs, the third begins the judgement.
    if (++looks == 3) {
      add_blob("a", 3);
      point("a", 3);
      drop_blob(revision_of(path("a"), 2));
    }
  };
  EXPECT_THAT(findings(), ElementsAre("orphaned_blob " + path("a") + " repaired"));
  EXPECT_GE(hooked_log_.scans, 3U) << "the log is asked again";
  EXPECT_FALSE(blobs_.blobs().contains(orphan));
  EXPECT_TRUE(blobs_.blobs().contains(revision_of(path("a"), 3)));
}

TEST_F(RacesTest, an_intent_opened_between_the_looks_protects_the_blob) {
  add_blob("a", 1);
  int looks = 0;
  row_lister_.before_inspect = [&](const std::string&) {
    if (++looks != 2) return;
    const AttemptId attempt{make_uuid_v7(clock_, random_)};
    const IntentCondition condition;
    EXPECT_TRUE(run(memory_rows_.open_intent(path("a"), attempt, condition)).is_applied());
  };
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
}

TEST_F(RacesTest, a_blob_deleted_meanwhile_is_no_orphan) {
  const auto name = add_blob("a", 1);
  hooked_log_.after_scan = [&] { drop_blob(name); };
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
  EXPECT_EQ(report_.totals.blobs, 0U) << "the first scan came before the listing";
  add_blob("a", 2);
  hooked_log_.after_scan = [&, scans = 0]() mutable {
    if (++scans == 2) drop_blob(revision_of(path("a"), 2));
  };
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
  EXPECT_EQ(report_.totals.blobs, 1U);
}

TEST_F(RacesTest, an_entry_on_its_way_to_quarantine_is_not_overlooked) {
  const auto name = add_blob("a", 1);
  const auto key = entry_key(add_entry("a", name, std::nullopt).change.id);
  hooked_log_.before_scan = [&, scans = 0]() mutable {
    if (++scans == 2) put_aside(key);
  };
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
}

TEST_F(RacesTest, an_entry_on_its_way_back_from_quarantine_is_not_overlooked) {
  const auto name = add_blob("a", 1);
  const auto key = entry_key(add_entry("a", name, std::nullopt).change.id);
  put_aside(key);
  hooked_log_.before_scan = [&, scans = 0]() mutable {
    if (++scans != 2) return;
    const auto aside = run(log_.quarantined(UINT64_MAX, "", 10));
    ASSERT_EQ(aside->size(), 1U);
    EXPECT_TRUE(run(log_.release(aside->front(), unix_ms(clock_.now()))).ok());
  };
  EXPECT_THAT(findings_that_delete_nothing(), ElementsAre("quarantined_entry " + path("a")));
}

TEST_F(RacesTest, an_entry_settled_meanwhile_is_neither_stale_nor_unreadable) {
  const auto old = std::chrono::hours(5);
  const auto stale = entry_key(add_entry("a", std::nullopt, std::nullopt, old).change.id);
  log_.inject(entry_key(uuid_of(1)), "{", unix_ms(clock_.now()));
  hooked_log_.after_scan = [&] {
    for (const auto& key : {stale, entry_key(uuid_of(1))})
      EXPECT_TRUE(run(log_.remove(key)).ok());
  };
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
}

TEST_F(RacesTest, an_entry_renewed_meanwhile_is_not_stale) {
  const auto entry = add_entry("a", std::nullopt, std::nullopt, std::chrono::hours(5));
  hooked_log_.after_scan = [&] {
    const std::vector<LogEntry> entries(1, entry);
    EXPECT_TRUE(run(log_.record(entries, unix_ms(clock_.now()))).ok());
  };
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
}

TEST_F(RacesTest, a_row_read_well_the_second_time_is_no_finding) {
  ASSERT_TRUE(put("a", large).ok());
  row_lister_.unreadable.insert(path("a"));
  row_lister_.before_inspect = [&](const std::string&) { row_lister_.unreadable.clear(); };
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
}

TEST_F(RacesTest, a_blob_read_well_the_second_time_is_no_finding) {
  ASSERT_TRUE(put("a", large).ok());
  options_.deep = true;
  blob_store_.on_piece = [bad = true](std::size_t) mutable -> std::optional<Error> {
    if (!std::exchange(bad, false)) return std::nullopt;
    return Error(ErrorCode::corrupt, "a flipped bit on the wire");
  };
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
  blob_lister_.change = [bad = true](ListedBlob& blob) mutable {
    if (!std::exchange(bad, false)) return;
    blob.revision.reset();
    blob.problem = "a short read";
  };
  EXPECT_THAT(findings_that_delete_nothing(), IsEmpty());
}

}  // namespace
}  // namespace objectstore::testing
