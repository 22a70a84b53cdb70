#include "tiered/tiered_metrics.h"

#include <gmock/gmock.h>

#include <map>

#include "tiered/test_support.h"
#include "tiered/usecase_metrics.h"

namespace objectstore::testing {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// A tiered store that counts.
class TieredMetricsTest : public TieredTest {
 protected:
  // By labels, joined with a slash: how many were observed.
  std::map<std::string, std::uint64_t> observed(const std::string& statsd) {
    std::map<std::string, std::uint64_t> out;
    for (auto* family : metrics_.all_histograms()) {
      if (family->info().statsd != statsd) continue;
      family->each([&](const auto& values, const Histogram& histogram) {
        const auto snapshot = histogram.snapshot();
        out[join(values)] = snapshot.count;
        sums_[statsd + ' ' + join(values)] = snapshot.sum;
      });
    }
    return out;
  }
  // By labels, those above zero.
  std::map<std::string, std::uint64_t> counted(const std::string& name) {
    std::map<std::string, std::uint64_t> out;
    for (const auto* family : metrics_.all_counters()) {
      if (family->info().name != name) continue;
      family->each([&](const auto& values, const Counter& counter) {
        if (counter.value() > 0) out[join(values)] = counter.value();
      });
    }
    return out;
  }
  static std::string join(const std::vector<std::string>& values) {
    std::string out;
    for (const auto& value : values)
      out.append(out.empty() ? "" : "/").append(value);
    return out;
  }

  Result<void> metered_put(const std::string& key, std::string bytes, Metadata metadata = {}) {
    PieceStream stream(std::move(bytes));
    Upload upload;
    upload.stream = &stream;
    return wait_metered(metered_.put(id(key), std::move(metadata), upload));
  }
  template <class T>
  T wait_metered(Task<T> task) {
    auto result = wait(std::move(task));
    wait_for_background();
    return result;
  }
  void wait_for_background() {
    for (int rounds = 0; rounds < 1000 && metered_.background_tasks() > 0; ++rounds) {
      run_ready(context_);
      if (clock_.next_due()) clock_.advance(*clock_.next_due() - clock_.monotonic_now());
    }
    EXPECT_EQ(metered_.background_tasks(), 0U);
  }

  Metrics metrics_;
  std::map<std::string, double> sums_;
  TieredStore metered_{rows_,
                       blobs_,
                       changes_,
                       clock_,
                       random_,
                       logger_,
                       TieredSettings{},
                       MultipartParts{&blobs_, &entries_},
                       TieredMetrics(metrics_, TierTypes{"rocksdb", "gcs"})};
};

TEST_F(TieredMetricsTest, operations_tell_their_tier) {
  ASSERT_TRUE(metered_put("small", "12345").ok());
  ASSERT_TRUE(metered_put("large", large).ok());
  for (const char* key : {"small", "large", "absent"}) {
    ASSERT_TRUE(wait_metered(metered_.get(id(key), std::nullopt)).ok());
    ASSERT_TRUE(wait_metered(metered_.head(id(key))).ok());
  }
  for (const char* key : {"small", "large"})
    ASSERT_TRUE(wait_metered(metered_.remove(id(key))).ok());

  const auto small = "u/high-volume/rocksdb/true";
  const auto big = "u/long-term/gcs/true";
  EXPECT_THAT(observed("put.latency"), UnorderedElementsAre(Pair(small, 1), Pair(big, 1)));
  EXPECT_THAT(observed("delete.latency"), UnorderedElementsAre(Pair(small, 1), Pair(big, 1)));
  // That an object is absent is told by the rows.
  EXPECT_THAT(observed("get.latency.pre-response"),
              UnorderedElementsAre(Pair(small, 2), Pair(big, 1)));
  EXPECT_THAT(observed("head.latency"), UnorderedElementsAre(Pair(small, 2), Pair(big, 1)));
  EXPECT_THAT(observed("put.first_chunk.latency"),
              UnorderedElementsAre(Pair("u/yes", 1), Pair("u/no", 1)));
  EXPECT_THAT(observed("put.size"), UnorderedElementsAre(Pair("u/high-volume/rocksdb/direct", 1),
                                                         Pair("u/long-term/gcs/direct", 1)));
  EXPECT_THAT(observed("get.size"),
              UnorderedElementsAre(Pair("u/high-volume/rocksdb", 1), Pair("u/long-term/gcs", 1)));
  EXPECT_EQ(sums_["put.size u/high-volume/rocksdb/direct"], 5);
  EXPECT_EQ(sums_["put.size u/long-term/gcs/direct"], static_cast<double>(large.size()));
  EXPECT_EQ(sums_["get.size u/long-term/gcs"], static_cast<double>(large.size()));
}

TEST_F(TieredMetricsTest, a_range_counts_as_much_as_it_holds) {
  ASSERT_TRUE(metered_put("k", "0123456789").ok());
  const auto range = *parse_range("bytes=2-4");
  ASSERT_TRUE(wait_metered(metered_.get(id("k"), range)).ok());
  (void)observed("get.size");
  EXPECT_EQ(sums_["get.size u/high-volume/rocksdb"], 3);
}

TEST_F(TieredMetricsTest, an_operation_that_fails_has_no_tier) {
  rows_.on_read = [] { return Result<Row>(Error(ErrorCode::corrupt, "unreadable")); };
  rows_.on_mutation = [](const std::string&) {
    return Mutation::failed(Error(ErrorCode::io, "broken"));
  };
  EXPECT_FALSE(metered_put("k", "small").ok());
  EXPECT_FALSE(wait_metered(metered_.get(id("k"), std::nullopt)).ok());
  EXPECT_FALSE(wait_metered(metered_.head(id("k"))).ok());
  EXPECT_FALSE(wait_metered(metered_.remove(id("k"))).ok());
  for (const char* name :
       {"put.latency", "get.latency.pre-response", "head.latency", "delete.latency"})
    EXPECT_THAT(observed(name), UnorderedElementsAre(Pair("u///false", 1))) << name;
  EXPECT_THAT(observed("put.size"), IsEmpty());
}

TEST_F(TieredMetricsTest, a_missing_origin_is_counted) {
  Metadata known;
  known.origin = "203.0.113.7";
  ASSERT_TRUE(metered_put("a", "1", known).ok());
  EXPECT_THAT(counted("objectstore_put_origin_missing_total"), IsEmpty());
  ASSERT_TRUE(metered_put("b", "1").ok());
  EXPECT_THAT(counted("objectstore_put_origin_missing_total"), UnorderedElementsAre(Pair("u", 1)));
}

TEST_F(TieredMetricsTest, multipart_calls_are_timed_and_measured) {
  auto* uploads = metered_.multipart();
  ASSERT_NE(uploads, nullptr);
  const auto upload = wait_metered(uploads->initiate(id("k"), Metadata()));
  ASSERT_TRUE(upload.ok());
  std::vector<ListedPart> parts;
  for (std::uint32_t number : {1U, 2U}) {
    PieceStream stream("part " + std::to_string(number));
    const PartToUpload part{number, 6, &stream, std::nullopt};
    const auto etag = wait_metered(uploads->put_part(id("k"), *upload, part));
    ASSERT_TRUE(etag.ok());
    parts.push_back(ListedPart{number, std::get<std::string>(*etag)});
  }
  ASSERT_TRUE(wait_metered(uploads->list_parts(id("k"), *upload, ListParts())).ok());
  const auto completed = wait_metered(uploads->complete(id("k"), *upload, parts));
  ASSERT_TRUE(completed.ok() && std::holds_alternative<BlobCompleted>(*completed));
  ASSERT_TRUE(wait_metered(uploads->abort(id("k"), *upload)).ok());
  EXPECT_FALSE(wait_metered(uploads->abort(id("k"), "no token")).ok());

  EXPECT_THAT(observed("multipart.initiate.latency"), UnorderedElementsAre(Pair("u/true", 1)));
  EXPECT_THAT(observed("multipart.upload_part.latency"), UnorderedElementsAre(Pair("u/true", 2)));
  EXPECT_THAT(observed("multipart.list_parts.latency"), UnorderedElementsAre(Pair("u/true", 1)));
  EXPECT_THAT(observed("multipart.complete.latency"), UnorderedElementsAre(Pair("u/true", 1)));
  EXPECT_THAT(observed("multipart.abort.latency"),
              UnorderedElementsAre(Pair("u/true", 1), Pair("u/false", 1)));
  EXPECT_THAT(observed("multipart.complete.part_count"), UnorderedElementsAre(Pair("u", 1)));
  EXPECT_THAT(observed("multipart.upload_part.size"), UnorderedElementsAre(Pair("u", 2)));
  EXPECT_THAT(observed("put.size"), UnorderedElementsAre(Pair("u/long-term/gcs/multipart", 1)));
  EXPECT_EQ(sums_["multipart.upload_part.size u"], 12);
  EXPECT_EQ(sums_["put.size u/long-term/gcs/multipart"], 12);
  EXPECT_THAT(counted("objectstore_commits_total"), UnorderedElementsAre(Pair("", 1)));
}

TEST_F(TieredMetricsTest, changes_are_counted_to_their_end) {
  ASSERT_TRUE(metered_put("k", large).ok());
  ASSERT_TRUE(metered_put("k", large).ok());
  EXPECT_THAT(counted("objectstore_commits_total"), UnorderedElementsAre(Pair("", 2)));
  EXPECT_THAT(counted("objectstore_settles_total"), UnorderedElementsAre(Pair("done", 2)));
  EXPECT_THAT(counted("objectstore_commits_refused_total"), IsEmpty());
  EXPECT_THAT(counted("objectstore_fences_total"), IsEmpty());
}

TEST_F(TieredMetricsTest, refused_commits_tell_their_cause) {
  struct Case {
    const char* cause;
    std::function<Mutation()> answer;
    bool acknowledged;
    std::uint64_t committed;
  };
  const auto lost_reply = Error(ErrorCode::unavailable, "the reply was lost");
  const Case cases[] = {
      {"fenced", [] { return Mutation::refused(); }, false, 0},
      {"failed", [] { return Mutation::failed(Error(ErrorCode::io, "broken")); }, false, 0},
      {"unknown", [&] { return Mutation::unknown(lost_reply); }, false, 0},
      {"lost_race",
       [&] {
         // Somebody else writes first.
         const RowState other = InlineRow{};
         const Stamp stamp{std::uint64_t{1} << 62, make_uuid_v7(clock_, random_)};
         EXPECT_TRUE(
             run(memory_rows_.write_unless_redirect(id("lost_race").storage_path(), other, stamp))
                 .is_applied());
         return Mutation::refused();
       },
       true, 0},
  };
  for (const auto& c : cases) {
    rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
      if (name != "commit") return std::nullopt;
      return c.answer();
    };
    const auto before = counted("objectstore_commits_refused_total")[c.cause];
    EXPECT_EQ(metered_put(c.cause, large).ok(), c.acknowledged) << c.cause;
    EXPECT_EQ(counted("objectstore_commits_refused_total")[c.cause], before + 1) << c.cause;
  }
  EXPECT_THAT(counted("objectstore_commits_total"), IsEmpty());
  EXPECT_THAT(counted("objectstore_fences_total"), UnorderedElementsAre(Pair("", 4)));
}

TEST_F(TieredMetricsTest, a_commit_whose_reply_was_lost_counts_as_committed) {
  rows_.loses_next_commit_reply = true;
  ASSERT_TRUE(metered_put("k", large).ok());
  EXPECT_THAT(counted("objectstore_commits_total"), UnorderedElementsAre(Pair("", 1)));
  EXPECT_THAT(counted("objectstore_commits_refused_total"), IsEmpty());
}

TEST_F(TieredMetricsTest, families_are_shown_before_anything_happens) {
  std::vector<std::string> names;
  for (const auto* family : metrics_.all_counters())
    names.push_back(family->info().name);
  for (const auto* family : metrics_.all_histograms())
    names.push_back(family->info().name);
  for (const char* name : {"objectstore_put_duration_seconds", "objectstore_settles_total",
                           "objectstore_multipart_complete_duration_seconds"})
    EXPECT_THAT(names, Contains(name));
}

TEST(TieredMetricsUsecases, those_beyond_the_limit_share_their_series) {
  Metrics metrics;
  const TieredMetrics tiered(metrics, TierTypes{"rocksdb", "local-fs"});
  for (std::size_t i = 0; i < metered_usecases + 50; ++i)
    tiered.of("usecase" + std::to_string(i))->origin_missing();
  std::map<std::string, std::uint64_t> counts;
  for (const auto* family : metrics.all_counters()) {
    if (family->info().statsd != "put.origin_missing") continue;
    family->each(
        [&](const auto& values, const Counter& counter) { counts[values[0]] = counter.value(); });
  }
  EXPECT_EQ(counts.size(), metered_usecases + 1);
  EXPECT_THAT(counts, Contains(Pair("usecase0", 1)));
  EXPECT_THAT(counts, Contains(Pair("other", 50)));
}

TEST(TieredMetricsUsecases, without_a_registry_there_are_none) {
  const TieredMetrics none;
  EXPECT_EQ(none.of("u"), nullptr);
  none.committed();
  none.settled(SettleOutcome::done);
}

}  // namespace
}  // namespace objectstore::testing
