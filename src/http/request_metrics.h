// What is counted of every request to the service (semantics.md section 10; the names of Prometheus
// are ours).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "http/in_flight.h"
#include "http/request_parser.h"
#include "http/router.h"
#include "runtime/clock.h"
#include "runtime/metrics.h"

namespace objectstore {

// Thread-safe. Internal routes are not counted.
class RequestMetrics {
 public:
  // What is passed by reference outlives it.
  RequestMetrics(Metrics& metrics, const InFlight& in_flight, Clock& clock);

  // One request, from its head to the end of its response. Dropped before that, it counts as 499.
  class Record {
   public:
    explicit Record(RequestMetrics& owner) : owner_(owner), begun_(owner.clock_.monotonic_now()) {}
    ~Record() { ended(499); }
    Record(const Record&) = delete;
    Record& operator=(const Record&) = delete;

    // Once the head was looked at; `service` is normalised. A request for which it isn't called is
    // not counted.
    void routed(Route route, Method method, std::optional<std::string_view> service);
    // The in-flight limiter refuses it.
    void refused(std::optional<std::string_view> service);
    // A kill switch refuses it.
    void kill_switched() { owner_.kill_switched_.add(); }
    void ended(unsigned status);
    // Seconds since the head was read.
    [[nodiscard]] double age() const;
    [[nodiscard]] Route route() const { return route_; }

   private:
    RequestMetrics& owner_;
    MonotonicTime begun_;
    Route route_ = Route::unknown;
    Method method_ = Method::other;
    bool counted_ = false;
  };

 private:
  static constexpr std::size_t method_count = 6;
  static constexpr std::array<unsigned, 22> statuses = {200, 201, 204, 206, 400, 401, 403, 404,
                                                        405, 409, 413, 414, 415, 416, 422, 429,
                                                        431, 499, 500, 501, 503, 507};
  static constexpr std::size_t endpoint_of(Route route, Method method) {
    return static_cast<std::size_t>(route) * method_count + static_cast<std::size_t>(method);
  }
  [[nodiscard]] Counter& requests(Route route, Method method,
                                  std::optional<std::string_view> service);
  [[nodiscard]] Histogram& durations(Route route, Method method, unsigned status);

  Clock& clock_;
  Family<Counter>& requests_;
  Family<Histogram>& durations_;
  Family<Counter>& refused_;
  Counter& kill_switched_;
  Metrics::RefreshHandle refresher_;
  // Series that were looked up before: of requests that name no service, and by status.
  std::array<std::atomic<Counter*>, route_count * method_count> known_requests_{};
  std::array<std::atomic<Histogram*>, route_count * method_count * statuses.size()>
      known_durations_{};
};

}  // namespace objectstore
