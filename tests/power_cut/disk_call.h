// What a program asked of its disk: the calls that change files or make them durable, in order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace objectstore::testing {

struct DiskCall {
  enum class Kind : std::uint8_t {
    create,
    write,
    truncate,
    rename,
    unlink,
    make_directory,
    remove_directory,
    sync,  // of a file; its name is not covered
    sync_directory,
    sync_everything,
  };
  Kind kind = Kind::write;
  std::string path;          // relative to the disk's root, empty: the root
  std::string target;        // of a rename
  std::uint64_t inode = 0;   // of the file that is made, written or synced
  std::uint64_t offset = 0;  // of a write; the new size of a truncation
  std::string bytes;         // of a write
  std::string_view phase;    // what the program was doing: static text
};
using DiskCalls = std::vector<DiskCall>;

[[nodiscard]] constexpr bool is_sync(const DiskCall& call) {
  return call.kind == DiskCall::Kind::sync || call.kind == DiskCall::Kind::sync_directory ||
         call.kind == DiskCall::Kind::sync_everything;
}

// One line, without inode numbers: equal for equal runs.
[[nodiscard]] std::string to_string(const DiskCall& call);

}  // namespace objectstore::testing
