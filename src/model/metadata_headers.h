// Metadata as HTTP headers (http-api.md section 6): the same on requests, responses, batch parts.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/metadata.h"

namespace objectstore {

// Header lines in the order received or to be sent; names lower case when produced here.
using HeaderList = std::vector<std::pair<std::string, std::string>>;
using HeaderView = std::pair<std::string_view, std::string_view>;

// Reads the metadata headers of a write request; names match without regard to case. Every
// occurrence is validated, the last one counts; headers outside the table are ignored.
//
// On failure invalid_argument whose message and causes are those of http-api.md sections 5 and 6
// without the class prefix, e.g. message "metadata error: invalid content type", causes {"metadata
// error: invalid content type", "invalid content type", "Invalid subtype name"}.
[[nodiscard]] Result<Metadata> metadata_from_headers(const std::vector<HeaderView>& headers);

// The headers that GET and HEAD answer with, content-type first. `with_content_disposition` adds
// that header when a filename is stored (not on batch parts). Stored values that no header can
// carry (control characters) are left out.
[[nodiscard]] HeaderList headers_from_metadata(const Metadata& metadata,
                                               bool with_content_disposition);

// The value of content-disposition for a stored file name, or nullopt where it would not be a
// legal header value.
[[nodiscard]] std::optional<std::string> content_disposition(std::string_view filename);

// RFC 3339 UTC with exactly six fraction digits: 2026-04-20T13:37:00.123456Z.
[[nodiscard]] std::string format_rfc3339_micros(WallTime time);
// The same with nine fraction digits, or none where they would all be zero.
[[nodiscard]] std::string format_rfc3339_nanos(WallTime time);

}  // namespace objectstore
