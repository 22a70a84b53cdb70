// Reads objects' files in the single-tier format.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backends/filesystem/file_system.h"
#include "runtime/blocking_pool.h"
#include "storage/object_store.h"

namespace objectstore {

// Payloads up to this are read, and verified, whole before anything of them is answered. Above it
// they are streamed: a read of the whole payload fails before its last bytes where the checksum
// does; ranges are not verified.
inline constexpr std::uint64_t max_payload_in_memory = 1 << 20;

// Both block; nothing found where `path` is a directory. corrupt names the file.

// `size` is set.
[[nodiscard]] Result<std::optional<Metadata>> read_object_metadata(FileTree& tree,
                                                                   const std::string& path);
// Streams in the result use `pool`, which outlives them.
[[nodiscard]] Result<GetResult> read_object(FileTree& tree, BlockingPool& pool,
                                            const std::string& path,
                                            const std::optional<RangeRequest>& range);

}  // namespace objectstore
