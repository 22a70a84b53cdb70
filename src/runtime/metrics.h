// Instruments that count what the process does, and the registry that exporters read them from.
//
// Writing costs an atomic addition or two: look instruments up once and keep the reference.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"

namespace objectstore {

// Only grows. Thread-safe, as all instruments are.
class Counter {
 public:
  void add(std::uint64_t count = 1) noexcept { value_.fetch_add(count, std::memory_order_relaxed); }
  // Brings it up to a count that is kept elsewhere; one that is lower changes nothing.
  void raise_to(std::uint64_t count) noexcept;
  [[nodiscard]] std::uint64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

class Gauge {
 public:
  void set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(double change) noexcept { value_.fetch_add(change, std::memory_order_relaxed); }
  [[nodiscard]] double value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

// Counts of values by size. Keeps single values as well, up to `max_samples` between two takes and
// uniformly chosen beyond, where an exporter wants them.
class Histogram {
 public:
  static constexpr std::size_t max_samples = 1024;

  // `bounds`: upper bounds of the buckets, ascending, inclusive; a last one without bound is
  // implied. They outlive the histogram.
  Histogram(std::span<const double> bounds, bool keep_samples);
  ~Histogram();
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;

  void observe(double value) noexcept;

  struct Snapshot {
    std::vector<std::uint64_t> counts;  // by bucket, not cumulative; one more than bounds
    std::uint64_t count = 0;
    double sum = 0;
  };
  [[nodiscard]] Snapshot snapshot() const;
  [[nodiscard]] std::span<const double> bounds() const { return bounds_; }

  struct Samples {
    std::vector<double> values;
    std::uint64_t seen = 0;  // of how many they were chosen
  };
  // What came since the last take.
  [[nodiscard]] Samples take_samples();

 private:
  struct Reservoir;

  std::span<const double> bounds_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
  std::atomic<double> sum_ = 0;
  std::unique_ptr<Reservoir> reservoir_;  // null: samples are not kept
};

[[nodiscard]] constexpr double in_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Seconds: 0.1 ms to 60 s. Bytes: 256 B to 4 GiB.
[[nodiscard]] std::span<const double> latency_bounds();
[[nodiscard]] std::span<const double> size_bounds();

struct MetricInfo {
  std::string name;    // of Prometheus, e.g. "objectstore_http_requests_total"; empty: not shown
  std::string help;    // one sentence
  std::string statsd;  // of DogStatsD without prefix, e.g. "server.requests"; empty: not sent
  std::vector<std::string> labels = {};  // also the names of DogStatsD's tags
  // The one of them whose values callers choose; empty: none.
  std::string chosen_by_callers = {};
  // Series kept. What comes beyond is counted in series whose label of the callers is "other",
  // which are as few as the combinations of the other labels; where there is no such label, in one
  // series whose labels are all "other".
  std::size_t max_series = 200;
  // Of a gauge that only grows: shown to Prometheus as a counter, one that can hold fractions.
  bool grows_only = false;
};

// The instruments of one name, by the values of its labels.
template <class Instrument>
class Family {
 public:
  using Make = std::function<std::unique_ptr<Instrument>()>;
  Family(MetricInfo info, Make make) : info_(std::move(info)), make_(std::move(make)) {}

  [[nodiscard]] const MetricInfo& info() const { return info_; }
  // As many values as labels. The reference is good as long as the registry.
  [[nodiscard]] Instrument& with(std::initializer_list<std::string_view> values);

  // Calls `visit(values of labels, instrument)` for each series.
  template <class Visit>
  void each(Visit&& visit) const {
    const std::shared_lock lock(mutex_);
    for (const auto& [key, series] : series_)
      visit(series.values, *series.instrument);
  }

 private:
  struct Series {
    std::vector<std::string> values;
    std::unique_ptr<Instrument> instrument;
  };
  Instrument* find(const std::string& key) const;
  // Makes the labels those of the series for what is beyond the limit.
  void make_other(std::vector<std::string>& values) const;

  MetricInfo info_;
  Make make_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Series> series_;
};

// A series that comes into being when it is first used, and is looked up only then. Thread-safe.
template <class Instrument>
class LazySeries {
 public:
  // Always with the same family and values.
  Instrument& in(Family<Instrument>& family, std::initializer_list<std::string_view> values) {
    auto* series = series_.load(std::memory_order_acquire);
    if (series == nullptr) {
      series = &family.with(values);
      series_.store(series, std::memory_order_release);
    }
    return *series;
  }

 private:
  std::atomic<Instrument*> series_ = nullptr;
};

// Thread-safe. Outlives whoever holds an instrument.
class Metrics {
 public:
  // `keep_samples`: of histograms that have a DogStatsD name.
  explicit Metrics(bool keep_samples = false) : keep_samples_(keep_samples) {}
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // A name that is there already (Prometheus's, or DogStatsD's where the other is empty) gives the
  // same family. Families without series are shown, too, by their names.
  [[nodiscard]] Family<Counter>& counters(MetricInfo info);
  [[nodiscard]] Family<Gauge>& gauges(MetricInfo info);
  [[nodiscard]] Family<Histogram>& histograms(MetricInfo info, std::span<const double> bounds);

  // For those without labels.
  [[nodiscard]] Counter& counter(std::string name, std::string help, std::string statsd = {});
  [[nodiscard]] Gauge& gauge(std::string name, std::string help, std::string statsd = {});

  // `refresh` is called before instruments are read, to bring gauges up to date: short, from any
  // thread, one call at a time. Dropping the handle waits for a call under way; none comes later.
  class Refresher;
  using RefreshHandle = std::shared_ptr<Refresher>;
  [[nodiscard]] RefreshHandle before_reading(std::function<void()> refresh);
  void refresh();

  // Families in the order they were made.
  [[nodiscard]] std::vector<const Family<Counter>*> all_counters() const;
  [[nodiscard]] std::vector<const Family<Gauge>*> all_gauges() const;
  [[nodiscard]] std::vector<Family<Histogram>*> all_histograms() const;

 private:
  template <class Instrument>
  Family<Instrument>& family(std::vector<std::unique_ptr<Family<Instrument>>>& families,
                             MetricInfo info, typename Family<Instrument>::Make make);

  bool keep_samples_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Family<Counter>>> counters_;
  std::vector<std::unique_ptr<Family<Gauge>>> gauges_;
  std::vector<std::unique_ptr<Family<Histogram>>> histograms_;
  std::vector<std::shared_ptr<Refresher>> refreshers_;
};

}  // namespace objectstore
