// An object as the JSON API describes it: docs/formats/gcs-objects.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/metadata.h"

namespace objectstore {

// What an upload is to be named and described as.
[[nodiscard]] std::string write_resource(const Metadata& metadata);
// The only member that changes afterwards.
[[nodiscard]] std::string write_custom_time(WallTime time);

// RFC 3339, rounded up to a microsecond: a blob does not expire before its row.
[[nodiscard]] std::string custom_time(WallTime time);
// The same in whole seconds, for the XML API.
[[nodiscard]] std::string custom_time_seconds(WallTime time);

// What the store holds under a name.
struct StoredObject {
  std::uint64_t size = 0;
  std::string crc32c;      // base64; empty: not told
  std::string generation;  // of this very content
};
// `unavailable` where the text is no such resource: a proxy may have answered.
[[nodiscard]] Result<StoredObject> read_stored_object(std::string_view json);

// `corrupt` where the metadata can't be read; a content encoding other than zstd is an
// invalid_argument.
[[nodiscard]] Result<Metadata> read_object_metadata(std::string_view json);

// The store's own time; nullopt where it says none.
[[nodiscard]] std::optional<WallTime> read_custom_time(std::string_view json);

}  // namespace objectstore
