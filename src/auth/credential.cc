#include "auth/credential.h"

#include "base/query_pairs.h"
#include "model/text.h"

namespace objectstore {

namespace {

constexpr std::string_view bearer = "bearer ";  // in any letter case

bool is_presigned(std::string_view query) {
  for (QueryPieces pieces(query); const auto piece = pieces.next();) {
    if (piece->substr(0, piece->find('=')) == "os_sig") return true;
  }
  return false;
}

// A header that is present but holds something else hides the one behind it.
std::optional<std::string_view> header_token(const PresentedCredential& shown) {
  const auto& header = shown.x_os_auth ? shown.x_os_auth : shown.authorization;
  if (!header || !equals_ignoring_case(header->substr(0, bearer.size()), bearer)) {
    return std::nullopt;
  }
  return header->substr(bearer.size());
}

}  // namespace

Authenticated<std::variant<PresignedUrl, Token>> choose_credential(
    const PresentedCredential& shown) {
  if (is_presigned(shown.query)) return PresignedUrl{};
  if (const auto token = header_token(shown)) return Token{std::string(*token)};
  auto parameter = find_parameter(shown.query, "os_auth");
  if (parameter.count > 1) return bad_auth_request("invalid query string");
  if (parameter.count == 0) return bad_auth_request("No authorization token provided");
  return Token{std::move(parameter.value)};
}

}  // namespace objectstore
