// Walks over a bucket.
#pragma once

#include <string>

#include "backends/gcs/requests.h"
#include "storage/listing.h"

namespace objectstore {

// As BlobLister::list_blobs(). A position is the name to go on from, whether it exists or not; a
// page token of the store stays within one call.
[[nodiscard]] Task<Result<BlobPage>> list_gcs_blobs(const GcsContext& context, std::string from,
                                                    std::size_t limit);

}  // namespace objectstore
