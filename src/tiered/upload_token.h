// The upload id that clients are given: what is needed to find an upload again, bound to the
// object.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/object_id.h"

namespace objectstore {

struct UploadToken {
  Uuid change;  // the id of its entry in the change log
  Revision revision;
  std::string upload_id;  // the long-term store's
};

// base64url, without padding, of {"change":"<uuid>","revision":"<key>/<uuid>","upload_id":"<text>"}
// (storage-formats.md section 9, and the change): no secret; what it says is checked against the
// entry before anything is committed or aborted by it.
[[nodiscard]] std::string encode_upload_token(const ObjectId& object, const UploadToken& token);
// invalid_argument for what is no token, or one of another object.
[[nodiscard]] Result<UploadToken> decode_upload_token(const ObjectId& object,
                                                      std::string_view text);

}  // namespace objectstore
