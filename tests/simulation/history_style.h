// What kind of history a seed draws: which faults of time it has, and what the stores are like.
#pragma once

#include <string>

#include "testing/sim_server.h"

namespace objectstore::testing {

struct HistoryStyle {
  int servers = 2;
  LateUploads late_uploads = LateUploads::prevented;
  bool clocks_differ = false;     // by up to an hour
  bool expires = false;           // objects are written with deadlines, read and swept
  bool blobs_expire = false;      // the blob store removes what is past its deadline by itself
  bool slow = false;              // clients pause for up to a minute
  bool multipart = false;         // some large writes are uploads in parts
  bool takes_days = false;        // pauses of days; the store collects old stamps, fences, intents
  std::uint64_t fault_rate = 10;  // one request in so many meets a fault

  [[nodiscard]] static HistoryStyle draw(SeededRandom& random);
  [[nodiscard]] std::string str() const;

  [[nodiscard]] Duration longest_freeze() const;
  // A history is over that long after its faults have ended, at the latest.
  [[nodiscard]] Duration at_rest_after() const;
  // How long a client waits before its next operation.
  [[nodiscard]] Duration think_time(SeededRandom& random) const;
  // Until the next process is killed or frozen.
  [[nodiscard]] Duration time_between_stops(SeededRandom& random) const;
  [[nodiscard]] ExpirationPolicy policy(SeededRandom& random) const;
  // Of one server process.
  [[nodiscard]] SimServerSettings server(SeededRandom& random) const;
};

// Requests may be this late; what was sent has arrived after three times that.
inline constexpr Duration longest_delay = std::chrono::minutes(5);

}  // namespace objectstore::testing
