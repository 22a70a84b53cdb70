// Deciding which tier a payload goes to, from its announced length or its first bytes.
#pragma once

#include <string>

#include "storage/object_store.h"

namespace objectstore {

struct PayloadHead {
  std::string bytes;
  bool complete = false;  // `bytes` is all of the payload
};

// Reads until the payload ends or is seen to be longer than `limit` bytes. A payload announced as
// longer is not touched; at most `limit` bytes and one chunk are held.
[[nodiscard]] inline Task<Result<PayloadHead>> read_payload_head(Upload upload, std::size_t limit) {
  PayloadHead head;
  if (upload.length && *upload.length > limit) co_return std::move(head);
  if (upload.length) head.bytes.reserve(*upload.length);
  while (head.bytes.size() <= limit) {
    CO_TRY_ASSIGN(const auto bytes, co_await upload.stream->next());
    if (bytes.empty()) {
      head.complete = true;
      break;
    }
    head.bytes.append(bytes);
  }
  co_return std::move(head);
}

}  // namespace objectstore
