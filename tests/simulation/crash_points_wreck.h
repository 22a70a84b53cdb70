// A change log and blobs as crashed processes have left them, and a process that recovers.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "simulation/crash_points_process.h"
#include "testing/row_values.h"

namespace objectstore::testing {

class Wreck {
 public:
  // A change whose blobs nobody points to, recorded a while ago. Within a shard, entries lie in the
  // order of their numbers.
  LogEntry abandoned(std::uint64_t number, unsigned shard) {
    const auto ms = unix_ms(world.wall()) - 3'600'000 + number;
    LogEntry entry;
    entry.change.id = uuid_of(shard + changelog_shards * number, ms);
    entry.change.object = "sim/objects/" + std::to_string(number);
    entry.change.new_revision = revision_of(entry.change.object, 2 * number + 1);
    entry.change.old_revision = revision_of(entry.change.object, 2 * number);
    for (const auto& revision : {*entry.change.new_revision, *entry.change.old_revision}) {
      auto writer = world.immediately(backends.blobs.create(revision, Metadata{}));
      OBJECTSTORE_ASSERT(world.immediately((*writer)->finish()).ok());
    }
    return entry;
  }
  void inject(const LogEntry& entry, const std::string& text) {
    backends.log.inject(entry_key(entry.change.id), text, unix_ms(world.wall()) - 60'000);
  }
  void inject(const LogEntry& entry) { inject(entry, encode_entry(entry)); }

  CrashProcess& recover(std::size_t scan_limit = 100) {
    CrashProcessSettings settings;
    settings.recovers = true;
    settings.scan_limit = scan_limit;
    process_ = std::make_unique<CrashProcess>(1, stage, settings);
    return *process_;
  }
  void pass_time(Duration duration) {
    (void)world.run_until([] { return false; }, duration);
  }

  [[nodiscard]] bool in_log(const LogEntry& entry) const {
    return backends.log.snapshot().contains(entry_key(entry.change.id));
  }
  [[nodiscard]] bool in_quarantine(const LogEntry& entry) {
    const auto aside = world.immediately(backends.log.quarantined(UINT64_MAX, "", 1000));
    const auto key = quarantine_key(entry_key(entry.change.id));
    return std::any_of(aside->begin(), aside->end(),
                       [&key](const auto& each) { return each.key == key; });
  }
  [[nodiscard]] bool has_both_blobs(const LogEntry& entry) const {
    const auto blobs = backends.blobs.blobs();
    return blobs.contains(*entry.change.new_revision) && blobs.contains(*entry.change.old_revision);
  }

  SimWorld world{1};
  SimBackends backends{world, LateUploads::prevented};
  FaultPlan plan{world, Duration::zero()};
  CrashStage stage{world, backends, plan};

 private:
  std::unique_ptr<CrashProcess> process_;
};

}  // namespace objectstore::testing
