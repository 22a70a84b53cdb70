// What S3 says with its refusals, beyond what all stores have in common.
#pragma once

#include <string_view>

#include "backends/s3/settings.h"
#include "base/error.h"
#include "base/time.h"
#include "net/http_client.h"

namespace objectstore {

// As refusal_error() of cloud/store_errors.h, and: the region that the bucket is in, by how much
// this machine's clock is off; invalid_argument where metadata or name are more than S3 takes.
[[nodiscard]] Error s3_refusal(const S3Settings& settings, std::string_view action,
                               const HttpReply& reply, WallTime now);

// Some requests are answered with 200 before S3 knows how they end; an <Error> follows in the body.
// Gives such an answer the status it should have.
void reveal_late_refusal(HttpReply& reply);

// Another request on the object was under way: the same again will do (OperationAborted,
// ConditionalRequestConflict).
[[nodiscard]] bool is_passing_conflict(const HttpReply& reply);

// There is no such object or upload; not: there is no bucket, no user, no such page.
[[nodiscard]] bool is_absent(const HttpReply& reply);

}  // namespace objectstore
