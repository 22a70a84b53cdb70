// A guard for the moment when RocksDB changes over to a new manifest.
#pragma once

#include <rocksdb/file_system.h>

#include <memory>

namespace objectstore {

// `target`, but that CURRENT, the file that names the manifest, is replaced only once all names
// beside it are durable. RocksDB syncs the new manifest's content and not its name: a file system
// that forgets changes of a directory in another order than they were made, as POSIX allows, could
// keep the new CURRENT and lose the manifest in a power cut, and the database would never open
// again.
[[nodiscard]] std::shared_ptr<rocksdb::FileSystem> with_durable_current(
    std::shared_ptr<rocksdb::FileSystem> target);

}  // namespace objectstore
