// What every walk over blobs does, whatever lies below: the rules of BlobLister in
// storage/listing.h. Instantiate BlobListerConformance with one BlobListerCase a backend.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "storage/blob_store.h"
#include "storage/listing.h"
#include "testing/row_values.h"
#include "testing/run.h"

namespace objectstore::testing {

struct BlobListerUnderTest {
  virtual ~BlobListerUnderTest() = default;
  [[nodiscard]] virtual BlobStore& blobs() = 0;
  [[nodiscard]] virtual BlobLister& lister() = 0;
  // The time by which the store dates blobs.
  [[nodiscard]] virtual WallTime now() = 0;
  // Damages the blob so that its name or size can't be told any more; false: can't be done here.
  [[nodiscard]] virtual bool spoil(const Revision& name) = 0;
};

struct BlobListerCase {
  std::string name;
  std::function<std::unique_ptr<BlobListerUnderTest>()> make;
};
inline void PrintTo(const BlobListerCase& param, std::ostream* out) {
  *out << param.name;
}

class BlobListerConformance : public ::testing::TestWithParam<BlobListerCase> {
 protected:
  [[nodiscard]] BlobStore& blobs() { return store_->blobs(); }

  // Many objects, several revisions each.
  static Revision name_of(std::uint64_t number) {
    return revision_of("u/objects/k" + std::to_string(number % 7), number);
  }
  void write(const Revision& name, std::size_t size) {
    auto writer = run(blobs().create(name, Metadata()));
    ASSERT_TRUE(writer.ok()) << writer.error().describe();
    ASSERT_TRUE(run(begin_unrecorded(**writer)).ok());
    const std::string payload(size, 'x');
    ASSERT_TRUE(run((*writer)->append(payload)).ok());
    ASSERT_TRUE(run((*writer)->finish()).ok());
  }
  void discard(const Revision& name) { ASSERT_TRUE(run(blobs().discard(name, "")).ok()); }

  BlobPage page(const std::string& from, std::size_t limit) {
    auto listed = run(store_->lister().list_blobs(from, limit));
    EXPECT_TRUE(listed.ok()) << listed.error().describe();
    if (!listed.ok()) return BlobPage();
    EXPECT_LE(listed->blobs.size(), limit);
    EXPECT_NE(listed->next.empty() ? "end" : listed->next, from) << "the walk stands still";
    return std::move(listed).value();
  }
  std::vector<ListedBlob> walk(std::size_t limit) {
    std::vector<ListedBlob> all;
    std::string from;
    do {
      auto listed = page(from, limit);
      std::move(listed.blobs.begin(), listed.blobs.end(), std::back_inserter(all));
      from = listed.next;
    } while (!from.empty());
    return all;
  }

  std::unique_ptr<BlobListerUnderTest> store_ = GetParam().make();
};

TEST_P(BlobListerConformance, an_empty_store_has_no_blobs) {
  const auto first = page("", 10);
  EXPECT_TRUE(first.blobs.empty());
  EXPECT_TRUE(first.next.empty());
}

TEST_P(BlobListerConformance, pages_of_every_size_give_each_blob_once_in_the_order_of_names) {
  std::set<Revision> written;
  for (std::uint64_t number = 0; number < 20; ++number) {
    written.insert(name_of(number));
    ASSERT_NO_FATAL_FAILURE(write(name_of(number), 10));
  }
  for (const std::size_t limit : {1U, 2U, 3U, 19U, 20U, 21U, 1000U}) {
    std::set<Revision> listed;
    std::vector<std::string> names;
    for (const auto& blob : walk(limit)) {
      ASSERT_TRUE(blob.revision.has_value()) << blob.problem;
      EXPECT_TRUE(listed.insert(*blob.revision).second) << "twice: " << blob.name;
      names.push_back(blob.name);
    }
    EXPECT_EQ(listed, written) << limit;
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end())) << limit;
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  }
}

TEST_P(BlobListerConformance, blobs_are_listed_with_size_and_time) {
  const auto before = store_->now();
  std::map<Revision, std::uint64_t> sizes;
  std::uint64_t number = 0;
  for (const std::size_t size : {0UL, 1UL, 65536UL, 300'000UL}) {
    const auto name = name_of(number++);
    sizes[name] = size;
    ASSERT_NO_FATAL_FAILURE(write(name, size));
  }
  const auto after = store_->now();
  const auto listed = walk(3);
  ASSERT_EQ(listed.size(), sizes.size());
  // File systems date by a clock that ticks a few milliseconds behind.
  constexpr auto tick = std::chrono::milliseconds(100);
  for (const auto& blob : listed) {
    EXPECT_EQ(blob.problem, "");
    ASSERT_TRUE(blob.revision.has_value());
    EXPECT_EQ(blob.size, sizes.at(*blob.revision));
    EXPECT_GE(blob.written, before - tick);
    EXPECT_LE(blob.written, after + tick);
  }
}

TEST_P(BlobListerConformance, uploads_under_way_and_discarded_blobs_are_not_listed) {
  ASSERT_NO_FATAL_FAILURE(write(name_of(1), 10));
  ASSERT_NO_FATAL_FAILURE(write(name_of(2), 10));
  ASSERT_NO_FATAL_FAILURE(discard(name_of(2)));
  auto writer = run(blobs().create(name_of(3), Metadata()));
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(run(begin_unrecorded(**writer)).ok());
  ASSERT_TRUE(run((*writer)->append("bytes")).ok());
  const auto listed = walk(10);
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].revision, name_of(1));
}

TEST_P(BlobListerConformance, blobs_that_stay_are_listed_once_while_others_come_and_go) {
  for (std::uint64_t number = 0; number < 20; ++number)
    ASSERT_NO_FATAL_FAILURE(write(name_of(number), 10));
  std::vector<Revision> listed;
  std::string from;
  std::uint64_t round = 0;
  do {
    const auto now = page(from, 3);
    for (const auto& blob : now.blobs)
      listed.push_back(blob.revision.value());
    from = now.next;
    for (std::uint64_t number = 1; number < 20; number += 2) {
      if (number / 4 == round) {
        ASSERT_NO_FATAL_FAILURE(discard(name_of(number)));
      }
    }
    ASSERT_NO_FATAL_FAILURE(write(name_of(100 + round), 10));
    ++round;
  } while (!from.empty() && round < 100);
  ASSERT_TRUE(from.empty());
  for (std::uint64_t number = 0; number < 20; number += 2) {
    EXPECT_EQ(std::count(listed.begin(), listed.end(), name_of(number)), 1) << number;
  }
}

TEST_P(BlobListerConformance, a_walk_goes_on_where_the_blob_at_its_position_has_gone) {
  for (std::uint64_t number = 0; number < 6; ++number)
    ASSERT_NO_FATAL_FAILURE(write(name_of(number), 10));
  const auto all = walk(10);
  ASSERT_EQ(all.size(), 6U);
  const auto first = page("", 3);
  ASSERT_EQ(first.blobs.size(), 3U);
  ASSERT_NO_FATAL_FAILURE(discard(*all[2].revision));
  ASSERT_NO_FATAL_FAILURE(discard(*all[3].revision));
  const auto second = page(first.next, 10);
  ASSERT_EQ(second.blobs.size(), 2U);
  EXPECT_EQ(second.blobs[0].name, all[4].name);
  EXPECT_EQ(second.blobs[1].name, all[5].name);
}

TEST_P(BlobListerConformance, an_unreadable_blob_is_told_and_hides_no_other) {
  for (std::uint64_t number = 0; number < 5; ++number)
    ASSERT_NO_FATAL_FAILURE(write(name_of(number), 10));
  if (!store_->spoil(name_of(2))) GTEST_SKIP() << "blobs can't be damaged here";
  for (const std::size_t limit : {1U, 2U, 10U}) {
    const auto listed = walk(limit);
    ASSERT_EQ(listed.size(), 5U) << limit;
    const auto broken = std::count_if(listed.begin(), listed.end(),
                                      [](auto& blob) { return !blob.problem.empty(); });
    EXPECT_EQ(broken, 1) << limit;
    for (const auto& blob : listed) {
      EXPECT_NE(blob.name, "");
      if (blob.problem.empty()) {
        EXPECT_NE(blob.revision, name_of(2));
      }
    }
  }
}

}  // namespace objectstore::testing
