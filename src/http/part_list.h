// The JSON body of a completion (http-api.md section 10.6).
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/metadata_headers.h"
#include "storage/multipart.h"

namespace objectstore {

struct BadPartList {
  unsigned status = 400;  // 400: no JSON; 422: JSON of another shape
  std::string text;
};

// {"parts":[{"part_number":1,"etag":"…"},…]}; unknown members are ignored.
[[nodiscard]] std::variant<std::vector<ListedPart>, BadPartList> parse_part_list(
    std::string_view text);

// Whether the content type is application/json or application/*+json, whatever its parameters.
[[nodiscard]] bool is_json_media_type(const std::vector<HeaderView>& headers);

}  // namespace objectstore
