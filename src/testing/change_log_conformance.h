// What every change log does, whatever lies below: the rules of changelog/change_log.h.
// Instantiate ChangeLogConformance with one ChangeLogCase a backend, and ChangeLogExchanges
// (testing/change_log_exchange_conformance.h) with the same.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "changelog/change_log.h"
#include "testing/manual_clock.h"
#include "testing/row_values.h"
#include "testing/run.h"

namespace objectstore::testing {

struct ChangeLogUnderTest {
  virtual ~ChangeLogUnderTest() = default;
  [[nodiscard]] virtual ChangeLog& log() = 0;
  // Puts any value under any key, as another program or a broken disk would; and a state beside it,
  // or alone, unless it is empty.
  virtual void put(const std::string& key, EntryTime time, const std::string& value,
                   const std::string& state) = 0;
  void inject(const std::string& key, const std::string& value, EntryTime time) {
    put(key, time, value, std::string());
  }
};

struct ChangeLogCase {
  std::string name;
  std::function<std::unique_ptr<ChangeLogUnderTest>(Clock& clock)> make;
};
inline void PrintTo(const ChangeLogCase& param, std::ostream* out) {
  *out << param.name;
}

class ChangeLogConformance : public ::testing::TestWithParam<ChangeLogCase> {
 protected:
  using Outcome = Mutation::Outcome;

  [[nodiscard]] ChangeLog& log() { return store_->log(); }

  static LogEntry entry_of(std::uint64_t number) {
    const std::string object = "usecase/objects/" + std::to_string(number);
    LogEntry entry;
    entry.change.id = uuid_of(number);
    entry.change.object = object;
    entry.change.new_revision = revision_of(object, number);
    return entry;
  }
  static std::string key_of(std::uint64_t number) { return entry_key(uuid_of(number)); }

  void record(const std::vector<std::uint64_t>& numbers, EntryTime time) {
    std::vector<LogEntry> entries;
    entries.reserve(numbers.size());
    for (const auto number : numbers)
      entries.push_back(entry_of(number));
    ASSERT_TRUE(run(log().record(entries, time)).ok());
  }
  static ScanRequest everything() { return ScanRequest::all(1000); }
  std::vector<ScannedEntry> scan(const ScanRequest& request) {
    auto found = run(log().scan(request));
    EXPECT_TRUE(found.ok());
    return found.ok() ? std::move(found).value() : std::vector<ScannedEntry>();
  }
  std::vector<std::string> keys(const ScanRequest& request) {
    std::vector<std::string> found;
    for (const auto& entry : scan(request))
      found.push_back(entry.key);
    return found;
  }
  // The time of an entry; 0: it is not there.
  EntryTime time_of(const std::string& key) {
    for (const auto& entry : scan(everything())) {
      if (entry.key == key) return entry.time;
    }
    return 0;
  }
  std::vector<QuarantinedEntry> quarantined(EntryTime before = UINT64_MAX,
                                            const std::string& after = "") {
    auto found = run(log().quarantined(before, after, 100));
    EXPECT_TRUE(found.ok());
    return found.ok() ? std::move(found).value() : std::vector<QuarantinedEntry>();
  }
  Outcome quarantine(const ScannedEntry& entry, EntryTime now) {
    return run(log().quarantine(entry, "because", now)).outcome();
  }

  ManualClock clock_;
  std::unique_ptr<ChangeLogUnderTest> store_ = GetParam().make(clock_);
};

TEST_P(ChangeLogConformance, an_empty_log_is_empty) {
  EXPECT_TRUE(log().durable());
  EXPECT_TRUE(scan(everything()).empty());
  EXPECT_TRUE(quarantined().empty());
}

TEST_P(ChangeLogConformance, entries_come_back_as_recorded) {
  auto plain = entry_of(1);
  auto replacing = entry_of(2);
  replacing.change.old_revision = revision_of(replacing.change.object, 99);
  auto deleting = entry_of(3);
  deleting.change.new_revision.reset();
  deleting.change.old_revision = revision_of(deleting.change.object, 98);
  auto sweep = entry_of(4);
  sweep.swept_later = true;
  ASSERT_TRUE(run(log().record({plain, replacing, deleting, sweep}, 77)).ok());
  const auto found = scan(everything());
  ASSERT_EQ(found.size(), 4U);
  for (const auto& expected : {plain, replacing, deleting, sweep}) {
    bool seen = false;
    for (const auto& entry : found) {
      if (entry.key != entry_key(expected.change.id)) continue;
      seen = true;
      EXPECT_EQ(entry.time, 77U);
      ASSERT_TRUE(std::holds_alternative<LogEntry>(entry.content));
      EXPECT_EQ(std::get<LogEntry>(entry.content), expected);
    }
    EXPECT_TRUE(seen) << expected.change.object;
  }
}

TEST_P(ChangeLogConformance, recording_again_overwrites_time_and_content) {
  record({1}, 10);
  auto later = entry_of(1);
  later.swept_later = true;
  ASSERT_TRUE(run(log().record({later}, 5)).ok());
  const auto found = scan(everything());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].time, 5U) << "also to an earlier time";
  EXPECT_EQ(std::get<LogEntry>(found[0].content), later);
}

TEST_P(ChangeLogConformance, removal_is_idempotent_and_touches_no_other) {
  record({1, 2}, 10);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(run(log().remove(key_of(1))).ok());
    EXPECT_EQ(keys(everything()), std::vector<std::string>{key_of(2)});
  }
}

TEST_P(ChangeLogConformance, scans_keep_to_range_limit_and_time) {
  record({0x10, 0x20, 0x30, 0x40}, 10);
  record({0x50}, 20);
  const auto all = keys(everything());
  ASSERT_EQ(all.size(), 5U);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));

  auto request = everything();
  request.limit = 2;
  EXPECT_EQ(keys(request), (std::vector<std::string>{all[0], all[1]}));
  request.from = key_after(all[1]);
  EXPECT_EQ(keys(request), (std::vector<std::string>{all[2], all[3]}));

  request = everything();
  request.from = all[1];
  request.to = all[3];
  EXPECT_EQ(keys(request), (std::vector<std::string>{all[1], all[2]})) << "from is in, to is not";

  request = everything();
  request.before = 20;
  EXPECT_EQ(keys(request).size(), 4U) << "earlier times only";
  request.before = 21;
  EXPECT_EQ(keys(request).size(), 5U);
  request.before = 10;
  EXPECT_TRUE(keys(request).empty());
}

TEST_P(ChangeLogConformance, the_limit_counts_entries_returned) {
  // Those of the future don't fill a scan.
  record({1, 2, 3, 4, 5, 6, 7, 8}, 1000);
  record({0xff}, 10);
  auto request = everything();
  request.before = 100;
  request.limit = 1;
  EXPECT_EQ(keys(request), std::vector<std::string>{key_of(0xff)});
}

TEST_P(ChangeLogConformance, a_claim_needs_the_exact_time) {
  record({1}, 10);
  auto entry = scan(everything()).at(0);
  const auto claim = [&](EntryTime seen, EntryTime now) {
    entry.time = seen;
    return run(log().claim(entry, now)).outcome();
  };
  EXPECT_EQ(claim(9, 50), Outcome::refused);
  EXPECT_EQ(claim(11, 50), Outcome::refused);
  EXPECT_EQ(time_of(key_of(1)), 10U);
  EXPECT_EQ(claim(10, 50), Outcome::applied);
  EXPECT_EQ(time_of(key_of(1)), 50U);
  EXPECT_EQ(claim(10, 60), Outcome::refused) << "the second of two recoverers";
  EXPECT_EQ(std::get<LogEntry>(scan(everything())[0].content), entry_of(1));
  ASSERT_TRUE(run(log().remove(key_of(1))).ok());
  EXPECT_EQ(claim(50, 60), Outcome::refused) << "gone";
  EXPECT_TRUE(scan(everything()).empty());
}

TEST_P(ChangeLogConformance, entries_in_the_drafts_form_are_read_claimed_and_removed) {
  const auto entry = entry_of(1);
  const auto key = std::string(changelog_prefix) + entry.change.id.str();
  store_->inject(key, encode_entry(entry), 10);
  const auto found = scan(everything());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].key, key);
  ASSERT_TRUE(std::holds_alternative<LogEntry>(found[0].content));
  EXPECT_EQ(std::get<LogEntry>(found[0].content), entry);
  EXPECT_TRUE(run(log().claim(found[0], 20)).is_applied());
  EXPECT_EQ(time_of(key), 20U);
  ASSERT_TRUE(run(log().remove(key)).ok());
  EXPECT_TRUE(scan(everything()).empty());
}

TEST_P(ChangeLogConformance, broken_entries_and_unknown_versions_are_told_apart) {
  store_->inject(key_of(1), "not JSON", 10);
  store_->inject(key_of(2), R"({"version":7,"anything":1})", 10);
  record({3}, 10);
  std::size_t broken = 0, unknown = 0, good = 0;
  for (const auto& entry : scan(everything())) {
    broken += std::holds_alternative<BrokenEntry>(entry.content);
    unknown += std::holds_alternative<UnknownEntryVersion>(entry.content);
    good += std::holds_alternative<LogEntry>(entry.content);
    if (const auto* content = std::get_if<BrokenEntry>(&entry.content)) {
      EXPECT_EQ(content->value, "not JSON");
      EXPECT_EQ(content->reason.code(), ErrorCode::corrupt);
    }
  }
  EXPECT_EQ(broken, 1U);
  EXPECT_EQ(unknown, 1U);
  EXPECT_EQ(good, 1U);
}

TEST_P(ChangeLogConformance, quarantine_needs_the_exact_time) {
  record({1}, 10);
  auto seen = scan(everything()).at(0);
  ASSERT_TRUE(run(log().claim(seen, 20)).is_applied());
  EXPECT_EQ(quarantine(seen, 30), Outcome::refused);
  EXPECT_TRUE(quarantined().empty());
  seen.time = 20;
  EXPECT_EQ(quarantine(seen, 30), Outcome::applied);
  EXPECT_TRUE(scan(everything()).empty());
  EXPECT_EQ(quarantine(seen, 30), Outcome::refused) << "gone";
  const auto aside = quarantined();
  ASSERT_EQ(aside.size(), 1U);
  EXPECT_EQ(aside[0].key, quarantine_key(seen.key));
  EXPECT_EQ(aside[0].time, 30U);
  EXPECT_EQ(aside[0].reason, "because");
}

TEST_P(ChangeLogConformance, quarantine_is_listed_by_time_and_cursor) {
  store_->inject(key_of(1), "one", 10);
  store_->inject(key_of(2), "two", 10);
  for (const auto& entry : scan(everything())) {
    ASSERT_EQ(quarantine(entry, entry.key == key_of(1) ? 100 : 200), Outcome::applied);
  }
  const auto all = quarantined();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_LT(all[0].key, all[1].key);
  EXPECT_TRUE(quarantined(100).empty());
  ASSERT_EQ(quarantined(101).size(), 1U);
  EXPECT_EQ(quarantined(101)[0].time, 100U);
  ASSERT_EQ(quarantined(UINT64_MAX, all[0].key).size(), 1U);
  EXPECT_EQ(quarantined(UINT64_MAX, all[0].key)[0].key, all[1].key);
  EXPECT_TRUE(quarantined(UINT64_MAX, all[1].key).empty());
  const auto limited = run(log().quarantined(UINT64_MAX, "", 1));
  ASSERT_TRUE(limited.ok());
  EXPECT_EQ(limited->size(), 1U);
}

TEST_P(ChangeLogConformance, release_puts_an_entry_back_as_it_was) {
  record({1}, 10);
  ASSERT_EQ(quarantine(scan(everything()).at(0), 30), Outcome::applied);
  const auto aside = quarantined();
  ASSERT_EQ(aside.size(), 1U);
  ASSERT_TRUE(run(log().release(aside[0], 40)).ok());
  EXPECT_TRUE(quarantined().empty());
  const auto found = scan(everything());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].key, key_of(1));
  EXPECT_EQ(found[0].time, 40U);
  EXPECT_EQ(std::get<LogEntry>(found[0].content), entry_of(1));
}

TEST_P(ChangeLogConformance, releasing_twice_does_not_revive_a_removed_entry) {
  record({1}, 10);
  ASSERT_EQ(quarantine(scan(everything()).at(0), 30), Outcome::applied);
  const auto aside = quarantined();
  ASSERT_TRUE(run(log().release(aside.at(0), 40)).ok());
  ASSERT_TRUE(run(log().remove(key_of(1))).ok());
  ASSERT_TRUE(run(log().release(aside.at(0), 50)).ok());
  EXPECT_TRUE(scan(everything()).empty());
}

TEST_P(ChangeLogConformance, a_released_broken_entry_is_still_broken) {
  store_->inject(key_of(1), "not JSON", 10);
  ASSERT_EQ(quarantine(scan(everything()).at(0), 30), Outcome::applied);
  ASSERT_TRUE(run(log().release(quarantined().at(0), 40)).ok());
  const auto found = scan(everything());
  ASSERT_EQ(found.size(), 1U);
  ASSERT_TRUE(std::holds_alternative<BrokenEntry>(found[0].content));
  EXPECT_EQ(quarantine(found[0], 50), Outcome::applied);
}

TEST_P(ChangeLogConformance, a_quarantined_entry_tells_the_text_it_was_recorded_with) {
  record({1}, 10);
  store_->inject(key_of(2), "not JSON", 10);
  for (const auto& entry : scan(everything()))
    ASSERT_EQ(quarantine(entry, 30), Outcome::applied);
  const auto aside = quarantined();
  ASSERT_EQ(aside.size(), 2U);
  EXPECT_EQ(aside[0].text, encode_entry(entry_of(1)));
  EXPECT_EQ(aside[1].text, "not JSON");
}

TEST_P(ChangeLogConformance, a_dropped_entry_is_gone_for_good_and_no_other_with_it) {
  record({1, 2}, 10);
  for (const auto& entry : scan(everything()))
    ASSERT_EQ(quarantine(entry, 30), Outcome::applied);
  const auto aside = quarantined();
  ASSERT_EQ(aside.size(), 2U);
  EXPECT_EQ(run(log().drop(aside[0])).outcome(), Outcome::applied);
  EXPECT_EQ(run(log().drop(aside[0])).outcome(), Outcome::refused) << "gone";
  ASSERT_EQ(quarantined().size(), 1U);
  EXPECT_EQ(quarantined()[0].key, aside[1].key);
  EXPECT_TRUE(scan(everything()).empty());
}

TEST_P(ChangeLogConformance, an_entry_that_is_not_as_it_was_listed_is_not_dropped) {
  record({1}, 10);
  ASSERT_EQ(quarantine(scan(everything()).at(0), 30), Outcome::applied);
  const auto listed = quarantined().at(0);
  ASSERT_TRUE(run(log().release(listed, 40)).ok());
  EXPECT_EQ(run(log().drop(listed)).outcome(), Outcome::refused) << "back in the log";
  ASSERT_EQ(keys(everything()).size(), 1U);
  ASSERT_EQ(quarantine(scan(everything()).at(0), 50), Outcome::applied);
  EXPECT_EQ(run(log().drop(listed)).outcome(), Outcome::refused) << "put aside again since";
  EXPECT_EQ(quarantined().size(), 1U);
}

}  // namespace objectstore::testing
