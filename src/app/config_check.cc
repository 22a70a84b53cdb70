#include "app/config_check.h"

#include "service/glob.h"

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
        "auth.enforce: false: credentials are checked, but who has none or a bad one may do "
        "everything");
  }
  for (std::size_t i = 0; i < config.killswitches.size(); ++i) {
    const auto& service = config.killswitches[i].service;
    if (!service || Glob::compile(*service)) continue;
    out.push_back("killswitches[" + std::to_string(i) + "].service: `" + *service +
                  "` is no glob, so this switch matches nothing");
  }
  return out;
}

}  // namespace objectstore
