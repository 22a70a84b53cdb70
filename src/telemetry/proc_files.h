// The kernel's account of this process, read from /proc (proc(5)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace objectstore {

struct ProcessStat {
  double cpu_seconds = 0;  // user and system
  std::uint64_t threads = 0;
  double started_seconds_of_boot = 0;  // since the machine was started
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_bytes = 0;
};

// The text of /proc/self/stat. nullopt: it is another form.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text);
// The machine's start in Unix seconds, from the text of /proc/stat.
[[nodiscard]] std::optional<std::uint64_t> parse_boot_time(std::string_view text);
// The soft limit of open files, from the text of /proc/self/limits; nullopt: none, or unknown.
[[nodiscard]] std::optional<std::uint64_t> parse_open_files_limit(std::string_view text);

// Empty where it can't be read.
[[nodiscard]] std::string read_proc_file(const std::string& path);
// Entries of the directory of descriptors, without the one that reading it takes.
[[nodiscard]] std::optional<std::uint64_t> count_open_files(const std::string& directory);

}  // namespace objectstore
