// What limits requests: the sections `service`, `killswitches`, `rate_limits` and `usecases` of the
// configuration as plain values (contract config.md, sections 3 and 5 to 7).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace objectstore {

struct ServiceConfig {
  std::uint32_t max_concurrency = 500;  // 0 refuses all
  std::uint32_t concurrency_queue = 0;
  Duration concurrency_timeout = std::chrono::seconds(1);
  std::uint32_t bulk_concurrency_pct = 60;
  bool operator==(const ServiceConfig&) const = default;
};

// Matches a request that all given parts match; without parts, every request.
struct Killswitch {
  std::optional<std::string> usecase;
  std::map<std::string, std::string> scopes;
  std::optional<std::string> service;  // a glob
  bool operator==(const Killswitch&) const = default;
};

struct ThroughputRule {
  std::optional<std::string> usecase;
  std::vector<std::pair<std::string, std::string>> scopes;
  std::optional<std::uint32_t> rps;
  std::optional<std::uint8_t> pct;
  bool operator==(const ThroughputRule&) const = default;
};

struct ThroughputLimits {
  std::optional<std::uint32_t> global_rps;
  std::uint32_t burst = 0;
  std::optional<std::uint8_t> usecase_pct;
  std::optional<std::uint8_t> scope_pct;
  std::vector<ThroughputRule> rules;
  bool operator==(const ThroughputLimits&) const = default;
};

struct BandwidthLimits {
  std::optional<std::uint64_t> global_bps;  // bytes a second, up and down
  std::uint64_t burst_ms = 1000;
  std::optional<std::uint8_t> usecase_pct;
  std::optional<std::uint8_t> scope_pct;
  bool report_only = false;
  bool operator==(const BandwidthLimits&) const = default;
};

struct RateLimits {
  ThroughputLimits throughput;
  BandwidthLimits bandwidth;
  bool operator==(const RateLimits&) const = default;
};

struct ExpirationRule {
  bool allowed = true;
  std::optional<Duration> max;
  bool operator==(const ExpirationRule&) const = default;
};

struct UsecaseConfig {
  bool manual_allowed = true;
  ExpirationRule ttl;
  ExpirationRule tti;
  bool operator==(const UsecaseConfig&) const = default;
};

}  // namespace objectstore
