#include "simulation/history_style.h"

namespace objectstore::testing {

namespace {

// Longer than a request can be late, and than a server that takes no days can be frozen.
constexpr Duration late_upload_window = std::chrono::minutes(40);
constexpr Duration multipart_lifetime = std::chrono::minutes(20);

Duration below(SeededRandom& random, Duration limit) {
  return Duration(static_cast<std::int64_t>(random.below(limit.count())));
}

}  // namespace

HistoryStyle HistoryStyle::draw(SeededRandom& random) {
  HistoryStyle style;
  style.servers = random.one_in(3) ? 3 : 2;
  style.late_uploads = random.one_in(2) ? LateUploads::possible : LateUploads::prevented;
  style.takes_days = random.one_in(8);
  style.slow = !style.takes_days && random.one_in(3);
  style.expires = !style.takes_days && random.one_in(2);
  style.blobs_expire = style.expires && random.one_in(2);
  style.clocks_differ = random.one_in(style.expires ? 4 : 2);
  style.fault_rate = 4 + random.below(30);
  if (style.late_uploads == LateUploads::possible && random.one_in(2)) {
    style.late_uploads = LateUploads::prevented_by_address;
  }
  style.multipart = random.one_in(2);
  return style;
}

std::string HistoryStyle::str() const {
  std::string text = std::to_string(servers) + " servers";
  if (late_uploads == LateUploads::possible) text += ", late uploads";
  if (late_uploads == LateUploads::prevented_by_address) text += ", uploads have addresses";
  if (multipart) text += ", uploads in parts";
  if (clocks_differ) text += ", clocks differ";
  if (expires) text += ", objects expire";
  if (blobs_expire) text += ", blobs expire by themselves";
  if (slow) text += ", slow clients";
  if (takes_days) text += ", days pass";
  return text + ", a fault in " + std::to_string(fault_rate);
}

Duration HistoryStyle::longest_freeze() const {
  return takes_days ? Duration(std::chrono::hours(9 * 24)) : Duration(std::chrono::minutes(5));
}

Duration HistoryStyle::at_rest_after() const {
  return longest_freeze() + std::chrono::hours(8);
}

Duration HistoryStyle::think_time(SeededRandom& random) const {
  if (takes_days) {
    return random.one_in(4) ? below(random, std::chrono::hours(5 * 24)) : Duration::zero();
  }
  // Long enough for recovery to come in between.
  if (slow) return random.one_in(2) ? below(random, std::chrono::seconds(60)) : Duration::zero();
  // Long enough for deadlines to pass meanwhile.
  if (expires) return random.one_in(2) ? below(random, std::chrono::seconds(3)) : Duration::zero();
  return Duration::zero();
}

Duration HistoryStyle::time_between_stops(SeededRandom& random) const {
  // Drawn in any case, so that seeds keep their histories.
  const Duration soon = std::chrono::seconds(1 + random.below(120));
  if (!takes_days) return soon;
  return std::chrono::hours(random.below(36));
}

ExpirationPolicy HistoryStyle::policy(SeededRandom& random) const {
  ExpirationPolicy policy;
  if (!expires || random.one_in(3)) return policy;
  policy.kind = random.one_in(3) ? ExpirationKind::time_to_live : ExpirationKind::time_to_idle;
  policy.duration.seconds = 1 + random.below(slow || random.one_in(4) ? 120 : 10);
  return policy;
}

SimServerSettings HistoryStyle::server(SeededRandom& random) const {
  SimServerSettings settings;
  settings.late_upload_window = late_upload_window;
  settings.multipart_lifetime = multipart_lifetime;
  settings.sweeps = expires;
  settings.sweep_interval = std::chrono::seconds(random.one_in(2) ? 3 : 60);
  settings.absence_is_doubtful = expires && clocks_differ;
  settings.largest_clock_skew = std::chrono::hours(clocks_differ ? 2 : 0);
  if (clocks_differ) {
    constexpr Duration skews[] = {Duration::zero(), std::chrono::hours(1), std::chrono::hours(-1),
                                  std::chrono::seconds(20)};
    settings.clock_skew = skews[random.below(std::size(skews))];
  }
  if (takes_days) {
    // The same proportions, or a history would be all heartbeats.
    settings.log.heartbeat = std::chrono::minutes(10);
    settings.log.stale_after = std::chrono::minutes(30);
    settings.log.empty_wait = std::chrono::minutes(10);
  }
  return settings;
}

}  // namespace objectstore::testing
