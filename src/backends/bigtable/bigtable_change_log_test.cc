// What is Bigtable's own; what every change log does is in conformance_test.cc.
#include "backends/bigtable/bigtable_change_log.h"

#include "backends/bigtable/fake_table_test_support.h"
#include "testing/manual_clock.h"
#include "testing/row_values.h"
#include "testing/run.h"
#include "testing/seeded_random.h"

namespace objectstore {
namespace {

using namespace std::string_view_literals;

using bigtable::Cell;
using bigtable::FakeTable;
using testing::revision_of;
using testing::run;
using testing::uuid_of;
using Outcome = Mutation::Outcome;
using Fate = FakeTable::Fate;

class BigtableChangeLogTest : public ::testing::Test {
 protected:
  BigtableChangeLogTest() {
    entry_.change.id = uuid_of(1);
    entry_.change.object = "u/objects/k";
    entry_.change.new_revision = revision_of("u/objects/k", 1);
  }

  void record(EntryTime time) { ASSERT_TRUE(run(log_.record({entry_}, time)).ok()); }
  void begin_upload(EntryTime time) {
    entry_.upload_state = UploadState{UploadPhase::idle, uuid_of(1), {}, "upload"};
    const std::optional<LogEntry> first = entry_;
    ASSERT_TRUE(run(log_.exchange(entry_key(entry_.change.id), {}, first, time)).is_applied());
  }
  // From the state it was begun in to another.
  Outcome move_upload(std::uint64_t nonce, EntryTime time) {
    std::optional<LogEntry> next = entry_;
    next->upload_state->nonce = uuid_of(nonce);
    return run(log_.exchange(entry_key(entry_.change.id), entry_.upload_state, next, time))
        .outcome();
  }
  std::vector<ScannedEntry> scan(EntryTime before = UINT64_MAX) {
    return run(log_.scan(ScanRequest{shard_start(0), shard_start(changelog_shards), before, 100}))
        .value();
  }
  ScannedEntry scanned(EntryTime time) {
    return ScannedEntry{entry_key(entry_.change.id), time, entry_};
  }
  std::vector<QuarantinedEntry> quarantined() {
    return run(log_.quarantined(UINT64_MAX, "", 100)).value();
  }
  Outcome quarantine(const ScannedEntry& entry, EntryTime now = 30) {
    return run(log_.quarantine(entry, "because", now)).outcome();
  }
  // In the log, in quarantine.
  std::pair<std::size_t, std::size_t> places() { return {scan().size(), quarantined().size()}; }
  using Places = std::pair<std::size_t, std::size_t>;

  testing::ManualClock clock_;
  testing::SeededRandom random_;
  FakeTable table_{clock_};
  BigtableChangeLog log_{table_, random_};
  LogEntry entry_;
};

TEST_F(BigtableChangeLogTest, golden_row) {
  record(258);
  const auto cells = table_.cells("~changelog/01/" + uuid_of(1).str());
  ASSERT_EQ(cells.size(), 1U);
  EXPECT_EQ(cells[0].family, "fc");
  EXPECT_EQ(cells[0].qualifier, "c");
  EXPECT_EQ(cells[0].time_us, 258'000);
  EXPECT_EQ(cells[0].value, encode_entry(entry_));
}

TEST_F(BigtableChangeLogTest, golden_row_of_an_upload) {
  const auto key = entry_key(entry_.change.id);
  begin_upload(258);
  const auto cells = table_.cells(key);
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].qualifier, "c");
  EXPECT_EQ(cells[0].value, encode_entry(entry_));
  EXPECT_EQ(cells[1].qualifier, "s");
  EXPECT_EQ(cells[1].value, encode_upload_state(entry_));
  for (const auto& cell : cells) {
    EXPECT_EQ(cell.family, "fc");
    EXPECT_EQ(cell.time_us, 258'000);
  }
}

TEST_F(BigtableChangeLogTest, an_exchange_whose_fate_is_unknown_says_so) {
  struct Case {
    Fate fate;
    Outcome outcome;
    EntryTime time;  // afterwards
  };
  begin_upload(10);
  for (const auto& [fate, outcome, time] :
       {Case{Fate::fails, Outcome::failed, 10}, Case{Fate::lost, Outcome::unknown, 10},
        Case{Fate::reply_lost, Outcome::unknown, 20}}) {
    table_.fates = {fate};
    EXPECT_EQ(move_upload(2, 20), outcome);
    EXPECT_EQ(scan().at(0).time, time);
  }
}

TEST_F(BigtableChangeLogTest, an_upload_that_moves_on_meanwhile_is_neither_claimed_nor_put_aside) {
  begin_upload(10);
  const auto seen = scan().at(0);
  // To another state, of the same time.
  table_.before_check = [&] { EXPECT_EQ(move_upload(2, 10), Outcome::applied); };
  EXPECT_EQ(quarantine(seen), Outcome::refused);
  EXPECT_EQ(places(), (Places{1, 0}));
  EXPECT_TRUE(run(log_.claim(seen, 20)).is_refused());
  EXPECT_EQ(scan().at(0).time, 10U);
}

TEST_F(BigtableChangeLogTest, an_upload_that_lies_in_both_places_stays_as_it_is_in_the_log) {
  begin_upload(10);
  table_.fates = {Fate::lost};
  EXPECT_EQ(quarantine(scan().at(0)), Outcome::unknown);
  ASSERT_EQ(places(), (Places{1, 1}));
  ASSERT_EQ(move_upload(2, 20), Outcome::applied);
  table_.fates = {Fate::fails};
  EXPECT_FALSE(run(log_.release(quarantined().at(0), 40)).ok());
  ASSERT_EQ(places(), (Places{1, 1}));
  ASSERT_TRUE(run(log_.release(quarantined().at(0), 40)).ok());
  EXPECT_EQ(places(), (Places{1, 0}));
  EXPECT_EQ(scan().at(0).time, 20U);
  EXPECT_EQ(std::get<LogEntry>(scan().at(0).content).upload_state->nonce, uuid_of(2));
}

TEST_F(BigtableChangeLogTest, golden_quarantined_values) {
  using bigtable::encode_quarantined;
  const auto text = [](std::string_view value) { return std::string(value); };
  const std::pair<std::string, std::string> cases[] = {
      {encode_quarantined("why", "{}", ""), text("\3\0\0\0why\2\0\0\0{}"sv)},
      {encode_quarantined("why", "{}", "[1]"), text("\3\0\0\0why\2\0\0\0{}\3\0\0\0[1]"sv)}};
  for (const auto& [value, expected] : cases)
    EXPECT_EQ(value, expected);
  table_.put("~quarantine/x", Cell{"fc", "c", 7'000, cases[1].second});
  EXPECT_EQ(quarantined().at(0).value, "{}");
  EXPECT_EQ(quarantined().at(0).state, "[1]");
  table_.put("~quarantine/x", Cell{"fc", "c", 8'000, cases[0].second + text("\0\0\0\0"sv)});
  EXPECT_EQ(quarantined().at(0).reason, "the quarantined entry itself can't be read");
}

TEST_F(BigtableChangeLogTest, times_that_no_cell_can_have_stay_the_latest) {
  record(UINT64_MAX);
  EXPECT_TRUE(scan(1'000'000).empty());
  EXPECT_TRUE(scan(bigtable::last_cell_ms).empty());
  const auto found = scan();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].time, bigtable::last_cell_ms);
  EXPECT_TRUE(run(log_.claim(found[0], 5)).is_applied());
  EXPECT_EQ(scan().at(0).time, 5U);
}

TEST_F(BigtableChangeLogTest, scans_of_nothing_ask_nothing) {
  record(10);
  const auto before = table_.requests;
  const ScanRequest nothing[] = {
      {"a", "z", UINT64_MAX, 0}, {"z", "a", UINT64_MAX, 10}, {"z", "", UINT64_MAX, 10}};
  for (const auto& request : nothing)
    EXPECT_TRUE(run(log_.scan(request)).value().empty());
  EXPECT_EQ(table_.requests, before);
  EXPECT_TRUE(scan(0).empty());
}

TEST_F(BigtableChangeLogTest, entries_of_a_later_version_are_neither_claimed_nor_changed) {
  const auto key = entry_key(uuid_of(1));
  const std::string value = R"({"version":7})";
  table_.put(key, Cell{"fc", "c", 10'000, value});
  const auto found = scan();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(run(log_.claim(found[0], 20)).is_refused());
  EXPECT_EQ(table_.cells(key)[0].value, value);
}

TEST_F(BigtableChangeLogTest, quarantine_keeps_the_bytes_as_they_lay) {
  const auto key = entry_key(uuid_of(1));
  const std::string value("\0\xff not JSON", 11);
  table_.put(key, Cell{"fc", "c", 10'000, value});
  ASSERT_EQ(quarantine(scan().at(0)), Outcome::applied);
  EXPECT_EQ(quarantined().at(0).value, value);
  ASSERT_TRUE(run(log_.release(quarantined()[0], 40)).ok());
  EXPECT_EQ(table_.cells(key).at(0).value, value);
}

// ---- an entry is never lost, wherever the process stops

TEST_F(BigtableChangeLogTest, an_entry_lies_somewhere_whatever_becomes_of_its_quarantine) {
  struct Case {
    const char* name;
    Fate fate;
    Outcome outcome;
    Places places;
  };
  for (const auto& [name, fate, outcome, expected] :
       {Case{"fails", Fate::fails, Outcome::failed, {1, 0}},
        Case{"lost on its way", Fate::lost, Outcome::unknown, {1, 1}},
        Case{"reply lost", Fate::reply_lost, Outcome::unknown, {0, 1}}}) {
    FakeTable table(clock_);
    BigtableChangeLog log(table, random_);
    ASSERT_TRUE(run(log.record({entry_}, 10)).ok());
    table.fates = {fate};
    EXPECT_EQ(run(log.quarantine(scanned(10), "because", 30)).outcome(), outcome) << name;
    const ScanRequest everything{shard_start(0), shard_start(changelog_shards), UINT64_MAX, 10};
    const auto in_log = run(log.scan(everything)).value().size();
    const auto aside = run(log.quarantined(UINT64_MAX, "", 10)).value().size();
    EXPECT_EQ((Places{in_log, aside}), expected) << name;
  }
}

TEST_F(BigtableChangeLogTest, a_quarantine_that_can_not_be_written_leaves_the_log_alone) {
  record(10);
  table_.failing_mutations = 1;
  EXPECT_EQ(quarantine(scanned(10)), Outcome::failed);
  EXPECT_EQ(places(), (Places{1, 0}));
}

TEST_F(BigtableChangeLogTest, of_two_that_put_an_entry_aside_at_once_one_succeeds) {
  record(10);
  table_.before_check = [&] { EXPECT_EQ(quarantine(scanned(10)), Outcome::applied); };
  EXPECT_EQ(quarantine(scanned(10)), Outcome::refused);
  EXPECT_EQ(places(), (Places{0, 1}));
}

TEST_F(BigtableChangeLogTest, an_entry_claimed_meanwhile_is_not_put_aside) {
  record(10);
  table_.before_check = [&] { EXPECT_TRUE(run(log_.claim(scanned(10), 20)).is_applied()); };
  EXPECT_EQ(quarantine(scanned(10)), Outcome::refused);
  EXPECT_EQ(places(), (Places{1, 0}));
  EXPECT_EQ(scan()[0].time, 20U);
}

TEST_F(BigtableChangeLogTest, a_copy_that_can_not_be_taken_back_is_no_refusal) {
  record(10);
  table_.before_check = [&] {
    EXPECT_TRUE(run(log_.claim(scanned(10), 20)).is_applied());
    table_.failing_mutations = 1;
  };
  EXPECT_EQ(quarantine(scanned(10)), Outcome::unknown);
  EXPECT_EQ(places(), (Places{1, 1}));
  // The copy is released, or dropped, like any other.
  EXPECT_TRUE(run(log_.drop(quarantined()[0])).is_applied());
  EXPECT_EQ(places(), (Places{1, 0}));
}

TEST_F(BigtableChangeLogTest, a_release_that_stops_half_way_is_repeated) {
  record(10);
  ASSERT_EQ(quarantine(scanned(10)), Outcome::applied);
  const auto aside = quarantined().at(0);
  table_.failing_mutations = 1;
  EXPECT_FALSE(run(log_.release(aside, 40)).ok());
  EXPECT_EQ(places(), (Places{0, 1}));
  ASSERT_TRUE(run(log_.release(aside, 41)).ok());
  EXPECT_EQ(places(), (Places{1, 0}));
  EXPECT_EQ(scan()[0].time, 41U);
}

TEST_F(BigtableChangeLogTest, copies_left_behind_go_with_the_entry) {
  record(10);
  table_.fates = {Fate::lost};
  EXPECT_EQ(quarantine(scanned(10), 30), Outcome::unknown);
  EXPECT_EQ(quarantine(scanned(10), 31), Outcome::applied);
  ASSERT_EQ(quarantined().size(), 1U);
  EXPECT_EQ(quarantined()[0].time, 31U);
  ASSERT_TRUE(run(log_.release(quarantined()[0], 40)).ok());
  EXPECT_EQ(places(), (Places{1, 0}));
}

TEST_F(BigtableChangeLogTest, young_entries_do_not_hide_old_ones_from_a_page) {
  for (const std::uint64_t number : {1, 2, 3, 4}) {
    entry_.change.id = uuid_of(number);
    record(10);
    ASSERT_EQ(quarantine(scanned(10), number == 4 ? 30 : 90), Outcome::applied);
  }
  const auto old = run(log_.quarantined(50, "", 1)).value();
  ASSERT_EQ(old.size(), 1U);
  EXPECT_EQ(old[0].key, quarantine_key(entry_key(uuid_of(4))));
}

TEST_F(BigtableChangeLogTest, a_quarantined_value_of_another_form_is_shown) {
  table_.put("~quarantine/x", Cell{"fc", "c", 7'000, "?"});
  const auto aside = quarantined();
  ASSERT_EQ(aside.size(), 1U);
  EXPECT_EQ(aside[0].value, "?");
  EXPECT_EQ(aside[0].text, "");
  EXPECT_EQ(aside[0].reason, "the quarantined entry itself can't be read");
}

}  // namespace
}  // namespace objectstore
