// What a damaged write-ahead log still holds: tells a batch that was torn while it was written,
// which nobody was promised, from damage before acknowledged writes.
//
// Format: https://github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format (no recycled logs,
// no compression).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace objectstore {

struct LogTail {
  enum class Kind : std::uint8_t {
    sound,
    torn,     // no record begins behind the damage: at most the last one is lost
    damaged,  // one does
  };
  Kind kind = Kind::sound;
  std::uint64_t offset = 0;   // unless sound: where the first damaged record begins
  bool holds_writes = false;  // a readable record that is no empty batch
};

// `bytes`: of the whole file. Zeros up to its end are space allocated ahead.
[[nodiscard]] LogTail inspect_log(std::string_view bytes);

// The logs in a database's directory, oldest first; none where it can't be read.
[[nodiscard]] std::vector<std::filesystem::path> log_files(const std::filesystem::path& directory);

// Refuses logs that are damaged before acknowledged writes. RocksDB passes over some such holes,
// zeros over a record's head among them, without a word. Reads every log once.
[[nodiscard]] Result<void> check_logs(const std::filesystem::path& directory);

struct TornLog {
  std::filesystem::path path;
  std::uint64_t offset = 0;
};

// For a database whose logs can't be replayed: the log with a torn end behind which nothing was
// written; nothing if all logs are sound. Error corrupt, with what to do: going on would lose
// acknowledged writes. Reads one whole log at a time into memory; RocksDB bounds their size.
[[nodiscard]] Result<std::optional<TornLog>> find_torn_log(const std::filesystem::path& directory);

}  // namespace objectstore
