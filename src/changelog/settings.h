// The times of the change log. Economy only: none of them is needed for safety.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "base/time.h"
#include "runtime/backoff.h"

namespace objectstore {

struct ChangeLogSettings {
  // How often an open change is recorded again.
  Duration heartbeat = std::chrono::seconds(10);
  // How long an entry's time must stand still before anyone settles it.
  Duration stale_after = std::chrono::seconds(30);
  // The pause after a scan that found nothing to do.
  Duration empty_wait = std::chrono::seconds(10);
  // The longest that an upload may go on after its entry was recorded; uploads are ended then.
  Duration late_upload_window = std::chrono::hours(24);
  // How often a quarantined entry is tried again.
  Duration quarantine_retry = std::chrono::hours(24);

  std::size_t scan_limit = 500;           // entries a scan
  std::size_t recovery_concurrency = 64;  // entries settled side by side
  int record_attempts = 3;                // tries of one record or heartbeat
  int settle_attempts = 5;                // failed tries before an entry goes to quarantine
  BackoffSettings scan_backoff;

  // The name of this process in its entries, for people; no secrets. Empty: left out.
  std::string owner;
};

}  // namespace objectstore
