#include "backends/rocksdb/log_tail.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "base/crc32c.h"

namespace objectstore {

namespace {

constexpr std::size_t block_bytes = 32 << 10;
constexpr std::size_t header_bytes = 7;         // checksum 4, length 2, type 1
constexpr std::size_t batch_header_bytes = 12;  // sequence number 8, count 4

enum class FragmentType : std::uint8_t { full = 1, first = 2, middle = 3, last = 4 };

struct Fragment {
  FragmentType type;
  std::string_view data;
};

// As RocksDB stores it: of a checksum that covers checksums, bits are rotated.
std::uint32_t masked_crc32c(std::string_view bytes) {
  const auto crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
}

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = (value << 8) | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

// The fragment that begins `rest`, of which no more than one block is given.
std::optional<Fragment> parse_fragment(std::string_view rest) {
  if (rest.size() < header_bytes) return std::nullopt;
  const auto length = little_endian(rest.substr(4, 2));
  const auto type = static_cast<std::uint8_t>(rest[6]);
  if (type < 1 || type > 4 || length > rest.size() - header_bytes) return std::nullopt;
  if (masked_crc32c(rest.substr(6, 1 + length)) != little_endian(rest.substr(0, 4))) {
    return std::nullopt;
  }
  return Fragment{static_cast<FragmentType>(type), rest.substr(header_bytes, length)};
}

// RocksDB begins the log after a recovery with an empty batch.
bool is_empty_batch(const Fragment& fragment) {
  return fragment.type == FragmentType::full && fragment.data.size() == batch_header_bytes &&
         little_endian(fragment.data.substr(8)) == 0;
}

class Inspection {
 public:
  explicit Inspection(std::string_view bytes)
      : bytes_(bytes), zeros_from_(bytes.find_last_not_of('\0') + 1) {}

  LogTail run() {
    while (position_ < bytes_.size() && tail_.kind != LogTail::Kind::damaged) {
      const auto block_left = block_bytes - position_ % block_bytes;
      if (block_left < header_bytes) {
        position_ += block_left;
        continue;
      }
      if (const auto fragment = parse_fragment(bytes_.substr(position_, block_left))) {
        take(*fragment);
        position_ += header_bytes + fragment->data.size();
        continue;
      }
      if (position_ >= zeros_from_) break;
      found_damage();
      // Nothing in a bad header tells where the next begins, if not with the next block.
      ++position_;
    }
    if (record_) found_damage();
    return tail_;
  }

 private:
  void take(const Fragment& fragment) {
    const bool begins = fragment.type == FragmentType::full || fragment.type == FragmentType::first;
    const bool ends = fragment.type == FragmentType::full || fragment.type == FragmentType::last;
    if (begins == record_.has_value()) found_damage();
    if (begins) {
      if (tail_.kind == LogTail::Kind::torn) tail_.kind = LogTail::Kind::damaged;
      tail_.holds_writes = tail_.holds_writes || !is_empty_batch(fragment);
      record_ = position_;
    }
    if (ends) record_.reset();
  }

  void found_damage() {
    if (tail_.kind == LogTail::Kind::sound) {
      tail_.kind = LogTail::Kind::torn;
      tail_.offset = record_.value_or(position_);
    }
    record_.reset();
  }

  std::string_view bytes_;
  std::size_t zeros_from_;
  std::size_t position_ = 0;
  std::optional<std::uint64_t> record_;  // where the one begins that has not ended yet
  LogTail tail_;
};

Result<LogTail> inspect_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.is_open() || in.bad()) return Error(ErrorCode::io, "can't read " + path.string());
  return inspect_log(bytes);
}

Error damaged_log(const std::filesystem::path& path, std::uint64_t offset, bool newest) {
  const std::string otherwise =
      newest ? "or, to go on without any write in that file, move it out of the directory"
             : "or move the directory away to start with an empty database";
  return Error(ErrorCode::corrupt,
               "the log file " + path.string() + " is damaged at byte " + std::to_string(offset) +
                   " and acknowledged writes follow, which would be lost by going on; restore the "
                   "database's directory from a backup, " +
                   otherwise);
}

}  // namespace

LogTail inspect_log(std::string_view bytes) {
  return Inspection(bytes).run();
}

std::vector<std::filesystem::path> log_files(const std::filesystem::path& directory) {
  namespace fs = std::filesystem;
  std::vector<fs::path> logs;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".log") logs.push_back(it->path());
  }
  // Numbers with leading zeros, of six digits or more.
  std::sort(logs.begin(), logs.end(), [](const fs::path& a, const fs::path& b) {
    const auto left = a.filename().string();
    const auto right = b.filename().string();
    return left.size() != right.size() ? left.size() < right.size() : left < right;
  });
  return logs;
}

Result<void> check_logs(const std::filesystem::path& directory) {
  const auto logs = log_files(directory);
  for (const auto& path : logs) {
    TRY_ASSIGN(const auto tail, inspect_file(path));
    if (tail.kind == LogTail::Kind::damaged) {
      return damaged_log(path, tail.offset, path == logs.back());
    }
  }
  return Result<void>();
}

Result<std::optional<TornLog>> find_torn_log(const std::filesystem::path& directory) {
  std::optional<TornLog> torn;
  const auto logs = log_files(directory);
  for (const auto& path : logs) {
    TRY_ASSIGN(const auto tail, inspect_file(path));
    if (tail.kind == LogTail::Kind::damaged && !torn) {
      return damaged_log(path, tail.offset, path == logs.back());
    }
    if (torn && tail.holds_writes) return damaged_log(torn->path, torn->offset, false);
    if (tail.kind == LogTail::Kind::torn && !torn) torn = TornLog{path, tail.offset};
  }
  return torn;
}

}  // namespace objectstore
