#include "runtime/metrics.h"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

namespace objectstore {

namespace {

constexpr std::array<double, 18> latencies = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                              0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                              1,      2.5,     5,      10,    30,     60};
constexpr std::array<double, 13> sizes = {
    256.0,     1024.0,     4096.0,     16384.0,     65536.0,      262144.0,    1048576.0,
    4194304.0, 16777216.0, 67108864.0, 268435456.0, 1073741824.0, 4294967296.0};

// Values of labels can hold any byte: their lengths keep them apart.
std::string key_of(const auto& values) {
  std::string key;
  for (const auto& value : values) {
    key += std::to_string(value.size());
    key += ':';
    key += value;
  }
  return key;
}

}  // namespace

std::span<const double> latency_bounds() {
  return latencies;
}

std::span<const double> size_bounds() {
  return sizes;
}

void Counter::raise_to(std::uint64_t count) noexcept {
  auto value = value_.load(std::memory_order_relaxed);
  while (value < count && !value_.compare_exchange_weak(value, count, std::memory_order_relaxed)) {
  }
}

struct Histogram::Reservoir {
  Reservoir() { samples.values.reserve(max_samples); }
  bool empty() {
    const std::lock_guard lock(mutex);
    return samples.seen == 0;
  }

  std::mutex mutex;
  std::minstd_rand random;
  Samples samples;
};

Histogram::Histogram(std::span<const double> bounds, bool keep_samples)
    : bounds_(bounds),
      counts_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds.size() + 1)),
      reservoir_(keep_samples ? std::make_unique<Reservoir>() : nullptr) {}

Histogram::~Histogram() = default;

void Histogram::observe(double value) noexcept {
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
  if (!reservoir_) return;
  const std::lock_guard lock(reservoir_->mutex);
  auto& samples = reservoir_->samples;
  ++samples.seen;
  if (samples.values.size() < max_samples) {
    samples.values.push_back(value);
    return;
  }
  std::uniform_int_distribution<std::uint64_t> choose(0, samples.seen - 1);
  const auto place = choose(reservoir_->random);
  if (place < max_samples) samples.values[place] = value;
}

Histogram::Snapshot Histogram::snapshot() const {
  Snapshot out;
  out.counts.reserve(bounds_.size() + 1);
  for (std::size_t i = 0; i <= bounds_.size(); ++i) {
    out.counts.push_back(counts_[i].load(std::memory_order_relaxed));
    out.count += out.counts.back();
  }
  out.sum = sum_.load(std::memory_order_relaxed);
  return out;
}

Histogram::Samples Histogram::take_samples() {
  if (!reservoir_ || reservoir_->empty()) return {};
  Samples fresh;
  fresh.values.reserve(max_samples);  // observe() must not have to
  const std::lock_guard lock(reservoir_->mutex);
  return std::exchange(reservoir_->samples, std::move(fresh));
}

template <class Instrument>
Instrument* Family<Instrument>::find(const std::string& key) const {
  const std::shared_lock lock(mutex_);
  const auto found = series_.find(key);
  return found == series_.end() ? nullptr : found->second.instrument.get();
}

template <class Instrument>
void Family<Instrument>::make_other(std::vector<std::string>& values) const {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool bounded =
        !info_.chosen_by_callers.empty() && info_.labels[i] != info_.chosen_by_callers;
    if (!bounded) values[i] = "other";
  }
}

template <class Instrument>
Instrument& Family<Instrument>::with(std::initializer_list<std::string_view> values) {
  auto key = key_of(values);
  if (auto* found = find(key)) return *found;
  const std::unique_lock lock(mutex_);
  std::vector<std::string> labels(values.begin(), values.end());
  if (!series_.contains(key) && series_.size() >= info_.max_series) {
    make_other(labels);
    key = key_of(labels);
  }
  auto& series = series_[key];
  if (!series.instrument) series = Series{std::move(labels), make_()};
  return *series.instrument;
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

class Metrics::Refresher {
 public:
  explicit Refresher(std::function<void()> call) : call_(std::move(call)) {}
  // False: there is nothing to call any more.
  bool call() {
    const std::lock_guard lock(mutex_);
    if (call_) call_();
    return call_ != nullptr;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    call_ = nullptr;
  }

 private:
  std::mutex mutex_;
  std::function<void()> call_;
};

template <class Instrument>
Family<Instrument>& Metrics::family(std::vector<std::unique_ptr<Family<Instrument>>>& families,
                                    MetricInfo info, typename Family<Instrument>::Make make) {
  const std::lock_guard lock(mutex_);
  for (auto& family : families) {
    const auto& there = family->info();
    if (there.name == info.name && (!info.name.empty() || there.statsd == info.statsd)) {
      return *family;
    }
  }
  families.push_back(std::make_unique<Family<Instrument>>(std::move(info), std::move(make)));
  return *families.back();
}

Family<Counter>& Metrics::counters(MetricInfo info) {
  return family<Counter>(counters_, std::move(info), [] { return std::make_unique<Counter>(); });
}

Family<Gauge>& Metrics::gauges(MetricInfo info) {
  return family<Gauge>(gauges_, std::move(info), [] { return std::make_unique<Gauge>(); });
}

Family<Histogram>& Metrics::histograms(MetricInfo info, std::span<const double> bounds) {
  const bool keep = keep_samples_ && !info.statsd.empty();
  return family<Histogram>(histograms_, std::move(info),
                           [bounds, keep] { return std::make_unique<Histogram>(bounds, keep); });
}

Counter& Metrics::counter(std::string name, std::string help, std::string statsd) {
  return counters({std::move(name), std::move(help), std::move(statsd)}).with({});
}

Gauge& Metrics::gauge(std::string name, std::string help, std::string statsd) {
  return gauges({std::move(name), std::move(help), std::move(statsd)}).with({});
}

Metrics::RefreshHandle Metrics::before_reading(std::function<void()> refresh) {
  auto refresher = std::make_shared<Refresher>(std::move(refresh));
  RefreshHandle handle(refresher.get(), [refresher](Refresher*) { refresher->end(); });
  const std::lock_guard lock(mutex_);
  refreshers_.push_back(std::move(refresher));
  return handle;
}

void Metrics::refresh() {
  std::vector<std::shared_ptr<Refresher>> calls;
  {
    const std::lock_guard lock(mutex_);
    calls = refreshers_;
  }
  // Without the lock: they look instruments up.
  std::vector<std::shared_ptr<Refresher>> ended;
  for (auto& refresher : calls) {
    if (!refresher->call()) ended.push_back(std::move(refresher));
  }
  if (ended.empty()) return;
  const std::lock_guard lock(mutex_);
  std::erase_if(refreshers_, [&](const auto& refresher) {
    return std::ranges::find(ended, refresher) != ended.end();
  });
}

std::vector<const Family<Counter>*> Metrics::all_counters() const {
  const std::lock_guard lock(mutex_);
  std::vector<const Family<Counter>*> out;
  out.reserve(counters_.size());
  for (const auto& family : counters_)
    out.push_back(family.get());
  return out;
}

std::vector<const Family<Gauge>*> Metrics::all_gauges() const {
  const std::lock_guard lock(mutex_);
  std::vector<const Family<Gauge>*> out;
  out.reserve(gauges_.size());
  for (const auto& family : gauges_)
    out.push_back(family.get());
  return out;
}

std::vector<Family<Histogram>*> Metrics::all_histograms() const {
  const std::lock_guard lock(mutex_);
  std::vector<Family<Histogram>*> out;
  out.reserve(histograms_.size());
  for (const auto& family : histograms_)
    out.push_back(family.get());
  return out;
}

}  // namespace objectstore
