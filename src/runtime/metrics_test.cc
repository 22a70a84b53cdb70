#include "runtime/metrics.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <thread>

namespace objectstore {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::array<double, 3> bounds = {1, 10, 100};

TEST(CounterTest, is_raised_to_a_count_kept_elsewhere_and_never_falls) {
  Counter counter;
  counter.raise_to(7);
  EXPECT_EQ(counter.value(), 7U);
  counter.raise_to(3);
  EXPECT_EQ(counter.value(), 7U);
  counter.add(2);
  EXPECT_EQ(counter.value(), 9U);
}

TEST(HistogramTest, buckets_include_their_upper_bound) {
  struct Case {
    double value;
    std::size_t bucket;
  };
  for (const auto& c : {Case{-1, 0}, Case{0, 0}, Case{1, 0}, Case{1.5, 1}, Case{10, 1},
                        Case{100, 2}, Case{100.1, 3}, Case{1e9, 3}}) {
    Histogram histogram(bounds, false);
    histogram.observe(c.value);
    const auto snapshot = histogram.snapshot();
    std::vector<std::uint64_t> expected(4, 0);
    expected[c.bucket] = 1;
    EXPECT_EQ(snapshot.counts, expected) << c.value;
    EXPECT_EQ(snapshot.count, 1U);
    EXPECT_THAT(snapshot.sum, DoubleEq(c.value));
  }
}

TEST(HistogramTest, samples_are_taken_once) {
  Histogram histogram(bounds, true);
  histogram.observe(3);
  histogram.observe(4);
  auto samples = histogram.take_samples();
  EXPECT_THAT(samples.values, ElementsAre(3, 4));
  EXPECT_EQ(samples.seen, 2U);
  samples = histogram.take_samples();
  EXPECT_THAT(samples.values, IsEmpty());
  EXPECT_EQ(samples.seen, 0U);
  EXPECT_EQ(histogram.snapshot().count, 2U);
}

TEST(HistogramTest, keeps_no_samples_unless_asked) {
  Histogram histogram(bounds, false);
  histogram.observe(3);
  EXPECT_THAT(histogram.take_samples().values, IsEmpty());
}

TEST(HistogramTest, samples_beyond_the_limit_are_chosen_from_all) {
  Histogram histogram(bounds, true);
  constexpr std::size_t seen = 20 * Histogram::max_samples;
  for (std::size_t i = 0; i < seen; ++i)
    histogram.observe(static_cast<double>(i));
  const auto samples = histogram.take_samples();
  ASSERT_THAT(samples.values, SizeIs(Histogram::max_samples));
  EXPECT_EQ(samples.seen, seen);
  EXPECT_EQ(std::set<double>(samples.values.begin(), samples.values.end()).size(),
            samples.values.size());
  // The mean of a uniform choice: its standard error is below one percent of the range.
  const auto mean = std::accumulate(samples.values.begin(), samples.values.end(), 0.0) /
                    static_cast<double>(samples.values.size());
  EXPECT_NEAR(mean / seen, 0.5, 0.06);
}

TEST(FamilyTest, the_same_values_give_the_same_series) {
  Metrics metrics;
  auto& family = metrics.counters({"c_total", "", "", {"a", "b"}});
  EXPECT_EQ(&family.with({"x", "y"}), &family.with({"x", "y"}));
  // Not joined by any separator that values may hold.
  EXPECT_NE(&family.with({"x", "y"}), &family.with({"y", "x"}));
  EXPECT_NE(&family.with({"1:x", ""}), &family.with({"1", ":x"}));
}

// By their labels joined with '/', sorted.
std::vector<std::pair<std::string, std::uint64_t>> counts_of(const Family<Counter>& family) {
  std::vector<std::pair<std::string, std::uint64_t>> seen;
  family.each([&](const auto& values, const Counter& counter) {
    std::string labels;
    for (const auto& value : values)
      labels += (labels.empty() ? "" : "/") + value;
    seen.emplace_back(std::move(labels), counter.value());
  });
  std::ranges::sort(seen);
  return seen;
}

TEST(FamilyTest, series_beyond_the_limit_are_counted_as_other) {
  Metrics metrics;
  MetricInfo info{"c_total", "", "", {"usecase", "ok"}};
  info.max_series = 2;
  auto& family = metrics.counters(info);
  for (const char* usecase : {"a", "b", "c", "d", "a"})
    family.with({usecase, "true"}).add();
  EXPECT_THAT(counts_of(family), ElementsAre(std::pair("a/true", 2U), std::pair("b/true", 1U),
                                             std::pair("other/other", 2U)));
}

TEST(FamilyTest, a_value_other_of_a_caller_is_counted_with_those_beyond_the_limit) {
  Metrics metrics;
  MetricInfo info{"c_total", "", "", {"usecase"}};
  info.max_series = 2;
  auto& family = metrics.counters(info);
  for (const char* usecase : {"a", "other", "b", "c", "other"})
    family.with({usecase}).add();
  EXPECT_THAT(counts_of(family), ElementsAre(std::pair("a", 1U), std::pair("other", 4U)));
}

TEST(FamilyTest, beyond_the_limit_only_what_callers_choose_becomes_other) {
  Metrics metrics;
  MetricInfo info{"c_total", "", "", {"route", "service", "method"}, "service"};
  info.max_series = 3;
  auto& family = metrics.counters(info);
  for (const char* service : {"a", "b", "c", "d", "e", "a"}) {
    family.with({"/x", service, "GET"}).add();
    family.with({"/y", service, "PUT"}).add();
  }
  EXPECT_THAT(counts_of(family),
              ElementsAre(std::pair("/x/a/GET", 2U), std::pair("/x/b/GET", 1U),
                          std::pair("/x/other/GET", 3U), std::pair("/y/a/PUT", 2U),
                          std::pair("/y/other/PUT", 4U)));
}

TEST(FamilyTest, series_are_made_once_by_many_threads) {
  Metrics metrics;
  auto& family = metrics.counters({"c_total", "", "", {"n"}});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i)
        family.with({std::to_string(i % 10)}).add();
    });
  }
  for (auto& thread : threads)
    thread.join();
  std::size_t series = 0;
  family.each([&](const auto&, const Counter& counter) {
    ++series;
    EXPECT_EQ(counter.value(), 400U);
  });
  EXPECT_EQ(series, 10U);
}

TEST(LazySeriesTest, comes_into_being_with_its_first_use) {
  Metrics metrics;
  auto& family = metrics.counters({"c_total", "", "", {"a"}});
  LazySeries<Counter> series;
  const auto count = [&] {
    std::size_t n = 0;
    family.each([&](const auto&, const Counter&) { ++n; });
    return n;
  };
  EXPECT_EQ(count(), 0U);
  series.in(family, {"x"}).add();
  series.in(family, {"x"}).add();
  EXPECT_EQ(count(), 1U);
  EXPECT_EQ(family.with({"x"}).value(), 2U);
}

TEST(MetricsTest, a_name_gives_one_family) {
  Metrics metrics;
  auto& first = metrics.counters({"a_total", "", "a"});
  EXPECT_EQ(&first, &metrics.counters({"a_total", "other words", "b"}));
  auto& sent = metrics.counters({"", "", "a"});
  EXPECT_NE(&first, &sent);
  EXPECT_EQ(&sent, &metrics.counters({"", "", "a"}));
  EXPECT_NE(&sent, &metrics.counters({"", "", "b"}));
  EXPECT_THAT(metrics.all_counters(), SizeIs(3));
}

TEST(MetricsTest, samples_are_kept_for_what_is_sent_only) {
  Metrics metrics(true);
  auto& sent = metrics.histograms({"a", "", "a"}, bounds).with({});
  auto& shown = metrics.histograms({"b", "", ""}, bounds).with({});
  sent.observe(1);
  shown.observe(1);
  EXPECT_THAT(sent.take_samples().values, SizeIs(1));
  EXPECT_THAT(shown.take_samples().values, IsEmpty());
}

TEST(MetricsTest, refreshers_are_called_until_their_handle_goes) {
  Metrics metrics;
  int first = 0;
  int second = 0;
  auto handle = metrics.before_reading([&] { ++first; });
  const auto other = metrics.before_reading([&] { ++second; });
  metrics.refresh();
  handle.reset();
  metrics.refresh();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
}

TEST(MetricsTest, refreshers_may_look_instruments_up) {
  Metrics metrics;
  const auto handle = metrics.before_reading([&] { metrics.gauge("g", "").set(4); });
  metrics.refresh();
  EXPECT_THAT(metrics.gauge("g", "").value(), DoubleEq(4));
}

TEST(MetricsTest, no_call_is_under_way_once_a_handle_has_gone) {
  Metrics metrics;
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop)
      metrics.refresh();
  });
  for (int i = 0; i < 2000; ++i) {
    auto alive = std::make_unique<std::atomic<bool>>(true);
    auto handle = metrics.before_reading([&alive] {
      ASSERT_NE(alive, nullptr);
      ASSERT_TRUE(alive->load());
    });
    handle.reset();
    alive.reset();
  }
  stop = true;
  reader.join();
}

}  // namespace
}  // namespace objectstore
