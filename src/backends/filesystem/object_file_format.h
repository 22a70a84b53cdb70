// The bytes of an object's file in the single-tier format: a line of metadata JSON, then the
// payload (docs/formats/filesystem.md). Files of the existing service are of the same form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/metadata.h"
#include "model/object_id.h"

namespace objectstore::object_file_format {

inline constexpr std::size_t max_line_size = 1 << 20;  // the newline included

// The line with a place for the payload's checksum, which is known only when the payload was
// written. `size` is left out. invalid_argument where it would be too long.
[[nodiscard]] Result<std::string> encode_line(Metadata metadata);
// Where in a line made by encode_line() the checksum's digits go.
[[nodiscard]] std::size_t checksum_offset(std::string_view line);
// The digits to put there.
[[nodiscard]] std::string checksum_digits(std::uint64_t checksum);

struct Line {
  Metadata metadata;  // without size
  // Of the payload; unset: written by another service, nothing to verify.
  std::optional<std::uint64_t> checksum;
};
// `line` without its newline; corrupt where it is not such a line.
[[nodiscard]] Result<Line> decode_line(std::string_view line);

// Where uploads are written before they have their name. No usecase begins with '~'.
inline constexpr std::string_view temporary_directory = "~tmp";

// The file of an object below the root: its storage path, if every component of it can be a file
// name of its own; invalid_argument otherwise.
[[nodiscard]] Result<std::string> path_of(const ObjectId& id);

}  // namespace objectstore::object_file_format
