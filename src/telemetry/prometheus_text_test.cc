#include "telemetry/prometheus_text.h"

#include <gmock/gmock.h>

#include <array>

namespace objectstore {
namespace {

using ::testing::HasSubstr;

TEST(PrometheusTextTest, each_kind_has_its_form) {
  constexpr std::array<double, 2> bounds = {0.5, 2};
  Metrics metrics;
  auto& requests = metrics.counters({"requests_total", "Requests.", "", {"route", "status"}});
  requests.with({"/b", "200"}).add(3);
  requests.with({"/a", "404"}).add();
  metrics.gauge("open", "Open things.").set(1.5);
  auto& latency = metrics.histograms({"latency_seconds", "How long.", "", {}}, bounds).with({});
  for (const double value : {0.25, 1.0, 1.5, 8.0})
    latency.observe(value);
  EXPECT_EQ(prometheus_text(metrics),
            "# HELP requests_total Requests.\n"
            "# TYPE requests_total counter\n"
            "requests_total{route=\"/a\",status=\"404\"} 1\n"
            "requests_total{route=\"/b\",status=\"200\"} 3\n"
            "# HELP open Open things.\n"
            "# TYPE open gauge\n"
            "open 1.5\n"
            "# HELP latency_seconds How long.\n"
            "# TYPE latency_seconds histogram\n"
            "latency_seconds_count 4\n"
            "latency_seconds_sum 10.75\n"
            "latency_seconds_bucket{le=\"0.5\"} 1\n"
            "latency_seconds_bucket{le=\"2\"} 3\n"
            "latency_seconds_bucket{le=\"+Inf\"} 4\n");
}

TEST(PrometheusTextTest, a_gauge_that_only_grows_is_a_counter) {
  Metrics metrics;
  MetricInfo info{"cpu_seconds_total", "CPU.", ""};
  info.grows_only = true;
  metrics.gauges(info).with({}).set(2.25);
  EXPECT_EQ(prometheus_text(metrics),
            "# HELP cpu_seconds_total CPU.\n# TYPE cpu_seconds_total counter\n"
            "cpu_seconds_total 2.25\n");
}

TEST(PrometheusTextTest, a_family_without_series_shows_its_name) {
  Metrics metrics;
  (void)metrics.counters({"refused_total", "Refused.", "", {"cause"}});
  EXPECT_EQ(prometheus_text(metrics),
            "# HELP refused_total Refused.\n# TYPE refused_total counter\n");
}

TEST(PrometheusTextTest, what_is_only_sent_is_not_shown) {
  Metrics metrics;
  metrics.counter("", "", "gcs.retries").add();
  EXPECT_EQ(prometheus_text(metrics), "");
}

TEST(PrometheusTextTest, values_of_labels_are_escaped) {
  Metrics metrics;
  metrics.counters({"c_total", "C.", "", {"l"}}).with({"a\"b\\c\nd"}).add();
  EXPECT_THAT(prometheus_text(metrics), HasSubstr("c_total{l=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(PrometheusTextTest, gauges_are_brought_up_to_date) {
  Metrics metrics;
  auto& gauge = metrics.gauge("g", "G.");
  const auto handle = metrics.before_reading([&] { gauge.set(9); });
  EXPECT_THAT(prometheus_text(metrics), HasSubstr("\ng 9\n"));
}

}  // namespace
}  // namespace objectstore
