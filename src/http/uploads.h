// The endpoints of multipart uploads (http-api.md section 10), but for the completion.
#pragma once

#include "http/call.h"
#include "runtime/task.h"

namespace objectstore {

// PUT, or POST to the collection.
[[nodiscard]] Task<void> initiate_upload(Call& call);
[[nodiscard]] Task<void> put_part(Call& call);
[[nodiscard]] Task<void> list_parts(Call& call);
[[nodiscard]] Task<void> abort_upload(Call& call);

// The query's upload_id. Nullopt: the response says what is wrong.
[[nodiscard]] std::optional<std::string> read_upload_id(Call& call);

}  // namespace objectstore
