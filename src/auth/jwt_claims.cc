#include "auth/jwt_claims.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>

#include "auth/strict_json.h"
#include "base/base64url.h"

namespace objectstore {

namespace {

using Json = nlohmann::json;

constexpr std::chrono::seconds leeway(60);

const Json* member(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

const std::string* text_of(const Json& value) {
  return value.get_ptr<const std::string*>();
}

// Empty: `grant` has usecase and scopes. Otherwise what is wrong.
std::string_view read_resource(const Json& claims, TokenGrant& grant) {
  const auto* res = member(claims, "res");
  if (res == nullptr || !res->is_object()) return "JSON error: `res` is no object";
  bool has_usecase = false;
  for (const auto& [name, value] : res->items()) {
    const auto* text = text_of(value);
    if (text == nullptr) return "JSON error: a member of `res` is no string";
    if (name == "os:usecase") {
      has_usecase = true;
      grant.usecase = *text;
    } else {
      grant.scopes.emplace(name, *text);
    }
  }
  return has_usecase ? "" : "JSON error: missing field `os:usecase`";
}

std::string_view read_permissions(const Json& claims, TokenGrant& grant) {
  const auto* list = member(claims, "permissions");
  if (list == nullptr || !list->is_array()) return "JSON error: `permissions` is no list";
  for (const auto& item : *list) {
    const auto* text = text_of(item);
    const auto permission = text == nullptr ? std::nullopt : parse_permission(*text);
    if (!permission) return "JSON error: unknown permission";
    grant.permissions.add(*permission);
  }
  return {};
}

// nullopt: there is no number.
std::optional<WallTime> read_good_until(const Json& claims) {
  const auto* exp = member(claims, "exp");
  if (exp == nullptr || !exp->is_number()) return std::nullopt;
  using Seconds = std::chrono::duration<long double>;
  const auto until = exp->get<long double>() + Seconds(leeway).count();
  // WallTime ends before the year 2263.
  if (until >= Seconds(WallTime::max().time_since_epoch()).count()) return WallTime::max();
  if (until <= Seconds(WallTime::min().time_since_epoch()).count()) return WallTime::min();
  return WallTime(std::chrono::duration_cast<Duration>(Seconds(until)));
}

// Whether the claim, a string or a list, names one of `wanted`. Absent, or of another type: it says
// nothing against.
bool names_one_of(const Json* claim, std::initializer_list<std::string_view> wanted) {
  const auto is_wanted = [&](const Json& value) {
    const auto* text = text_of(value);
    return text != nullptr && std::find(wanted.begin(), wanted.end(), *text) != wanted.end();
  };
  if (claim == nullptr) return true;
  if (claim->is_array()) return std::any_of(claim->begin(), claim->end(), is_wanted);
  return !claim->is_string() || is_wanted(*claim);
}

}  // namespace

Authenticated<VerifiedToken> check_claims(std::string_view payload, Permissions max_permissions,
                                          WallTime now) {
  const auto text = base64url_decode(payload);
  if (!text) return undecodable_token("Base64 error: the claims are no base64url");
  const auto claims = parse_strict_json_object(*text);
  if (!claims) return undecodable_token("JSON error: the claims are no JSON object");
  auto grant = std::make_shared<TokenGrant>();
  if (const auto wrong = read_resource(*claims, *grant); !wrong.empty()) {
    return undecodable_token(wrong);
  }
  if (const auto wrong = read_permissions(*claims, *grant); !wrong.empty()) {
    return undecodable_token(wrong);
  }
  grant->permissions = grant->permissions & max_permissions;
  const auto good_until = read_good_until(*claims);
  if (!good_until) return undecodable_token("Missing required claim: exp");
  if (now > *good_until) return expired_token();
  if (!names_one_of(member(*claims, "iss"), {"sentry", "relay"})) {
    return undecodable_token("InvalidIssuer");
  }
  if (!names_one_of(member(*claims, "aud"), {"objectstore"})) {
    return undecodable_token("InvalidAudience");
  }
  return VerifiedToken{std::move(grant), *good_until};
}

}  // namespace objectstore
