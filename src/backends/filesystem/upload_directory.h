// The directories of multipart uploads: `tmp/<stem of the blob's file>.parts/<upload id>/`, see
// docs/formats/blob.md. An upload is there as long as the file `header` in its directory is.
//
// Everything here blocks; any thread of any process may call. Where calls meet, what ends an upload
// wins: it comes back until nothing is left, and what was not there before the directory went finds
// no place any more.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/filesystem/file_system.h"
#include "model/object_id.h"

namespace objectstore {

// nullopt: no upload has such an id.
[[nodiscard]] std::optional<std::string> upload_directory_of(const Revision& name,
                                                             std::string_view upload_id);

// Makes the upload, durably. `header`: of the blob to be.
[[nodiscard]] Result<void> make_upload(FileTree& tree, const Revision& name,
                                       const std::string& upload_id, std::string_view header);

[[nodiscard]] Result<bool> is_upload(FileTree& tree, const std::string& directory);

// Removes the upload with all that belongs to it, durably; there may be none.
[[nodiscard]] Result<void> end_upload(FileTree& tree, const Revision& name,
                                      const std::string& directory);
// The same for all uploads of the blob.
[[nodiscard]] Result<void> end_uploads(FileTree& tree, const Revision& name);

// Removes what was left by calls that were cut short: uploads whose blob exists, directories that
// are no uploads, blobs that were being put together. Returns how many uploads.
[[nodiscard]] Result<std::size_t> remove_ended_uploads(FileTree& tree);

}  // namespace objectstore
