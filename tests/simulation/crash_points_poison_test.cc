// A log full of entries that can't be dealt with, and scans that break off: what is not known
// permits no deletion, and delays nobody else.
#include <gtest/gtest.h>

#include "simulation/crash_points_wreck.h"

namespace objectstore::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// --- a hundred ahead of a good one ---------------------------------------------------------------

enum class Poison : std::uint8_t { corrupt, unknown_version, undeletable };

void poison(Wreck& wreck, Poison kind, std::uint64_t number, unsigned shard) {
  const auto entry = wreck.abandoned(number, shard);
  switch (kind) {
    case Poison::corrupt:
      wreck.inject(entry, R"({"id": "sim/obj)");
      return;
    case Poison::unknown_version:
      wreck.inject(entry, R"({"version": 2, "id": 3})");
      return;
    case Poison::undeletable:
      wreck.stage.old_blobs.insert(*entry.change.old_revision);
      wreck.inject(entry);
      return;
  }
}

struct Delay {
  std::uint64_t scans = 0;  // passes over the log until the good entry is settled
  Duration time{};
};

// `kinds` in turn make a hundred entries, in the good one's shard and before it.
Delay delay_of_a_good_entry(const std::vector<Poison>& kinds) {
  constexpr unsigned shard = 0xff;
  Wreck wreck;
  wreck.stage.undeletable_until = wreck.world.now() + hours(1000);
  for (std::uint64_t number = 0; !kinds.empty() && number < 100; ++number)
    poison(wreck, kinds[number % kinds.size()], number, shard);
  const auto good = wreck.abandoned(1000, shard);
  wreck.inject(good);
  const auto begun = wreck.world.now();
  const auto& process = wreck.recover();
  EXPECT_TRUE(wreck.world.run_until([&] { return !wreck.in_log(good); }, hours(1)));
  EXPECT_FALSE(wreck.in_quarantine(good));
  EXPECT_EQ(wreck.backends.blobs.blobs().count(*good.change.new_revision), 0U);
  return Delay{process.recovery().scans.load(), wreck.world.now() - begun};
}

TEST(PoisonedEntries, a_hundred_ahead_of_a_good_one_delay_it_by_at_most_one_scan) {
  struct Case {
    const char* name;
    std::vector<Poison> kinds;
  };
  const Case cases[] = {
      {"corrupt", {Poison::corrupt}},
      {"unknown version", {Poison::unknown_version}},
      {"undeletable blob", {Poison::undeletable}},
      {"all", {Poison::corrupt, Poison::unknown_version, Poison::undeletable}},
  };
  const auto alone = delay_of_a_good_entry({});
  for (const auto& [name, kinds] : cases) {
    SCOPED_TRACE(name);
    const auto delayed = delay_of_a_good_entry(kinds);
    EXPECT_LE(delayed.scans, alone.scans + 1);
    EXPECT_LE(delayed.time, alone.time + std::chrono::seconds(30));
    std::cout << name << ": " << delayed.scans << " scans for " << alone.scans << ", "
              << std::chrono::duration_cast<std::chrono::seconds>(delayed.time).count() << " s for "
              << std::chrono::duration_cast<std::chrono::seconds>(alone.time).count() << " s\n";
  }
}

// --- scans that break off ------------------------------------------------------------------------

// Counts the pages of each pass over the log, from a random shard to the end and around.
class Pages {
 public:
  // The number of this page in its pass.
  std::size_t next(const ScanRequest& request) {
    if (request.before == UINT64_MAX) return SIZE_MAX;  // not of a pass
    const bool begins =
        request.to == shard_start(changelog_shards) && request.from.size() == shard_start(0).size();
    if (begins) {
      if (page_ != 0) fewest_ = std::min(fewest_, page_);
      page_ = 0;
    }
    return page_++;
  }
  // Of any pass that has ended.
  [[nodiscard]] std::size_t fewest() const { return fewest_; }

 private:
  std::size_t page_ = 0;
  std::size_t fewest_ = SIZE_MAX;
};

class TornScans : public ::testing::Test {
 protected:
  static constexpr std::size_t page = 5;

  TornScans() {
    // Entries of a later version fill the pages: they are looked at, and left in place.
    for (std::uint64_t number = 0; number < 64; ++number)
      wreck_.inject(wreck_.abandoned(number, static_cast<unsigned>(4 * number)),
                    R"({"version": 2})");
    for (const unsigned shard : {1U, 129U, 0xfdU}) {
      good_.push_back(wreck_.abandoned(100 + shard, shard));
      wreck_.inject(good_.back());
    }
  }
  [[nodiscard]] bool good_are_left() const {
    return std::any_of(good_.begin(), good_.end(),
                       [&](const auto& each) { return wreck_.in_log(each); });
  }

  [[nodiscard]] bool settled_in_time() {
    return wreck_.world.run_until([&] { return !good_are_left(); }, minutes(10));
  }

  Wreck wreck_;
  std::vector<LogEntry> good_;
  Pages pages_;
};

TEST_F(TornScans, undisturbed_settle_what_is_stale_and_leave_later_versions_in_place) {
  wreck_.stage.tears_scan = [&](const ScanRequest& request) {
    (void)pages_.next(request);
    return false;
  };
  wreck_.recover(page);
  ASSERT_TRUE(settled_in_time());
  wreck_.pass_time(hours(3));
  EXPECT_EQ(wreck_.backends.log.snapshot().size(), 64U);
  EXPECT_EQ(wreck_.backends.blobs.blobs().size(), 128U);
  EXPECT_GE(pages_.fewest(), 13U);
}

TEST_F(TornScans, at_the_last_page_delete_nothing) {
  const auto log = wreck_.backends.log.snapshot();
  bool torn = true;
  std::size_t tears = 0;
  wreck_.stage.tears_scan = [&](const ScanRequest& request) {
    const auto found = wreck_.world.immediately(wreck_.backends.log.scan(request));
    const bool last = request.to != shard_start(changelog_shards) && found->size() < request.limit;
    if (torn && last) ++tears;
    return torn && last;
  };
  wreck_.recover(page);
  wreck_.pass_time(minutes(10));
  EXPECT_GT(tears, 10U);
  EXPECT_EQ(wreck_.backends.log.snapshot().size(), log.size());
  EXPECT_EQ(wreck_.backends.blobs.blobs().size(), 2 * log.size());
  torn = false;
  EXPECT_TRUE(settled_in_time());
}

class TornScansAt : public TornScans, public ::testing::WithParamInterface<std::size_t> {};

TEST_P(TornScansAt, one_page_delete_nothing) {
  const auto log = wreck_.backends.log.snapshot();
  bool torn = true;
  std::size_t tears = 0;
  wreck_.stage.tears_scan = [&](const ScanRequest& request) {
    const bool here = torn && pages_.next(request) == GetParam();
    if (here) ++tears;
    return here;
  };
  wreck_.recover(page);
  wreck_.pass_time(minutes(10));
  EXPECT_GT(tears, 10U);
  for (const auto& [key, entry] : wreck_.backends.log.snapshot()) {
    ASSERT_TRUE(log.contains(key));
    EXPECT_EQ(entry.time, log.at(key).time) << "not even claimed";
  }
  EXPECT_EQ(wreck_.backends.log.snapshot().size(), log.size());
  EXPECT_EQ(wreck_.backends.blobs.blobs().size(), 2 * log.size());
  torn = false;
  EXPECT_TRUE(settled_in_time());
}

// Of 67 entries, every pass has at least these pages of five.
INSTANTIATE_TEST_SUITE_P(CrashPoints, TornScansAt,
                         ::testing::Range(std::size_t{0}, std::size_t{14}));

}  // namespace
}  // namespace objectstore::testing
