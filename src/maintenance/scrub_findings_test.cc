// What a scrub finds, and what it knows to be in order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "maintenance/test_support.h"

namespace objectstore::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(ScrubTest, stores_in_order_have_no_findings) {
  ASSERT_TRUE(put("large", large).ok());
  ASSERT_TRUE(put("overwritten", large).ok());
  ASSERT_TRUE(put("overwritten", large + "!").ok());
  ASSERT_TRUE(put("small", "small").ok());
  ASSERT_TRUE(put("deleted", large).ok());
  ASSERT_TRUE(remove("deleted").ok());
  options_.deep = true;
  options_.repair = true;
  EXPECT_THAT(findings(), IsEmpty());
  EXPECT_EQ(report_.outcome, Outcome::clean);
  EXPECT_EQ(report_.resume, "");
  EXPECT_EQ(report_.problem, "");
  EXPECT_EQ(report_.totals.rows, 3U);
  EXPECT_EQ(report_.totals.blobs, 2U);
  EXPECT_EQ(report_.totals.entries, 0U);
  EXPECT_EQ(report_.totals.bytes_verified, 2 * large.size() + 1 + 5);
  EXPECT_EQ(blobs_.blobs().size(), 2U);
}

TEST_F(ScrubTest, empty_stores_have_no_findings) {
  EXPECT_THAT(findings(), IsEmpty());
  EXPECT_EQ(report_.outcome, Outcome::clean);
}

TEST_F(ScrubTest, a_row_whose_blob_is_missing_dangles) {
  ASSERT_TRUE(put("a", large).ok());
  const auto name = target("a");
  drop_blob(name);
  EXPECT_THAT(findings(), ElementsAre("dangling_row " + path("a")));
  EXPECT_EQ(told_.findings[0].name, name.path());
  EXPECT_EQ(report_.outcome, Outcome::findings);
  EXPECT_EQ(report_.totals.findings, 1U);
}

TEST_F(ScrubTest, a_blob_that_nobody_points_to_is_an_orphan) {
  ASSERT_TRUE(put("written", large).ok());
  ASSERT_TRUE(put("inline", "small").ok());
  for (const auto* key : {"written", "inline", "never written"})
    add_blob(key, 7, 1234);
  EXPECT_THAT(findings(), ElementsAre("orphaned_blob " + path("inline"),
                                      "orphaned_blob " + path("never written"),
                                      "orphaned_blob " + path("written")));
  EXPECT_EQ(told_.findings[0].bytes, 1234U);
  EXPECT_EQ(told_.findings[0].name, revision_of(path("inline"), 7).path());
  EXPECT_EQ(blobs_.blobs().size(), 4U) << "nothing is deleted unless that was asked for";
  EXPECT_EQ(report_.repaired, 0U);
}

TEST_F(ScrubTest, a_damaged_payload_is_found_by_deep_runs) {
  ASSERT_TRUE(put("a", large).ok());
  blob_store_.on_piece = [](std::size_t piece) -> std::optional<Error> {
    if (piece < 3) return std::nullopt;
    return Error(ErrorCode::corrupt, "block 2 differs");
  };
  EXPECT_THAT(findings(), IsEmpty());
  options_.deep = true;
  EXPECT_THAT(findings(), ElementsAre("checksum_mismatch " + path("a")));
  EXPECT_EQ(told_.findings[0].bytes, large.size());
  EXPECT_THAT(told_.findings[0].detail, HasSubstr("block 2 differs"));
}

TEST_F(ScrubTest, a_payload_that_ends_early_is_found_by_deep_runs) {
  ASSERT_TRUE(put("a", large).ok());
  blob_store_.missing_bytes = 1;
  options_.deep = true;
  EXPECT_THAT(findings(), ElementsAre("checksum_mismatch " + path("a")));
  EXPECT_THAT(told_.findings[0].detail, HasSubstr("ends after"));
}

TEST_F(ScrubTest, a_damaged_inline_payload_is_found_by_deep_runs) {
  ASSERT_TRUE(put("a", "small").ok());
  rows_.on_read = []() -> std::optional<Result<Row>> {
    return Result<Row>(Error(ErrorCode::corrupt, "the payload differs"));
  };
  EXPECT_THAT(findings(), IsEmpty());
  options_.deep = true;
  EXPECT_THAT(findings(), ElementsAre("checksum_mismatch " + path("a")));
}

TEST_F(ScrubTest, a_payload_that_the_disk_refuses_stops_nothing) {
  ASSERT_TRUE(put("a", large).ok());
  ASSERT_TRUE(put("b", "small").ok());
  blob_store_.on_piece = [](std::size_t) { return Error(ErrorCode::io, "input/output error"); };
  options_.deep = true;
  EXPECT_THAT(findings(), ElementsAre("unreadable_blob " + path("a")));
  EXPECT_EQ(report_.totals.rows, 2U);
}

TEST_F(ScrubTest, unreadable_rows_are_told_and_nothing_is_concluded_from_them) {
  ASSERT_TRUE(put("a", large).ok());
  ASSERT_TRUE(put("b", large).ok());
  row_lister_.unreadable.insert(path("a"));
  options_.repair = true;
  EXPECT_THAT(findings(), ElementsAre("unreadable_row " + path("a")));
  EXPECT_EQ(blobs_.blobs().size(), 2U);
}

TEST_F(ScrubTest, a_blob_that_can_not_be_opened_is_told_once) {
  ASSERT_TRUE(put("a", large).ok());
  const auto damaged = target("a");
  blob_store_.on_open = [&](const Revision& name) -> std::optional<Error> {
    if (name != damaged) return std::nullopt;
    return Error(ErrorCode::corrupt, "its header is damaged");
  };
  blob_lister_.change = [](ListedBlob& blob) { blob.problem = "its header is damaged"; };
  EXPECT_THAT(findings(), ElementsAre("unreadable_blob " + path("a")));
}

TEST_F(ScrubTest, a_blob_whose_name_can_not_be_told_is_unreadable) {
  add_blob("a", 1);
  blob_lister_.change = [](ListedBlob& blob) {
    blob.revision.reset();
    blob.problem = "its header is damaged";
  };
  options_.repair = true;
  EXPECT_THAT(findings(), ElementsAre("unreadable_blob "));
  EXPECT_EQ(told_.findings[0].name, revision_of(path("a"), 1).path());
  EXPECT_EQ(blobs_.blobs().size(), 1U);
}

TEST_F(ScrubTest, entries_are_stale_when_nobody_has_settled_them_for_hours) {
  const auto limit = options_.overdue + options_.clock_skew;
  add_entry("young", std::nullopt, std::nullopt);
  add_entry("at the limit", std::nullopt, std::nullopt, limit);
  add_entry("by a clock ahead", std::nullopt, std::nullopt, -std::chrono::hours(5));
  add_entry("overdue", std::nullopt, std::nullopt, limit + std::chrono::seconds(1));
  EXPECT_THAT(findings(), ElementsAre("stale_entry " + path("overdue")));
  EXPECT_EQ(report_.totals.entries, 4U);
}

TEST_F(ScrubTest, entries_kept_for_a_last_sweep_are_counted_apart_and_stale_after_it) {
  for (const auto hours : {-20, -1, 4}) {
    auto entry = add_entry("a", std::nullopt, std::nullopt);
    entry.swept_later = true;
    const auto due = unix_ms(clock_.now() - std::chrono::hours(hours));
    const std::vector<LogEntry> entries(1, entry);
    ASSERT_TRUE(run(log_.record(entries, due)).ok());
  }
  EXPECT_THAT(findings(), ElementsAre("stale_entry " + path("a")));
  EXPECT_THAT(told_.findings[0].detail, HasSubstr("last sweep"));
  EXPECT_EQ(report_.totals.swept_later, 3U);
  EXPECT_EQ(report_.totals.entries, 3U);
}

TEST_F(ScrubTest, open_uploads_are_counted_apart_and_stale_once_they_should_be_given_up) {
  const std::pair<UploadPhase, int> uploads[] = {{UploadPhase::idle, -100}, {UploadPhase::idle, -1},
                                                 {UploadPhase::idle, 4},    {UploadPhase::held, 0},
                                                 {UploadPhase::held, 5},    {UploadPhase::dead, 0}};
  for (const auto& [phase, hours] : uploads) {
    auto entry = add_entry("a", revision_of(path("a"), 7), std::nullopt);
    entry.upload_state = UploadState{phase, uuid_of(1), {attempt_of(1)}, "upload"};
    const std::vector<LogEntry> entries(1, entry);
    const auto time = unix_ms(clock_.now() - std::chrono::hours(hours));
    ASSERT_TRUE(run(log_.record(entries, time)).ok());
  }
  const auto before = log_.snapshot();
  EXPECT_THAT(findings(), ElementsAre("stale_entry " + path("a"), "stale_entry " + path("a")));
  std::vector<std::string> details;
  for (const auto& finding : told_.findings)
    details.push_back(finding.detail);
  EXPECT_THAT(details, ::testing::UnorderedElementsAre(HasSubstr("to be given up since 14400 s"),
                                                       HasSubstr("not renewed since 18000 s")));
  EXPECT_EQ(report_.totals.open_uploads, 3U);
  EXPECT_EQ(report_.totals.swept_later, 0U);
  EXPECT_EQ(report_.totals.entries, 6U);
  EXPECT_EQ(log_.snapshot().size(), before.size());
}

TEST_F(ScrubTest, quarantined_unreadable_and_unknown_entries_are_told_apart) {
  put_aside(entry_key(add_entry("aside", std::nullopt, std::nullopt).change.id));
  log_.inject(entry_key(uuid_of(1)), "{", unix_ms(clock_.now()));
  log_.inject(entry_key(uuid_of(2)), R"({"version":2})", unix_ms(clock_.now()));
  EXPECT_THAT(findings(), ElementsAre("quarantined_entry " + path("aside"), "unreadable_entry "));
  EXPECT_EQ(report_.totals.unknown_versions, 1U);
  for (const auto& finding : told_.findings) {
    if (finding.kind == Finding::Kind::quarantined_entry) {
      EXPECT_THAT(finding.detail, HasSubstr("it could not be settled"));
      continue;
    }
    EXPECT_EQ(finding.name, entry_key(uuid_of(1)));
  }
}

TEST_F(ScrubTest, rows_long_after_their_deadline_are_leftovers) {
  ASSERT_TRUE(put("small", "small", policy("ttl:1h")).ok());
  ASSERT_TRUE(put("large", large, policy("ttl:1h")).ok());
  ASSERT_TRUE(put("later", large, policy("ttl:3d")).ok());
  clock_.advance(std::chrono::hours(25));
  EXPECT_THAT(findings(), IsEmpty());
  clock_.advance(std::chrono::seconds(1));
  EXPECT_THAT(findings(), ElementsAre("expired_leftover " + path("large"),
                                      "expired_leftover " + path("small")));
}

TEST_F(ScrubTest, an_expired_row_may_outlive_its_blob) {
  ASSERT_TRUE(put("a", large, policy("ttl:3h")).ok());
  drop_blob(target("a"));
  EXPECT_THAT(findings(), ElementsAre("dangling_row " + path("a")));
  // As soon as any clock may have passed the deadline.
  clock_.advance(std::chrono::hours(1) + std::chrono::seconds(1));
  EXPECT_THAT(findings(), IsEmpty());
  clock_.advance(std::chrono::hours(3));
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ScrubTest, findings_of_all_kinds_have_their_own_names) {
  std::set<std::string_view> names;
  for (int kind = 0; kind <= static_cast<int>(Finding::Kind::expired_leftover); ++kind)
    EXPECT_TRUE(names.insert(to_string(static_cast<Finding::Kind>(kind))).second);
}

}  // namespace
}  // namespace objectstore::testing
