// Many operations in one request, answered in one response (http-api.md section 9).
#pragma once

#include "http/call.h"
#include "runtime/task.h"

namespace objectstore {

// Answers a request that is no batch, or hands out a live body that runs it: the request is read
// and its operations run while the response is sent. The body's first piece comes after the
// request was read from.
//
// An operation that has begun runs to its end whether or not the client waits for it. close()
// begins no further ones and waits for those; also for a read of the request that is under way, so
// a connection that is given up is to be aborted first.
//
// Memory: each insert that runs holds its payload, and the request's reader one more. What is
// ready and not sent is held up to a limit beyond which no get or head begins; those wait with
// nothing but their keys, so the request is read on even where the client reads no response.
[[nodiscard]] Task<void> run_batch(Call& call);

}  // namespace objectstore
