// What storage/tier_metrics.h has counted.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

#include "runtime/metrics.h"

namespace objectstore::testing {

// "operation outcome" and how often, of all series; those must be of that tier.
[[nodiscard]] inline std::map<std::string, std::uint64_t> tier_operations(Metrics& metrics,
                                                                          const std::string& tier) {
  std::map<std::string, std::uint64_t> counts;
  for (auto* family : metrics.all_histograms()) {
    family->each([&](const auto& values, const Histogram& histogram) {
      EXPECT_EQ(values[0], tier);
      counts[values[1] + ' ' + values[2]] = histogram.snapshot().count;
    });
  }
  return counts;
}

// How long its operations of that name took together, in seconds.
[[nodiscard]] inline double tier_seconds(Metrics& metrics, const std::string& operation) {
  double seconds = 0;
  for (auto* family : metrics.all_histograms()) {
    family->each([&](const auto& values, const Histogram& histogram) {
      if (values[1] == operation) seconds += histogram.snapshot().sum;
    });
  }
  return seconds;
}

}  // namespace objectstore::testing
