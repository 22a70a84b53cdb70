// Running one operation of a batch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "http/batch_operation.h"
#include "runtime/byte_stream.h"
#include "service/object_service.h"
#include "service/rate_limiter.h"

namespace objectstore {

// A payload that is sent while it is read.
struct StreamedPayload {
  std::unique_ptr<ByteStream> stream;
  std::string_view first;    // what the stream has yielded already
  std::uint64_t length = 0;  // of all of it
};

// What the part of the response holds.
struct BatchOutcome {
  unsigned status = 200;
  std::optional<Metadata> metadata;
  std::variant<std::monostate, SharedBytes, StreamedPayload> payload;
};

// Whether the outcome may be large.
[[nodiscard]] constexpr bool is_read(BatchKind kind) {
  return kind == BatchKind::get || kind == BatchKind::head;
}

// Holds `permit` until the store has answered. An insert without a key gives `id` a new one; it
// uses up the operation's metadata. What a get yields is accounted to `transfer`.
[[nodiscard]] Task<Result<BatchOutcome>> execute(ObjectService& objects,
                                                 const RateLimiter::Transfer& transfer,
                                                 BatchOperation& operation, ObjectId& id,
                                                 ConcurrencyPermit permit);

}  // namespace objectstore
