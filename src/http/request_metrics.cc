#include "http/request_metrics.h"

#include <algorithm>
#include <string>
#include <utility>

namespace objectstore {

namespace {

constexpr std::string_view no_service = "unknown";

}  // namespace

RequestMetrics::RequestMetrics(Metrics& metrics, const InFlight& in_flight, Clock& clock)
    : clock_(clock),
      requests_(metrics.counters({"objectstore_http_requests_total",
                                  "Requests by route, method and calling service",
                                  "server.requests",
                                  {"route", "method", "service"},
                                  "service",
                                  1000})),
      durations_(metrics.histograms(
          {"objectstore_http_request_duration_seconds",
           "Time from a request's head to the end of its response; status 499: was dropped",
           "server.requests.duration",
           {"route", "method", "status"},
           "",
           1000},
          latency_bounds())),
      refused_(metrics.counters({"objectstore_http_requests_refused_total",
                                 "Requests refused because too many were in flight",
                                 "web.concurrency.rejected",
                                 {"service"},
                                 "service"})),
      kill_switched_(metrics.counter("objectstore_http_requests_switched_off_total",
                                     "Requests refused by a kill switch",
                                     "server.request.killswitched")) {
  auto& now = metrics.gauge("objectstore_http_requests_in_flight", "Requests being served",
                            "server.requests.in_flight");
  auto& limit =
      metrics.gauge("objectstore_http_requests_limit",
                    "Requests in flight from which on others are refused", "server.requests.limit");
  refresher_ = metrics.before_reading([&in_flight, &now, &limit] {
    now.set(static_cast<double>(in_flight.count()));
    limit.set(static_cast<double>(in_flight.limit()));
  });
}

Counter& RequestMetrics::requests(Route route, Method method,
                                  std::optional<std::string_view> service) {
  if (service) return requests_.with({route_pattern(route), to_string(method), *service});
  auto& known = known_requests_[endpoint_of(route, method)];
  auto* counter = known.load(std::memory_order_acquire);
  if (counter == nullptr) {
    counter = &requests_.with({route_pattern(route), to_string(method), no_service});
    known.store(counter, std::memory_order_release);
  }
  return *counter;
}

Histogram& RequestMetrics::durations(Route route, Method method, unsigned status) {
  const auto look_up = [&]() -> Histogram& {
    return durations_.with({route_pattern(route), to_string(method), std::to_string(status)});
  };
  const auto* const place = std::ranges::lower_bound(statuses, status);
  if (place == statuses.end() || *place != status) return look_up();
  const auto index = static_cast<std::size_t>(place - statuses.begin());
  auto& known = known_durations_[endpoint_of(route, method) * statuses.size() + index];
  auto* histogram = known.load(std::memory_order_acquire);
  if (histogram == nullptr) {
    histogram = &look_up();
    known.store(histogram, std::memory_order_release);
  }
  return *histogram;
}

void RequestMetrics::Record::routed(Route route, Method method,
                                    std::optional<std::string_view> service) {
  route_ = route;
  method_ = method;
  if (is_internal(route)) return;
  counted_ = true;
  owner_.requests(route, method, service).add();
}

void RequestMetrics::Record::refused(std::optional<std::string_view> service) {
  owner_.refused_.with({service.value_or(no_service)}).add();
}

double RequestMetrics::Record::age() const {
  return in_seconds(owner_.clock_.monotonic_now() - begun_);
}

void RequestMetrics::Record::ended(unsigned status) {
  if (!std::exchange(counted_, false)) return;
  owner_.durations(route_, method_, status).observe(age());
}

}  // namespace objectstore
