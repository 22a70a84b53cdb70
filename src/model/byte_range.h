// The Range header of a GET (http-api.md section 7.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace objectstore {

// What a client asked for: `first` to `last` inclusive, to the end, or the last `suffix` bytes.
struct RangeRequest {
  struct FromTo {
    std::uint64_t first;
    std::optional<std::uint64_t> last;  // inclusive; unset: to the end
    friend bool operator==(const FromTo&, const FromTo&) = default;
  };
  struct Suffix {
    std::uint64_t length;  // at least 1
    friend bool operator==(const Suffix&, const Suffix&) = default;
  };
  std::variant<FromTo, Suffix> spec;
  friend bool operator==(const RangeRequest&, const RangeRequest&) = default;
};

// The bytes [offset, offset + length) of an object.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// nullopt: several ranges were asked for, so the header is ignored. invalid_argument, with the
// contract's message ("invalid Range header: …"), where the syntax is wrong.
[[nodiscard]] Result<std::optional<RangeRequest>> parse_range(std::string_view header_value);

// The range within an object of `size` bytes; nullopt: not satisfiable (416).
[[nodiscard]] std::optional<ByteRange> resolve(const RangeRequest& request, std::uint64_t size);

}  // namespace objectstore
