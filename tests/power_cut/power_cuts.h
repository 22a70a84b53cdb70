// Power cuts along a recording: the disk is brought to each, and what is left of it is inspected.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "power_cut/disk.h"
#include "power_cut/inspection.h"
#include "power_cut/workload.h"

namespace objectstore::testing {

struct CutPoint {
  std::size_t position = 0;  // calls that were made
  PowerCut cut;
};

// Before each sync, where most is at stake, with all unsynced lost and with the newest name alone
// kept; before and after it with parts kept by chance. At the end, with all lost and with all kept.
[[nodiscard]] std::vector<CutPoint> around_every_sync(const DiskCalls& calls, std::uint64_t seed);
// Anywhere; in order.
[[nodiscard]] std::vector<CutPoint> random_points(const DiskCalls& calls, std::size_t count,
                                                  std::uint64_t seed);

// Syncs that a disk only pretends to do.
using LeftOut = std::function<bool(const DiskCall&)>;
[[nodiscard]] inline bool none_left_out(const DiskCall&) {
  return false;
}

// Goes along a recording once.
class CutDisk {
 public:
  // `recording` outlives it.
  CutDisk(const Recording& recording, LeftOut left_out)
      : recording_(recording), disk_(recording.before), left_out_(std::move(left_out)) {}

  // Makes `root` what the power cut leaves. Points come in order.
  void cut(const CutPoint& point, const std::filesystem::path& root);

 private:
  const Recording& recording_;
  Disk disk_;
  LeftOut left_out_;
  std::size_t position_ = 0;
};

struct Failure {
  CutPoint point;
  std::vector<Violation> violations;
};
// Where and what, told in words.
[[nodiscard]] std::string describe(const Recording& recording, const Failure& failure);

// Cuts the power at each point and inspects what is left in `root`; stops when `enough` says so,
// which is asked after each failure.
[[nodiscard]] std::vector<Failure> run_cuts(const Recording& recording,
                                            const std::vector<CutPoint>& points,
                                            const std::filesystem::path& root,
                                            const LeftOut& left_out,
                                            const std::function<bool(const Failure&)>& enough);

// Cuts the power at `point` and records how `root` is opened, read and recovered, for a second cut.
[[nodiscard]] Recording record_recovery(const Recording& recording, const CutPoint& point,
                                        const std::filesystem::path& root);

// Later than any clock of a recording that ended at `end`.
[[nodiscard]] inline WallTime when_power_returns(WallTime end) {
  return end + std::chrono::minutes(1);
}

}  // namespace objectstore::testing
