#include "backends/filesystem/object_file_format.h"

#include <fmt/format.h>

#include <charconv>

#include "base/percent.h"

namespace objectstore::object_file_format {

namespace {

constexpr std::size_t digit_count = 16;
constexpr std::size_t max_component_size = 255;  // of every file system in use
// The member comes last, so that it is found from the end of the line. Inside of a JSON string
// these bytes can't occur: its quotes would be escaped.
constexpr std::string_view member_begin = ",\"checksum\":\"";
constexpr std::string_view member_end = "\"}";

std::optional<std::uint64_t> parse_digits(std::string_view digits) {
  if (digits.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

std::optional<std::uint64_t> find_checksum(std::string_view line) {
  constexpr auto member_size = member_begin.size() + digit_count + member_end.size();
  // A newline that became another blank must not make the payload pass for unverified.
  line = line.substr(0, line.find_last_not_of(" \t\r\n") + 1);
  if (line.size() < member_size) return std::nullopt;
  const auto member = line.substr(line.size() - member_size);
  if (!member.starts_with(member_begin) || !member.ends_with(member_end)) return std::nullopt;
  return parse_digits(member.substr(member_begin.size(), digit_count));
}

Error unusable(std::string_view why) {
  return Error(ErrorCode::invalid_argument,
               fmt::format("the object's path can't be a file name: {}", why));
}

Result<void> check_component(std::string_view component) {
  if (component.empty()) return unusable("it has an empty path component");
  if (component == "." || component == "..") {
    return unusable(fmt::format("it has the path component '{}'", component));
  }
  if (component.find('\0') != std::string_view::npos) return unusable("it holds a NUL byte");
  if (component.size() > max_component_size) {
    return unusable("it has a path component of more than 255 bytes");
  }
  if (!is_utf8(component)) return unusable("it is not UTF-8");
  return {};
}

}  // namespace

Result<std::string> encode_line(Metadata metadata) {
  metadata.size.reset();
  auto line = to_json(metadata);
  // content_type is always written, so there is a member to come after.
  line.pop_back();
  line.append(member_begin).append(checksum_digits(0)).append(member_end).append("\n");
  if (line.size() > max_line_size) {
    return Error(ErrorCode::invalid_argument, "the object's metadata is too large");
  }
  return line;
}

std::size_t checksum_offset(std::string_view line) {
  return line.size() - 1 - member_end.size() - digit_count;
}

std::string checksum_digits(std::uint64_t checksum) {
  return fmt::format("{:016x}", checksum);
}

Result<Line> decode_line(std::string_view line) {
  Line decoded;
  TRY_ASSIGN(decoded.metadata, metadata_from_json(line));
  decoded.metadata.size.reset();
  decoded.checksum = find_checksum(line);
  return decoded;
}

Result<std::string> path_of(const ObjectId& id) {
  TRY(validate(id));
  auto path = id.storage_path();
  std::string_view rest = path;
  for (;;) {
    const auto slash = rest.find('/');
    TRY(check_component(rest.substr(0, slash)));
    if (slash == std::string_view::npos) return path;
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace objectstore::object_file_format
