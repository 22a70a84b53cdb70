// What tiers in buckets have in common when they are opened.
#pragma once

#include <optional>
#include <string>

#include "app/storage.h"
#include "storage/listing.h"

namespace objectstore {

// Where uploads lie until they have arrived: `configured`, else the machine's temporary directory.
// invalid_argument where it is no directory or can't be written.
[[nodiscard]] Result<std::string> spool_directory(const std::optional<std::string>& configured,
                                                  const Machine& machine);

// Lists one object: a bucket that is missing or may not be read is told at once. One that can't be
// reached now is logged only, as it may be back in a moment.
[[nodiscard]] Task<Result<void>> look_into(BlobLister& bucket, Logger& logger);

}  // namespace objectstore
