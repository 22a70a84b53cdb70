// What a request head must look like before it is parsed (RFC 9112, read strictly: whatever two
// parsers could understand differently is refused). Pure functions of untrusted bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace objectstore {

enum class HeadVerdict : std::uint8_t {
  ok,
  bad_request,       // 400
  uri_too_long,      // 414
  fields_too_large,  // 431
};

inline constexpr std::size_t max_target_bytes = 65534;
inline constexpr std::size_t max_header_lines = 100;
inline constexpr std::size_t max_head_bytes = 417792;

// Judges a whole head, from the request line to the empty line that ends it. `ok` means: a known
// version, no folded, bare-CR, NUL or control bytes, well-formed names directly followed by a
// colon, and a framing that has one meaning (at most one length, or exactly `chunked`).
[[nodiscard]] HeadVerdict check_request_head(std::string_view head);

// Name and value of a header line without its end; nullopt where it is none: no well-formed name
// directly before the colon, or control characters.
[[nodiscard]] std::optional<std::pair<std::string_view, std::string_view>> split_header_line(
    std::string_view line);

// Finds the end of a head that arrives in pieces, and refuses it as early as sizes allow.
class HeadScanner {
 public:
  struct Progress {
    enum class State : std::uint8_t { incomplete, complete, refused };
    State state = State::incomplete;
    HeadVerdict verdict = HeadVerdict::ok;  // where refused
    std::size_t size = 0;                   // of the head, where complete
  };

  // `data` is all that has arrived of the head so far; each call has the bytes of the one before
  // as its prefix.
  [[nodiscard]] Progress scan(std::string_view data);

 private:
  std::size_t scanned_ = 0;
  std::size_t line_start_ = 0;
  std::size_t lines_ = 0;
};

}  // namespace objectstore
