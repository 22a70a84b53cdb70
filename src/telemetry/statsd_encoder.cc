#include "telemetry/statsd_encoder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/assert.h"

namespace objectstore {

namespace {

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> text{};  // the shortest form of any double, and any 64-bit integer
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  OBJECTSTORE_ASSERT(error == std::errc());
  out.append(text.data(), end);
}

void append_tag(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out += ',';
  out.append(statsd_tag_text(name)).append(":").append(statsd_tag_text(value));
}

void append_time(std::string& out, WallTime time) {
  out += "|T";
  append_number(out, std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

}  // namespace

std::string statsd_tag_text(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (control || c == ',' || c == '|' || c == '#') c = '_';
  }
  return out;
}

StatsdEncoder::StatsdEncoder(std::size_t limit, const StatsdTags& global) : limit_(limit) {
  for (const auto& [name, value] : global)
    append_tag(global_, name, value);
}

std::string StatsdEncoder::tags_of(const StatsdSeries& series) const {
  std::string tags;
  for (std::size_t i = 0; i < series.tag_values.size(); ++i) {
    if (!series.tag_values[i].empty()) append_tag(tags, series.tag_names[i], series.tag_values[i]);
  }
  if (!tags.empty() && !global_.empty()) tags += ',';
  tags += global_;
  return tags.empty() ? tags : "|#" + tags;
}

void StatsdEncoder::counter(const StatsdSeries& series, std::uint64_t count, WallTime time) {
  std::string line(series.name);
  line += ':';
  append_number(line, count);
  line.append("|c").append(tags_of(series));
  append_time(line, time);
  add_line(line, 1);
}

void StatsdEncoder::gauge(const StatsdSeries& series, double value, WallTime time) {
  if (!std::isfinite(value)) {
    ++dropped_;
    return;
  }
  std::string line(series.name);
  line += ':';
  append_number(line, value);
  line.append("|g").append(tags_of(series));
  append_time(line, time);
  add_line(line, 1);
}

void StatsdEncoder::distribution(const StatsdSeries& series, std::span<const double> values,
                                 std::uint64_t seen) {
  std::string suffix = "|d";
  if (seen > values.size()) {
    suffix += "|@";
    append_number(suffix, static_cast<double>(values.size()) / static_cast<double>(seen));
  }
  suffix += tags_of(series);
  std::string line(series.name);
  std::uint64_t points = 0;
  std::string text;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      ++dropped_;
      continue;
    }
    text = ":";
    append_number(text, value);
    if (points > 0 && line.size() + text.size() + suffix.size() + 1 > limit_) {
      add_line(line + suffix, points);
      line = series.name;
      points = 0;
    }
    line += text;
    ++points;
  }
  if (points > 0) add_line(line + suffix, points);
}

void StatsdEncoder::add_line(std::string_view line, std::uint64_t points) {
  const auto size = line.size() + 1;
  if (size > limit_) {
    dropped_ += points;
    return;
  }
  if (payloads_.empty() || payloads_.back().size() + size > limit_) payloads_.emplace_back();
  payloads_.back().append(line).push_back('\n');
  points_ += points;
}

std::vector<std::string> StatsdEncoder::take_payloads() {
  return std::exchange(payloads_, {});
}

}  // namespace objectstore
