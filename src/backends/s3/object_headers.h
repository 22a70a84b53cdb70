// Objects as headers of S3's requests and answers (docs/formats/s3-objects.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/s3/settings.h"
#include "base/result.h"
#include "model/metadata.h"
#include "net/http_client.h"

namespace objectstore {

struct S3Object {
  Metadata metadata;
  std::uint64_t size = 0;  // bytes of payload
  std::string etag;        // as sent, with quotes; empty: none
  std::string mark;        // of the upload that wrote it; empty: none
  std::string crc32c;      // of the whole payload, base64; empty: not known
};

// What an upload, or a copy with new metadata, is sent with. `mark` tells an upload's own object
// from another's, after an answer was lost; the reference dialect has none.
[[nodiscard]] HttpHeaders headers_of_object(const Metadata& metadata, std::string_view mark,
                                            S3Dialect dialect);

// Of an answer to HEAD or to a GET of the whole object. Errors: invalid_argument (content type or
// encoding, with the contract's text), corrupt, unavailable (no length).
[[nodiscard]] Result<S3Object> read_object_headers(const HttpHeaders& headers, S3Dialect dialect);

}  // namespace objectstore
