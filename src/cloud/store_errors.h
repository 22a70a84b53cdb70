// What a store's refusal means here.
#pragma once

#include <string>
#include <string_view>

#include "net/http_client.h"

namespace objectstore {

// An error body (storage-formats.md section 6.2, end): JSON (`error.message`, the first
// `errors[].reason`) or XML (`Message`, `Code`), by its content type; else by its first character.
struct StoreRefusal {
  int status = 0;
  std::string code;     // NoSuchUpload, notFound, …; empty: not told
  std::string message;  // as the store says it, short and printable
};
[[nodiscard]] StoreRefusal read_refusal(const HttpReply& reply);

// "GCS: `put_part` failed: status 403: AccessDenied: …". 408, 429 and 5xx are unavailable, 413 is
// payload_too_large, 507 out_of_space, 412 and 409 conflict, all else io. A refusal that an
// operator can end says how: missing bucket, permission, wrong region, clock skew.
[[nodiscard]] Error refusal_error(std::string_view store, std::string_view action,
                                  const StoreRefusal& refusal);

}  // namespace objectstore
