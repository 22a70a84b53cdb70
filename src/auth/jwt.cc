#include "auth/jwt.h"

#include <algorithm>
#include <optional>
#include <string>

#include "auth/strict_json.h"
#include "base/base64url.h"

namespace objectstore {

namespace {

struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;
};

std::optional<Parts> split(std::string_view token) {
  if (token.size() > max_token_bytes) return std::nullopt;
  const auto first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1), token.substr(0, second)};
}

// The algorithms whose names are known; of them only EdDSA is accepted (RFC 7518 section 3.1).
constexpr std::string_view eddsa = "EdDSA";
constexpr std::string_view known_algorithms[] = {"HS256", "HS384", "HS512", "ES256",
                                                 "ES384", "RS256", "RS384", "RS512",
                                                 "PS256", "PS384", "PS512", eddsa};

struct Header {
  std::string algorithm;
  std::optional<std::string> kid;
};

Authenticated<Header> decode_header(std::string_view part) {
  const auto text = base64url_decode(part);
  if (!text) return undecodable_token("Base64 error: the header is no base64url");
  const auto json = parse_strict_json_object(*text);
  if (!json) return undecodable_token("JSON error: the header is no JSON object");
  Header header;
  const auto algorithm = json->find("alg");
  if (algorithm == json->end() || !algorithm->is_string()) {
    return undecodable_token("JSON error: missing field `alg`");
  }
  header.algorithm = algorithm->get<std::string>();
  if (std::find(std::begin(known_algorithms), std::end(known_algorithms), header.algorithm) ==
      std::end(known_algorithms)) {
    return undecodable_token("JSON error: unknown algorithm");
  }
  const auto kid = json->find("kid");
  if (kid == json->end() || kid->is_null()) return header;
  if (!kid->is_string()) return undecodable_token("JSON error: `kid` is no string");
  header.kid = kid->get<std::string>();
  return header;
}

}  // namespace

Authenticated<VerifiedToken> verify_token(std::string_view token, const KeyRings& keys,
                                          WallTime now) {
  const auto parts = split(token);
  if (!parts) return undecodable_token("InvalidToken");
  auto decoded = decode_header(parts->header);
  if (auto* failure = std::get_if<AuthFailure>(&decoded)) return std::move(*failure);
  const auto& header = std::get<Header>(decoded);
  if (!header.kid) return bad_auth_request("JWT header is missing `kid` field");
  const auto key = keys.find(*header.kid);
  if (key == keys.end()) return unknown_key();
  if (header.algorithm != eddsa) return undecodable_token("InvalidAlgorithm");
  const auto signature = base64url_decode(parts->signature);
  if (!signature || !key->second.verifies(parts->signed_text, *signature)) {
    return unverified_credential();
  }
  return check_claims(parts->payload, key->second.max_permissions, now);
}

}  // namespace objectstore
