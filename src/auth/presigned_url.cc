#include "auth/presigned_url.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <vector>

#include "base/base64url.h"
#include "base/query_pairs.h"
#include "model/text.h"
#include "net/rfc3339.h"

namespace objectstore {

namespace {

constexpr std::chrono::seconds start_skew(60);  // by which the signer's clock may be ahead
constexpr std::uint64_t max_duration_s = 604'800;

constexpr std::string_view signature_name = "os_sig";

// The name in lower case, the value as it is. nullopt: the piece is not signed.
std::optional<std::string> canonical_piece(std::string_view piece) {
  std::string out(piece);
  const auto name_end =
      out.begin() + static_cast<std::ptrdiff_t>(std::min(piece.find('='), piece.size()));
  std::transform(out.begin(), name_end, out.begin(), to_lower_ascii);
  if (std::string_view(out.begin(), name_end) == signature_name) return std::nullopt;
  return out;
}

std::optional<std::uint64_t> parse_seconds(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Parameters {
  std::string kid;
  WallTime signed_at;
  std::uint64_t duration_s = 0;
  std::string signature;  // in base64url, not looked at yet
};

std::optional<Parameters> read_parameters(std::string_view query) {
  const auto kid = find_parameter(query, "os_kid");
  const auto timestamp = find_parameter(query, "os_timestamp");
  const auto duration = find_parameter(query, "os_duration");
  const auto signature = find_parameter(query, signature_name);
  for (const auto* parameter : {&kid, &timestamp, &duration, &signature}) {
    if (parameter->count != 1) return std::nullopt;
  }
  const auto signed_at = parse_signing_time(timestamp.value);
  const auto duration_s = parse_seconds(duration.value);
  if (!signed_at || !duration_s) return std::nullopt;
  return Parameters{kid.value, *signed_at, *duration_s, signature.value};
}

bool is_its_time(const Parameters& parameters, WallTime now) {
  // In whole durations from `now`, so that no time of signing overflows.
  if (parameters.signed_at > now) return parameters.signed_at - now <= start_skew;
  return now - parameters.signed_at <= std::chrono::seconds(parameters.duration_s);
}

bool is_signed(const KeyRing& key, const PresentedCredential& shown, std::string_view signature) {
  const auto bytes = base64url_decode(signature);
  return bytes && key.verifies(canonical_request(shown.method, shown.path, shown.query), *bytes);
}

}  // namespace

std::string canonical_request(std::string_view method, std::string_view path,
                              std::string_view query) {
  std::vector<std::string> signed_pieces;
  for (QueryPieces pieces(query); const auto piece = pieces.next();) {
    if (auto canonical = canonical_piece(*piece)) signed_pieces.push_back(*std::move(canonical));
  }
  std::sort(signed_pieces.begin(), signed_pieces.end());
  std::string text(method == "HEAD" ? "GET" : method);
  text.append("\n").append(path).append("\n");
  std::string_view separator;
  for (const auto& piece : signed_pieces) {
    text.append(separator).append(piece);
    separator = "&";
  }
  return text;
}

std::optional<WallTime> parse_signing_time(std::string text) {
  // To the one form that the common parser has; what else is in the text it refuses.
  constexpr std::size_t time_at = std::string_view("2026-04-20").size();
  constexpr std::string_view utc = "+00:00";
  if (text.size() > time_at && text[time_at] == ' ') text[time_at] = 'T';
  if (text.ends_with(utc)) {
    text.replace(text.size() - utc.size(), utc.size(), "Z");
  } else if (!text.ends_with('Z')) {
    text += 'Z';
  }
  return parse_rfc3339(text);
}

std::optional<AuthFailure> refuse_presigned_url(const PresentedCredential& shown,
                                                const KeyRings& keys, WallTime now) {
  if (shown.method != "GET" && shown.method != "HEAD") return unsupported_presigned_method();
  const auto parameters = read_parameters(shown.query);
  if (!parameters) return bad_auth_request("presigned URL has missing or invalid parameters");
  const auto key = keys.find(parameters->kid);
  if (key == keys.end()) return unknown_key();
  if (parameters->duration_s > max_duration_s) {
    return bad_auth_request("presigned URL validity exceeds the maximum of 1 week");
  }
  if (!is_its_time(*parameters, now) || !is_signed(key->second, shown, parameters->signature)) {
    return unverified_credential();
  }
  if (!key->second.max_permissions.has(Permission::object_read)) return operation_not_allowed();
  return std::nullopt;
}

}  // namespace objectstore
