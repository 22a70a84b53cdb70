#include "telemetry/prometheus_text.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace objectstore {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void convert(const Counter& counter, MetricType, ClientMetric& out) {
  out.counter.value = static_cast<double>(counter.value());
}

void convert(const Gauge& gauge, MetricType type, ClientMetric& out) {
  if (type == MetricType::Counter) {
    out.counter.value = gauge.value();
  } else {
    out.gauge.value = gauge.value();
  }
}

void convert(const Histogram& histogram, MetricType, ClientMetric& out) {
  const auto bounds = histogram.bounds();
  const auto snapshot = histogram.snapshot();
  out.histogram.sample_count = snapshot.count;
  out.histogram.sample_sum = snapshot.sum;
  out.histogram.bucket.reserve(snapshot.counts.size());
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < snapshot.counts.size(); ++i) {
    cumulative += snapshot.counts[i];
    const auto bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
    out.histogram.bucket.push_back({cumulative, bound});
  }
}

template <class Instrument>
void add(const Family<Instrument>& family, MetricType type, std::vector<MetricFamily>& out) {
  const auto& info = family.info();
  if (info.name.empty()) return;
  MetricFamily shown;
  shown.name = info.name;
  shown.help = info.help;
  shown.type = type;
  family.each([&](const std::vector<std::string>& values, const Instrument& instrument) {
    ClientMetric metric;
    metric.label.reserve(values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      metric.label.push_back({info.labels[i], values[i]});
    convert(instrument, type, metric);
    shown.metric.push_back(std::move(metric));
  });
  std::ranges::sort(shown.metric,
                    [](const ClientMetric& a, const ClientMetric& b) { return a.label < b.label; });
  out.push_back(std::move(shown));
}

}  // namespace

std::string prometheus_text(Metrics& metrics) {
  metrics.refresh();
  const auto counters = metrics.all_counters();
  const auto gauges = metrics.all_gauges();
  const auto histograms = metrics.all_histograms();
  std::vector<MetricFamily> families;
  families.reserve(counters.size() + gauges.size() + histograms.size());
  for (const auto* family : counters)
    add(*family, MetricType::Counter, families);
  for (const auto* family : gauges) {
    add(*family, family->info().grows_only ? MetricType::Counter : MetricType::Gauge, families);
  }
  for (const auto* family : histograms)
    add(*family, MetricType::Histogram, families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace objectstore
