// Where a scrub stands, and its text form: "1:<phase>:<position in that walk, percent-encoded>".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace objectstore {

// In the order in which they are walked.
enum class ScrubPhase : std::uint8_t { log, quarantine, rows, blobs };
inline constexpr ScrubPhase last_scrub_phase = ScrubPhase::blobs;

struct ScrubPosition {
  ScrubPhase phase = ScrubPhase::log;
  std::string from;  // as the walk over that store calls it; empty: its start
  friend bool operator==(const ScrubPosition&, const ScrubPosition&) = default;
};

// Printable, without blanks.
[[nodiscard]] std::string encode_position(const ScrubPosition& position);
// invalid_argument where the text is not what encode_position gives.
[[nodiscard]] Result<ScrubPosition> parse_position(std::string_view text);

}  // namespace objectstore
