// Sends the metrics that have a DogStatsD name, every few seconds.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/metrics.h"
#include "telemetry/statsd_encoder.h"
#include "telemetry/statsd_socket.h"

namespace objectstore {

struct StatsdSettings {
  std::string address;                     // see parse_statsd_target()
  std::string prefix = "objectstore";      // of every name, before a dot; may be empty
  std::optional<std::size_t> buffer_size;  // bytes of a payload at most; unset: the target's
  StatsdTags tags;                         // of every metric
  Duration flush_interval = std::chrono::seconds(10);
};

// Counters are sent as what was added since the last time, if anything was; gauges as they are, and
// both with the time; distributions as samples. A target that is gone, or slow, costs drops and
// nothing else: no queue is kept from one flush to the next.
class StatsdExporter {
 public:
  // Looks the target's host up, which may block. invalid_argument: "failed to initialize metrics
  // exporter: …". `metrics` keeps samples; all of them outlive the exporter.
  [[nodiscard]] static Result<std::unique_ptr<StatsdExporter>> open(const StatsdSettings& settings,
                                                                    Metrics& metrics, Clock& clock,
                                                                    Logger& logger);

  // Until its scope is stopped; what there is then is sent as well.
  [[nodiscard]] Task<void> run();
  // What run() does each time.
  [[nodiscard]] Task<void> flush();

 private:
  StatsdExporter(const StatsdSettings& settings, const StatsdTarget& target, std::size_t limit,
                 StatsdSocket socket, Metrics& metrics, Clock& clock, Logger& logger);

  void encode_metrics();
  void encode_own();
  [[nodiscard]] Task<void> send(const std::vector<std::string>& payloads);
  // Whether there is time to wait for a receiver that is behind; waits for some of it.
  [[nodiscard]] Task<bool> wait_for_receiver(Duration& patience);
  void tell_change(bool reached);

  const std::string prefix_;
  const std::string target_;
  const Duration interval_;
  Metrics& metrics_;
  Clock& clock_;
  Logger& logger_;
  StatsdSocket socket_;
  StatsdEncoder encoder_;
  const std::vector<std::string> client_tag_values_;
  std::unordered_map<const Counter*, std::uint64_t> sent_counts_;
  bool reached_ = true;

  // About the sending itself.
  struct Traffic {
    std::uint64_t points = 0;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t dropped = 0;
  };
  Traffic traffic_;
  Traffic told_;
  Counter& packets_sent_;
  Counter& packets_dropped_;
};

}  // namespace objectstore
