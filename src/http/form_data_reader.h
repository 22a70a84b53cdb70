// Reads a body of type multipart/form-data as it arrives (RFC 2046 section 5.1, RFC 7578).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_head.h"
#include "model/metadata_headers.h"

namespace objectstore {

// The boundary that the value of a header content-type announces, quoted or not. nullopt: another
// media type, or no boundary of 1 to 70 printable ASCII characters that does not end in a blank.
[[nodiscard]] std::optional<std::string> form_data_boundary(std::string_view content_type);

// Works through untrusted bytes in one pass, holding no more of them than one head.
//
// A part has ended when the whole line that delimits it from the next one has been seen, and its
// payload is what it was before: a body that breaks off never yields a shortened part. A line that
// begins with the delimiter delimits whatever follows it (RFC 2046 section 5.1.1), so a delimiter
// followed by anything but blanks or "--" is an error, not payload.
class FormDataReader {
 public:
  static constexpr std::size_t max_header_lines = 32;                 // of one part
  static constexpr std::size_t max_part_head_bytes = max_head_bytes;  // as of a whole request

  explicit FormDataReader(std::string_view boundary);

  enum class Event : std::uint8_t {
    need_input,  // all of the input is taken
    head,        // a part begins; headers() are its own
    bad_head,    // a part begins whose head is malformed or too large; it has no headers
    payload,
    part_end,
    end,     // the closing delimiter was read: what follows is of no meaning
    broken,  // no part can be told from the next any more
  };
  struct Step {
    Event event = Event::need_input;
    // Not empty where `event` is payload: points into the input, or lives as long as the reader.
    std::string_view payload;
  };
  // Takes bytes off the front of `input` up to the next event. The last two events repeat.
  [[nodiscard]] Step next(std::string_view& input);

  // Whether all parts were read.
  [[nodiscard]] bool ended() const { return phase_ == Phase::ended; }
  // Valid until the next call of next().
  [[nodiscard]] const std::vector<HeaderView>& headers() const { return headers_; }

 private:
  enum class Phase : std::uint8_t { preamble, delimiter_line, head, payload, ended, broken };
  enum class LineState : std::uint8_t { begin, dash, blanks, carriage_return };

  [[nodiscard]] std::optional<Step> scan(std::string_view& input);
  [[nodiscard]] std::optional<Step> read_delimiter_line(std::string_view& input);
  [[nodiscard]] std::optional<Step> read_head(std::string_view& input);
  [[nodiscard]] bool parse_head();
  void begin_delimiter_line();
  void begin_head();
  [[nodiscard]] std::size_t unfinished_match(std::string_view text) const;

  std::string delimiter_;  // CRLF "--" boundary: its only CR comes first
  std::string head_;
  std::vector<HeaderView> headers_;  // point into head_
  // How much of the delimiter has been seen at the end of what was taken, and how much of that
  // lies before the payload: the end of the head, or nothing at all at the start of the body.
  std::size_t matched_ = 2;
  std::size_t not_payload_ = 2;
  Phase phase_ = Phase::preamble;
  LineState line_ = LineState::begin;
  bool in_part_ = false;
};

}  // namespace objectstore
