// Metrics as DogStatsD's text, packed into payloads.
//
// Form: https://docs.datadoghq.com/developers/dogstatsd/datagram_shell, protocol 1.3 (timestamps).
// Each line ends with a newline.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace objectstore {

using StatsdTags = std::vector<std::pair<std::string, std::string>>;

// The tag's text for a value: what would end a tag or a line becomes an underscore.
[[nodiscard]] std::string statsd_tag_text(std::string_view text);

// The own tags of a series; values may be empty, which leaves the tag out.
struct StatsdSeries {
  std::string_view name;
  std::span<const std::string> tag_names = {};
  std::span<const std::string> tag_values = {};
};

class StatsdEncoder {
 public:
  // `limit`: of a payload's bytes. `global`: tags of every metric, behind its own.
  StatsdEncoder(std::size_t limit, const StatsdTags& global);

  void counter(const StatsdSeries& series, std::uint64_t count, WallTime time);
  // Dropped where it is no finite number; so are values of distributions.
  void gauge(const StatsdSeries& series, double value, WallTime time);
  // As many lines as the payload's limit asks for. `seen`: of how many the values were chosen.
  void distribution(const StatsdSeries& series, std::span<const double> values, std::uint64_t seen);

  // What was encoded since the last call; none of them empty or above the limit.
  [[nodiscard]] std::vector<std::string> take_payloads();
  // Points in all payloads so far, and those that no payload could hold.
  [[nodiscard]] std::uint64_t points() const { return points_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  [[nodiscard]] std::string tags_of(const StatsdSeries& series) const;
  void add_line(std::string_view line, std::uint64_t points);

  std::size_t limit_;
  std::string global_;  // "a:b,c:d"
  std::vector<std::string> payloads_;
  std::uint64_t points_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace objectstore
