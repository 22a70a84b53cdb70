// The tests can fail: each sync that the change protocol asks for is left out, alone, and some
// power cut must then break a promise.
#include <gmock/gmock.h>

#include <algorithm>
#include <iostream>

#include "power_cut/power_cuts.h"
#include "testing/scratch_directory.h"

namespace objectstore::testing {
namespace {

using Kind = DiskCall::Kind;
using Broken = Violation::Kind;

struct LeftOutSync {
  const char* name;
  LeftOut left_out;
  // What must be seen to break: of the worst cuts alone, in which nothing unsynced is kept.
  std::vector<Broken> breaks;
};

void PrintTo(const LeftOutSync& sync, std::ostream* out) {
  *out << sync.name;
}

bool is_log(const DiskCall& call) {
  return call.kind == Kind::sync && call.path.ends_with(".log");
}
bool is_directory(const DiskCall& call, std::string_view path) {
  return call.kind == Kind::sync_directory && call.path == path;
}
// One of the 256 that hold blobs.
bool is_blob_directory(const DiskCall& call) {
  return call.kind == Kind::sync_directory && call.path.starts_with("data/blobs/") &&
         call.path != "data/blobs/tmp";
}

std::vector<LeftOutSync> left_out_syncs() {
  return {
      {"entry_before_the_upload",
       [](const DiskCall& call) { return is_log(call) && call.phase == phase::record; },
       {Broken::orphaned_blob}},
      {"temporary_file_before_the_rename",
       [](const DiskCall& call) {
         return call.kind == Kind::sync && call.path.starts_with("data/blobs/tmp/");
       },
       {Broken::damaged, Broken::unreadable}},
      {"directory_of_the_rename",
       [](const DiskCall& call) { return is_blob_directory(call) && call.phase == phase::finish; },
       {Broken::dangling_row, Broken::unreadable}},
      {"directories_just_created_for_blobs",
       [](const DiskCall& call) { return is_directory(call, "data/blobs"); },
       {Broken::dangling_row}},
      {"directories_just_created_for_both_tiers",
       [](const DiskCall& call) { return is_directory(call, "data"); },
       {Broken::lost_write}},
      {"commit_before_it_is_acknowledged",
       [](const DiskCall& call) { return is_log(call) && call.phase == phase::commit; },
       {Broken::lost_write}},
      {"commit_before_the_old_blob_is_unlinked",
       [](const DiskCall& call) { return is_log(call) && call.phase == phase::commit; },
       {Broken::dangling_row, Broken::unreadable}},
      {"small_write_before_it_is_acknowledged",
       [](const DiskCall& call) { return is_log(call) && call.phase == phase::small_write; },
       {Broken::lost_write}},
      {"directory_of_the_unlink_before_the_entry_is_removed",
       [](const DiskCall& call) { return is_blob_directory(call) && call.phase == phase::discard; },
       {Broken::orphaned_blob}},
      // RocksDB's own.
      {"name_of_the_log",
       [](const DiskCall& call) { return is_directory(call, "data/rows"); },
       {Broken::lost_write}},
      {"table_before_its_log_is_deleted",
       [](const DiskCall& call) { return call.kind == Kind::sync && call.path.ends_with(".sst"); },
       {Broken::cannot_open}},
      {"payload_file_before_its_log_is_deleted",
       [](const DiskCall& call) { return call.kind == Kind::sync && call.path.ends_with(".blob"); },
       {Broken::unreadable}},
      {"manifest_before_the_log_is_deleted",
       [](const DiskCall& call) {
         return call.kind == Kind::sync && call.path.find("MANIFEST") != std::string::npos;
       },
       {Broken::cannot_open}},
  };
}

class LeftOutSyncTest : public ::testing::TestWithParam<LeftOutSync> {
 protected:
  static const Recording& recording() {
    static const Recording recorded = [] {
      const ScratchDirectory scratch;
      return record(scratch.path(), every_transition(), 1);
    }();
    return recorded;
  }
  ScratchDirectory root_;
};

TEST_P(LeftOutSyncTest, breaks_a_promise) {
  const auto& left_out = GetParam().left_out;
  ASSERT_TRUE(std::any_of(recording().calls.begin(), recording().calls.end(),
                          [&](const auto& call) { return is_sync(call) && left_out(call); }));
  auto points = around_every_sync(recording().calls, 1);
  std::erase_if(points, [](const auto& point) {
    return point.cut.unsynced != PowerCut::Unsynced::lost || point.position < recording().opened;
  });
  std::set<Broken> missing(GetParam().breaks.begin(), GetParam().breaks.end());
  const auto failures =
      run_cuts(recording(), points, root_.path(), left_out, [&](const Failure& failure) {
        for (const auto& violation : failure.violations)
          missing.erase(violation.kind);
        return missing.empty();
      });
  for (const auto kind : missing)
    ADD_FAILURE() << "no cut left a " << to_string(kind);
  ASSERT_FALSE(failures.empty());
  std::cout << describe(recording(), failures.front());
}

INSTANTIATE_TEST_SUITE_P(Protocol, LeftOutSyncTest, ::testing::ValuesIn(left_out_syncs()),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace objectstore::testing
