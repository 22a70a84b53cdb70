// What the embedded default is made to do while its disk is recorded, and what a client may find
// after it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "power_cut/disk.h"

namespace objectstore::testing {

struct Action {
  enum class Kind : std::uint8_t {
    write,
    remove,
    break_off,     // an upload whose client goes away
    write_mortal,  // expires before the power comes back
    sweep,         // the expired are removed
    flush,
    compact,
    reopen,
  };
  Kind kind = Kind::write;
  std::string object;    // that is written
  std::size_t size = 0;  // payload bytes
};
using Plan = std::vector<Action>;

// Absent, small and large over each other, uploads that break off, objects that expire, with
// RocksDB flushed and compacted, and the process restarted, in between.
[[nodiscard]] Plan every_transition();
[[nodiscard]] Plan random_plan(std::uint64_t seed);

using Value = std::optional<std::string>;  // nullopt: no such object

// What each object may hold: its last acknowledged value, or the one being written.
using Knowledge = std::map<std::string, std::set<Value>>;

struct Recording {
  Disk before;
  DiskCalls calls;
  std::size_t opened = 0;  // calls until the stores were open for the first time
  // What clients know who lost their server after so many calls.
  std::function<Knowledge(std::size_t)> knowledge;
  WallTime end;
};

// Runs `plan` in the empty directory `root`. Every action has to succeed.
[[nodiscard]] Recording record(const std::filesystem::path& root, const Plan& plan,
                               std::uint64_t seed);

// Calls that fail.
struct DiskFault {
  std::size_t first = 1;  // counted from the moment when the stores are open
  std::size_t count = 1;
  int error = 0;  // errno
};
struct FaultyRecording {
  Recording recording;
  std::vector<std::string> problems;  // what a disk's failure is no excuse for
  std::size_t refused_writes = 0;
  bool restarted = false;  // the process had to be
};
// The same on a disk that fails. Actions may fail then; reads may not, and once the disk works
// again, writes may not either, at the latest after a restart.
[[nodiscard]] FaultyRecording record_with_fault(const std::filesystem::path& root, const Plan& plan,
                                                std::uint64_t seed, const DiskFault& fault);

// `size` bytes that name the object and the write.
[[nodiscard]] std::string payload(const std::string& object, std::size_t write, std::size_t size);

}  // namespace objectstore::testing
