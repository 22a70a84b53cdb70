// Tokens: the input as a whole token, as its header, and as its claims.
#include "auth/jwt.h"

#include <nlohmann/json.hpp>

#include "auth_key.h"

namespace objectstore {
namespace {

using Json = nlohmann::json;

constexpr WallTime now{std::chrono::seconds(1'800'000'000)};
constexpr std::string_view good_claims =
    R"({"exp":4102444800,"res":{"os:usecase":"u"},"permissions":[]})";
constexpr Permissions all = {Permission::object_read, Permission::object_write,
                             Permission::object_delete};

const fuzz::AuthKey& fuzz_key() {
  static const fuzz::AuthKey key;
  return key;
}

// Nothing of a credential is told: the texts are of a fixed alphabet and size.
void check_failure(const AuthFailure& failure) {
  FUZZ_CHECK(!failure.causes.empty());
  for (const auto& cause : failure.causes)
    FUZZ_CHECK(cause.size() < 100 && !fuzz::has_control(cause));
}

bool names(const Json& claims, const char* claim, std::initializer_list<const char*> wanted) {
  const auto value = claims.value(claim, Json());
  if (!value.is_string() && !value.is_array()) return true;
  return std::any_of(wanted.begin(), wanted.end(), [&](const char* name) {
    return value == name || (value.is_array() && std::count(value.begin(), value.end(), name) > 0);
  });
}

// The claims say what the library reads in them.
void check_grant(const VerifiedToken& token, std::string_view text) {
  const auto claims = Json::parse(text, nullptr, false);
  FUZZ_CHECK(claims.is_object() && claims.at("exp").is_number());
  FUZZ_CHECK(token.good_until >= now);
  FUZZ_CHECK(names(claims, "iss", {"sentry", "relay"}) && names(claims, "aud", {"objectstore"}));
  auto res = Json::object({{"os:usecase", token.grant->usecase}});
  for (const auto& [name, value] : token.grant->scopes)
    res[name] = value;
  FUZZ_CHECK(res == claims.at("res"));
  Permissions listed;
  for (const auto& name : claims.at("permissions"))
    listed.add(parse_permission(name.get<std::string>()).value());
  FUZZ_CHECK(listed == token.grant->permissions);
}

void check_header(std::string_view json) {
  const fuzz::AuthKey& key = fuzz_key();
  const auto text = base64url_encode(json) + "." + base64url_encode(good_claims);
  // Signing takes long: only headers that get so far are signed.
  const auto without = verify_token(text + ".AAAA", key.rings(), now);
  const auto& failure = std::get<AuthFailure>(without);
  check_failure(failure);
  if (failure.kind != AuthFailureKind::verification_failure) return;
  const auto header = Json::parse(json, nullptr, false);
  FUZZ_CHECK(header.at("alg") == "EdDSA" && header.at("kid") == "relay");
  const auto whole = verify_token(text + "." + key.sign(text), key.rings(), now);
  FUZZ_CHECK(std::holds_alternative<VerifiedToken>(whole));
}

void check_payload(std::string_view json) {
  const auto claims = check_claims(base64url_encode(json), all, now);
  if (const auto* failure = std::get_if<AuthFailure>(&claims)) {
    check_failure(*failure);
    FUZZ_CHECK(failure->kind == AuthFailureKind::validation_failure);
  } else {
    check_grant(std::get<VerifiedToken>(claims), json);
  }
}

}  // namespace

FUZZ_TARGET(input) {
  const fuzz::AuthKey& key = fuzz_key();
  const auto whole = verify_token(input, key.rings(), now);
  if (const auto* failure = std::get_if<AuthFailure>(&whole)) check_failure(*failure);
  check_header(input);
  check_payload(input);
}

}  // namespace objectstore
