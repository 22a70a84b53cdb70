#include "app/config_check.h"

namespace objectstore {
namespace {

// Intents are kept that long (storage/row_cells.h).
constexpr Duration longest_upload_window = std::chrono::hours(7 * 24);

}  // namespace

std::vector<std::string> startup_errors(const Config& config) {
  std::vector<std::string> out;
  if (config.auth.enforce && config.auth.keys.empty()) {
    out.emplace_back(
        "Auth enforcement is enabled but no keys are configured (auth.keys; auth.enforce: false "
        "turns authentication off)");
  }
  const auto* const tiered = std::get_if<TieredStorage>(&config.storage);
  if (tiered != nullptr && tiered->changelog.times.late_upload_window > longest_upload_window) {
    out.emplace_back(
        "storage.changelog.late_upload_window: longer than 7d, after which an upload could not be "
        "committed any more");
  }
  return out;
}

std::vector<std::string> unavailable_features(const Config& config) {
  std::vector<std::string> out;
  const auto unavailable = [&](bool used, const std::string& what) {
    if (used) out.push_back(what + " not available yet");
  };
  unavailable(config.http.tls.has_value(), "http.tls: TLS is");
  unavailable(config.service != ServiceConfig{}, "service: concurrency limits are");
  unavailable(config.metrics.addr.has_value(), "metrics.addr: sending metrics is");
  unavailable(config.auth.enforce && !config.auth.keys.empty(),
              "auth.keys: enforced authentication is");
  unavailable(!config.killswitches.empty(), "killswitches: kill switches are");
  unavailable(config.rate_limits != RateLimits{}, "rate_limits: rate limits are");
  unavailable(!config.usecases.empty(), "usecases: policies of usecases are");
  return out;
}

std::vector<std::string> startup_warnings(const Config& config) {
  std::vector<std::string> out;
  const auto* const tiered = std::get_if<TieredStorage>(&config.storage);
  if (tiered != nullptr && std::holds_alternative<NoopChangelog>(tiered->changelog.log)) {
    out.emplace_back(
        "storage.changelog: without a change log a crash can leave blobs behind that nobody points "
        "to (storage.changelog.type: rocksdb records changes)");
  }
  if (config.sentry.dsn) {
    out.emplace_back("sentry.dsn: reporting to Sentry is not available yet, nothing is sent");
  }
  if (!config.auth.enforce && !config.auth.keys.empty()) {
    out.emplace_back(
        "auth.keys: authentication is not available yet, credentials are not looked at "
        "(auth.enforce is false)");
  }
  return out;
}

}  // namespace objectstore
