// Multipart uploads of the XML API.
//
// Source: "XML API multipart uploads" of the documentation of Cloud Storage. The API knows no
// preconditions: a completion replaces an object of that name, so that it is looked for before.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "backends/gcs/requests.h"
#include "storage/multipart.h"

namespace objectstore {

// The calls of MultipartBlobs. Parts are spooled: a retry needs their bytes, and the store is told
// the MD5 of what it is to get.
[[nodiscard]] Task<Result<std::string>> initiate_gcs_upload(const GcsContext& context,
                                                            std::string name,
                                                            const Metadata& metadata);
[[nodiscard]] Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_gcs_part(
    const GcsContext& context, std::string name, std::string upload_id, PartToUpload part);
[[nodiscard]] Task<Result<std::variant<PartPage, NoSuchUpload>>> list_gcs_parts(
    const GcsContext& context, std::string name, std::string upload_id, ListParts wanted);
[[nodiscard]] Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>>
complete_gcs_upload(const GcsContext& context, std::string name, std::string upload_id,
                    const std::vector<ListedPart>& parts);
[[nodiscard]] Task<Result<void>> abort_gcs_upload(const GcsContext& context, std::string name,
                                                  std::string upload_id);
[[nodiscard]] Task<Result<void>> abort_gcs_uploads(const GcsContext& context, std::string name);

}  // namespace objectstore
