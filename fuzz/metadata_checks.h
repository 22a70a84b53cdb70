// What holds for every metadata value, wherever it was read from.
#pragma once

#include "fuzz.h"
#include "model/metadata.h"
#include "model/metadata_headers.h"

namespace objectstore::fuzz {

// Answers made of it can't be split: whatever is stored, no header of it holds a line's end.
inline void check_headers(const Metadata& metadata) {
  constexpr std::size_t fixed_headers = 8;
  for (const bool with_disposition : {false, true}) {
    const auto headers = headers_from_metadata(metadata, with_disposition);
    FUZZ_CHECK(headers.size() <= fixed_headers + metadata.custom.size());
    for (const auto& [name, value] : headers) {
      FUZZ_CHECK(!name.empty() && !has_control(value));
      FUZZ_CHECK(!has_control(name) && name.find_first_of(" \t:\"") == std::string::npos);
    }
  }
}

// Precondition: its strings are UTF-8.
inline void check_json(const Metadata& metadata) {
  const auto text = to_json(metadata);
  FUZZ_CHECK(text.find('\n') == std::string::npos);
  const auto again = metadata_from_json(text);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(*again == metadata);
  FUZZ_CHECK(to_json(*again) == text);

  const auto policy = redirect_policy_from_json(redirect_policy_json(metadata.expiration));
  FUZZ_CHECK(policy.ok());
  FUZZ_CHECK(*policy == metadata.expiration);
}

}  // namespace objectstore::fuzz
