#include "http/request_metrics.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "testing/manual_clock.h"

namespace objectstore {
namespace {

class RequestMetricsTest : public ::testing::Test {
 protected:
  void request(Route route, Method method, std::optional<std::string_view> service) {
    RequestMetrics::Record record(request_metrics_);
    record.routed(route, method, service);
    record.ended(200);
  }
  void refuse(std::string_view service) {
    RequestMetrics::Record record(request_metrics_);
    record.refused(service);
  }
  using Counts = std::map<std::vector<std::string>, std::uint64_t>;
  [[nodiscard]] Counts counts(std::string_view name) const {
    Counts out;
    for (const auto* family : metrics_.all_counters()) {
      if (family->info().name != name) continue;
      family->each([&](const auto& labels, const Counter& counter) {
        EXPECT_EQ(out.count(labels), 0U) << "shown twice";
        out[labels] = counter.value();
      });
    }
    return out;
  }

 private:
  testing::ManualClock clock_;
  Metrics metrics_;
  InFlight in_flight_{10};
  RequestMetrics request_metrics_{metrics_, in_flight_, clock_};
};

TEST_F(RequestMetricsTest, a_flood_of_services_leaves_route_and_method_of_others_alone) {
  request(Route::object, Method::other, "other");
  for (int i = 0; i < 1100; ++i)
    request(Route::object, Method::get, "random" + std::to_string(i));
  request(Route::batch, Method::post, "relay");
  request(Route::collection, Method::post, std::nullopt);
  const auto requests = counts("objectstore_http_requests_total");
  EXPECT_EQ(requests.size(), 1003U);
  const auto count = [&](Route route, const char* method, const char* service) {
    const auto found = requests.find({std::string(route_pattern(route)), method, service});
    return found == requests.end() ? 0 : found->second;
  };
  EXPECT_EQ(count(Route::object, "OTHER", "other"), 1U);
  EXPECT_EQ(count(Route::object, "GET", "random0"), 1U);
  EXPECT_EQ(count(Route::object, "GET", "other"), 101U);
  EXPECT_EQ(count(Route::batch, "POST", "other"), 1U);
  EXPECT_EQ(count(Route::collection, "POST", "other"), 1U);
}

TEST_F(RequestMetricsTest, refusals_are_counted_for_a_limited_number_of_services) {
  for (int i = 0; i < 300; ++i)
    refuse("random" + std::to_string(i));
  auto refused = counts("objectstore_http_requests_refused_total");
  EXPECT_EQ(refused.size(), 201U);
  EXPECT_EQ(refused[{"other"}], 100U);
}

}  // namespace
}  // namespace objectstore
