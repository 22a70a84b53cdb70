#include "telemetry/statsd_exporter.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "runtime/task_scope.h"

namespace objectstore {

namespace {

using namespace std::chrono_literals;

// Smaller ones could hold no metric with its tags.
constexpr std::size_t least_buffer_size = 256;

// A receiver that is behind is given this much time a flush, looked at again in such steps: a
// socket of datagrams takes only a few of them at a time.
constexpr Duration patience_of_flush = 1s;
constexpr Duration step = 5ms;

std::string_view transport_tag(StatsdTarget::Transport transport) {
  switch (transport) {
    case StatsdTarget::Transport::udp:
      break;
    case StatsdTarget::Transport::unix_stream:
      return "uds-stream";
    case StatsdTarget::Transport::unix_datagram:
      return "uds";
  }
  return "udp";
}

Result<std::size_t> payload_limit(const StatsdSettings& settings, const StatsdTarget& target) {
  const auto size = settings.buffer_size.value_or(target.default_buffer_size());
  const auto largest = target.largest_buffer_size();
  if (size >= least_buffer_size && size <= largest) return size;
  return Error(ErrorCode::invalid_argument, "metrics.buffer_size is " + std::to_string(size) +
                                                "; for " + target.describe() + " it can be " +
                                                std::to_string(least_buffer_size) + " to " +
                                                std::to_string(largest));
}

Counter& packets(Metrics& metrics, std::string_view outcome) {
  return metrics
      .counters({"objectstore_statsd_packets_total",
                 "Payloads of metrics by what became of them.",
                 "",
                 {"outcome"}})
      .with({outcome});
}

}  // namespace

Result<std::unique_ptr<StatsdExporter>> StatsdExporter::open(const StatsdSettings& settings,
                                                             Metrics& metrics, Clock& clock,
                                                             Logger& logger) {
  const auto failed = [](Error error) {
    return std::move(error).wrap("failed to initialize metrics exporter");
  };
  auto target = parse_statsd_target(settings.address);
  if (!target.ok()) return failed(std::move(target).error());
  auto limit = payload_limit(settings, *target);
  if (!limit.ok()) return failed(std::move(limit).error());
  auto socket = StatsdSocket::open(*target);
  if (!socket.ok()) return failed(std::move(socket).error());
  return std::unique_ptr<StatsdExporter>(
      new StatsdExporter(settings, *target, *limit, *std::move(socket), metrics, clock, logger));
}

StatsdExporter::StatsdExporter(const StatsdSettings& settings, const StatsdTarget& target,
                               std::size_t limit, StatsdSocket socket, Metrics& metrics,
                               Clock& clock, Logger& logger)
    : prefix_(settings.prefix.empty() ? "" : settings.prefix + '.'),
      target_(target.describe()),
      interval_(settings.flush_interval),
      metrics_(metrics),
      clock_(clock),
      logger_(logger),
      socket_(std::move(socket)),
      encoder_(limit, settings.tags),
      client_tag_values_{"cpp", std::string(transport_tag(target.transport))},
      packets_sent_(packets(metrics, "sent")),
      packets_dropped_(packets(metrics, "dropped")) {}

Task<void> StatsdExporter::run() {
  while (true) {
    co_await clock_.sleep_for(interval_);
    const bool stopping = co_await stop_requested();
    co_await flush();
    if (stopping) co_return;
  }
}

Task<void> StatsdExporter::flush() {
  metrics_.refresh();
  const auto before = encoder_.points();
  encode_metrics();
  encode_own();
  const auto payloads = encoder_.take_payloads();
  co_await send(payloads);
  traffic_.points += encoder_.points() - before;
}

void StatsdExporter::encode_metrics() {
  const auto now = clock_.now();
  for (const auto* family : metrics_.all_counters()) {
    const auto& info = family->info();
    if (info.statsd.empty()) continue;
    const auto name = prefix_ + info.statsd;
    family->each([&](const auto& values, const Counter& counter) {
      const auto count = counter.value();
      const auto added = count - std::exchange(sent_counts_[&counter], count);
      if (added > 0) encoder_.counter({name, info.labels, values}, added, now);
    });
  }
  for (const auto* family : metrics_.all_gauges()) {
    const auto& info = family->info();
    if (info.statsd.empty()) continue;
    const auto name = prefix_ + info.statsd;
    family->each([&](const auto& values, const Gauge& gauge) {
      encoder_.gauge({name, info.labels, values}, gauge.value(), now);
    });
  }
  for (auto* family : metrics_.all_histograms()) {
    const auto& info = family->info();
    if (info.statsd.empty()) continue;
    const auto name = prefix_ + info.statsd;
    family->each([&](const auto& values, Histogram& histogram) {
      const auto samples = histogram.take_samples();
      encoder_.distribution({name, info.labels, values}, samples.values, samples.seen);
    });
  }
}

void StatsdExporter::encode_own() {
  static const std::vector<std::string> tag_names = {"client", "client_transport"};
  const auto now = clock_.now();
  const auto tell = [&](std::string_view name, std::uint64_t Traffic::*count) {
    const auto added = traffic_.*count - std::exchange(told_.*count, traffic_.*count);
    encoder_.counter({name, tag_names, client_tag_values_}, added, now);
  };
  tell("datadog.dogstatsd.client.metrics", &Traffic::points);
  tell("datadog.dogstatsd.client.packets_sent", &Traffic::packets);
  tell("datadog.dogstatsd.client.bytes_sent", &Traffic::bytes);
  tell("datadog.dogstatsd.client.packets_dropped", &Traffic::dropped);
}

Task<void> StatsdExporter::send(const std::vector<std::string>& payloads) {
  auto patience = patience_of_flush;
  std::size_t gone = 0;
  bool connected_anew = false;
  while (gone < payloads.size()) {
    const auto sent = socket_.send(payloads[gone]);
    if (sent == StatsdSocket::Sent::failed) {
      // It may have been started again since the last flush.
      if (std::exchange(connected_anew, true)) break;
      continue;
    }
    if (sent == StatsdSocket::Sent::yes) {
      ++traffic_.packets;
      traffic_.bytes += payloads[gone].size();
      ++gone;
      continue;
    }
    const bool again = co_await wait_for_receiver(patience);
    if (!again) break;
  }
  const auto left = payloads.size() - gone;
  traffic_.dropped += left;
  packets_sent_.add(gone);
  packets_dropped_.add(left);
  tell_change(left == 0);
}

Task<bool> StatsdExporter::wait_for_receiver(Duration& patience) {
  const bool stopping = co_await stop_requested();
  if (stopping || patience < step) co_return false;
  patience -= step;
  co_await clock_.sleep_for(step);
  co_return true;
}

void StatsdExporter::tell_change(bool reached) {
  if (std::exchange(reached_, reached) == reached) return;
  if (reached) {
    logger_.info("metrics are received again", {{"target", target_}});
  } else {
    logger_.warn(
        "metrics are dropped: their target does not take them",
        {{"target", target_}, {"error", std::generic_category().message(socket_.error())}});
  }
}

}  // namespace objectstore
