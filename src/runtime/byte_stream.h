// Streams of payload bytes, pulled by their consumer: that is the back-pressure.
#pragma once

#include <string_view>

#include "base/result.h"
#include "runtime/task.h"

namespace objectstore {

// A payload on its way in (from a client) or out (from a store). One consumer, one call at a time.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // The next bytes; empty at the end, and at every call after it. The view is valid until the next
  // call and while the stream lives. After an error the stream is of no more use.
  // Errors: client_stream (the client's body broke), corrupt (a checksum failed), io, unavailable.
  [[nodiscard]] virtual Task<Result<std::string_view>> next() = 0;
};

}  // namespace objectstore
