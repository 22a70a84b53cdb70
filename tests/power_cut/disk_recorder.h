// Records the disk calls of this process below one directory, whoever makes them: our own code,
// RocksDB's threads, the standard library. libc_calls.cc puts itself in libc's place for that, so
// that nothing of what is tested has to be replaced.
//
// Syncs never reach the kernel in a program that links this: what a power cut takes is decided by
// the Disk, and a test waits for no hardware.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "power_cut/disk_call.h"

namespace objectstore::testing {

// Records from its construction to its destruction; one at a time. Thread-safe.
class DiskRecorder {
 public:
  explicit DiskRecorder(const std::filesystem::path& root);
  ~DiskRecorder();
  DiskRecorder(const DiskRecorder&) = delete;
  DiskRecorder& operator=(const DiskRecorder&) = delete;

  // Names what the program does from now on; static text.
  void enter(std::string_view phase);
  // Calls so far: the time of this disk.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] DiskCalls take();

  // From the `first`-th call from now (1: the next one) on, `count` calls fail with `error` and do
  // nothing.
  void fail_calls(std::size_t first, std::size_t count, int error);
  // Whether any has failed yet.
  [[nodiscard]] bool has_failed() const;

  // For libc_calls.cc.
  [[nodiscard]] static DiskRecorder* active();
  // An absolute path as one below the root; nullopt: it lies elsewhere, or is RocksDB's text log,
  // which goes through stdio and whose loss is nothing to anybody.
  [[nodiscard]] std::optional<std::string> below_root(const std::string& path) const;
  // Whether the call about to be made must fail, with errno set.
  [[nodiscard]] bool refuses();
  void add(DiskCall call);
  // Held from before a call until it is added, so that calls are recorded in the order in which
  // they took effect.
  [[nodiscard]] std::recursive_mutex& mutex() const { return mutex_; }

 private:
  mutable std::recursive_mutex mutex_;
  std::string prefix_;  // of every path below the root
  DiskCalls calls_;
  std::string_view phase_;
  std::size_t until_failure_ = 0;  // calls to come before the first that fails
  std::size_t failures_left_ = 0;
  int error_ = 0;
  bool has_failed_ = false;
};

}  // namespace objectstore::testing
