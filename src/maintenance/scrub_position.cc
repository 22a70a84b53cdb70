#include "maintenance/scrub_position.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/percent.h"

namespace objectstore {

namespace {

constexpr std::string_view version = "1:";
constexpr std::array<std::string_view, 4> phase_names = {"log", "quarantine", "rows", "blobs"};

Error refused(std::string_view text, std::string why) {
  std::string message = "can't resume from \"";
  message.append(text.substr(0, 100)).append("\": ").append(why);
  return Error(ErrorCode::invalid_argument, std::move(message));
}

}  // namespace

std::string encode_position(const ScrubPosition& position) {
  std::string text(version);
  text.append(phase_names.at(static_cast<std::size_t>(position.phase))).append(":");
  return text + percent_encode(position.from, percent_plain::path);
}

Result<ScrubPosition> parse_position(std::string_view text) {
  if (!text.starts_with(version)) return refused(text, "it is not of this version");
  const auto rest = text.substr(version.size());
  const auto colon = rest.find(':');
  const auto name = std::find(phase_names.begin(), phase_names.end(), rest.substr(0, colon));
  if (colon == std::string_view::npos || name == phase_names.end()) {
    return refused(text, "it names no phase");
  }
  ScrubPosition position;
  position.phase = static_cast<ScrubPhase>(std::distance(phase_names.begin(), name));
  position.from = percent_decode(rest.substr(colon + 1));
  if (encode_position(position) != text) return refused(text, "its position is damaged");
  return position;
}

}  // namespace objectstore
