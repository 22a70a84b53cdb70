// Moving the deadline that lies in an object's metadata: the object is copied onto itself.
#pragma once

#include <string>

#include "backends/s3/bucket.h"

namespace objectstore {

// Sees to it that the object's deadline is not before `deadline`; false: no such object. One that
// is replaced meanwhile keeps its own.
[[nodiscard]] Task<Result<bool>> move_deadline(S3Bucket& bucket, std::string key,
                                               WallTime deadline);

}  // namespace objectstore
