// How metrics are sent, as the configuration has it.
#pragma once

#include <optional>

#include "app/config.h"
#include "telemetry/statsd_exporter.h"

namespace objectstore {

// nullopt: they are not sent.
[[nodiscard]] inline std::optional<StatsdSettings> statsd_settings(const MetricsConfig& config) {
  if (!config.addr) return std::nullopt;
  StatsdSettings settings;
  settings.address = *config.addr;
  settings.prefix = config.prefix;
  settings.buffer_size = config.buffer_size;
  settings.tags.assign(config.tags.begin(), config.tags.end());
  return settings;
}

}  // namespace objectstore
