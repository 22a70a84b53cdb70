// The documents of multipart uploads, which S3's API and the XML API of GCS share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/multipart.h"

namespace objectstore {

// All readers fail with `unavailable` where the text is no such document: a proxy may have
// answered. Entities of the document's own are not expanded.
[[nodiscard]] Result<std::string> read_upload_id(std::string_view xml);
[[nodiscard]] Result<PartPage> read_part_page(std::string_view xml);

[[nodiscard]] std::string write_completion(const std::vector<ListedPart>& parts);
// The answer to a completion is 200 also where it failed: the code and message of an <Error>;
// nullopt: completed. An <Error> of the store's own (InternalError, SlowDown, …) is `unavailable`.
[[nodiscard]] Result<std::optional<PartRefused>> read_completion(std::string_view xml);

struct UnderwayUpload {
  std::string key;  // decoded, also where the store was asked for encoding-type=url
  std::string upload_id;
};
struct UploadPage {
  std::vector<UnderwayUpload> uploads;
  bool truncated = false;
  std::string next_key;        // where the next page begins
  std::string next_upload_id;  // (key-marker, upload-id-marker)
};
[[nodiscard]] Result<UploadPage> read_upload_page(std::string_view xml);

}  // namespace objectstore
