// What the tiered store counts: operations by usecase and tier, and how the change protocol goes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/metrics.h"

namespace objectstore {

// The kinds of stores behind the tiers: "rocksdb", "bigtable"; "local-fs", "gcs", "s3".
struct TierTypes {
  std::string high_volume;
  std::string long_term;
};

// How a change that was to be committed was not.
enum class CommitRefusal : std::uint8_t {
  lost_race,       // another write came first; this one counts as done just before it
  fenced,          // recovery, or another process, has settled the change
  heartbeat_lost,  // not sent: others may be settling the change
  expired,         // not sent: the attempt has lived too long
  failed,          // certainly not applied
  unknown,         // no answer, and the fence found it not applied, or told nothing
};

enum class SettleOutcome : std::uint8_t {
  done,
  kept,    // for a second deletion, when a late upload can't finish any more
  failed,  // left to recovery
};

class UsecaseMetrics;

// A handle, cheap to copy; one made without a registry records nothing. Thread-safe.
class TieredMetrics {
 public:
  TieredMetrics() = default;
  // `metrics` outlives all copies.
  TieredMetrics(Metrics& metrics, TierTypes types);

  // Of operations on objects of that usecase (tiered/usecase_metrics.h); null: nothing is recorded.
  [[nodiscard]] UsecaseMetrics* of(std::string_view usecase) const;

  void committed() const;
  void commit_refused(CommitRefusal cause) const;
  void fenced() const;
  void settled(SettleOutcome outcome) const;
  void expired_removed(std::size_t objects) const;

 private:
  class Instruments;
  std::shared_ptr<Instruments> instruments_;
};

}  // namespace objectstore
