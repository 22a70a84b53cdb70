// An object's metadata as named fields of a cloud store (storage-formats.md sections 6 and 7):
// `x-sn-expiration`, `x-sn-time-created`, `x-sn-time-expires`, `x-sn-origin`, `x-sn-filename` and
// `x-snme-<name>`. Content type and encoding are the store's own fields, not among them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/metadata.h"

namespace objectstore {

using ObjectFields = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// Which of the times are among the fields, in whole microseconds; else the store's own fields hold
// them.
struct FieldTimes {
  bool created = true;
  bool expires = true;
};
[[nodiscard]] ObjectFields fields_from_metadata(const Metadata& metadata, FieldTimes times);

// Sets what the fields say in `metadata`. Unknown ones are `corrupt` if `strict`, else ignored;
// values that can't be parsed are `corrupt`.
[[nodiscard]] Result<void> metadata_from_fields(const ObjectFields& fields, bool strict,
                                                Metadata& metadata);

// Sets content type and, where there is one, content encoding: anything but `zstd` is an
// invalid_argument with the text of the contract ("metadata error: …").
[[nodiscard]] Result<void> set_content_headers(std::string_view content_type,
                                               std::string_view content_encoding,
                                               Metadata& metadata);

}  // namespace objectstore
