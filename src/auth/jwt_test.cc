#include "auth/jwt.h"

#include <gtest/gtest.h>

#include "auth/test_support.h"

namespace objectstore {
namespace {

using testing::Signer;
using testing::vector_claims;
using testing::vector_header;
using testing::vector_rings;
using testing::vector_seed;
using testing::vector_token;

constexpr WallTime now{std::chrono::seconds(1'800'000'000)};

Authenticated<VerifiedToken> verify(std::string_view token, const KeyRings& keys = vector_rings()) {
  return verify_token(token, keys, now);
}

// "ok", or kind and causes: "validation_failure: failed to decode token: InvalidToken |
// InvalidToken".
std::string outcome(const Authenticated<VerifiedToken>& verified) {
  const auto* failure = std::get_if<AuthFailure>(&verified);
  if (failure == nullptr) return "ok";
  std::string text(to_string(failure->kind));
  std::string_view separator = ": ";
  for (const auto& cause : failure->causes) {
    text.append(separator).append(cause);
    separator = " | ";
  }
  return text;
}

std::string undecodable(const std::string& inner) {
  return "validation_failure: failed to decode token: " + inner + " | " + inner;
}
const std::string unverified = "verification_failure: failed to verify token";

std::string signed_claims(std::string_view claims) {
  return Signer(vector_seed).token(vector_header, claims);
}

TEST(Jwt, the_vector_is_made_and_read) {
  EXPECT_EQ(Signer(vector_seed).token(vector_header, vector_claims), vector_token);
  const auto verified = verify(vector_token);
  ASSERT_EQ(outcome(verified), "ok");
  const auto& token = std::get<VerifiedToken>(verified);
  EXPECT_EQ(token.good_until, WallTime(std::chrono::seconds(4'102'444'860)));
  EXPECT_EQ(token.grant->usecase, "attachments");
  EXPECT_EQ(token.grant->scopes,
            (std::map<std::string, std::string>{{"org", "17"}, {"project", "*"}}));
  EXPECT_EQ(token.grant->permissions,
            (Permissions{Permission::object_read, Permission::object_write}));
}

TEST(Jwt, the_first_failing_step_decides) {
  const Signer signer(vector_seed);
  const std::string good(vector_token);
  const auto dot = good.find('.');
  const auto last_dot = good.rfind('.');
  const auto header = good.substr(0, dot);
  const auto payload = good.substr(dot + 1, last_dot - dot - 1);
  const auto signature = good.substr(last_dot + 1);
  // With a header whose JSON is given and a signature that holds.
  const auto headed = [&](std::string_view json) { return signer.token(json, vector_claims); };
  const auto bad_header_json = undecodable("JSON error: the header is no JSON object");
  const auto bad_header_base64 = undecodable("Base64 error: the header is no base64url");
  struct Case {
    std::string token;
    std::string expected;
  };
  const Case cases[] = {
      // three parts
      {"", undecodable("InvalidToken")},
      {".", undecodable("InvalidToken")},
      {"abc", undecodable("InvalidToken")},
      {header + "." + payload, undecodable("InvalidToken")},
      {good + ".", undecodable("InvalidToken")},
      {"a." + good, undecodable("InvalidToken")},
      {good + std::string(max_token_bytes, 'A'), undecodable("InvalidToken")},
      // header
      {"..", bad_header_json},
      {"." + payload + "." + signature, bad_header_json},
      {"Bearer " + good, bad_header_base64},
      {" " + good, bad_header_base64},
      {"!" + good, bad_header_base64},
      {header + "=." + payload + "." + signature, bad_header_base64},
      {base64url_encode("?>?>") + "+." + payload + "." + signature, bad_header_base64},
      {"eyJhbGciOiJFZERTQSJ8." + payload + "." + signature, bad_header_json},
      {headed(""), bad_header_json},
      {headed("no JSON"), bad_header_json},
      {headed("[]"), bad_header_json},
      {headed("\"EdDSA\""), bad_header_json},
      {headed(R"({"alg":"EdDSA","kid":"relay")"), bad_header_json},
      {headed(R"({"alg":"EdDSA","kid":"relay"} x)"), bad_header_json},
      {headed("{\"alg\":\"EdDSA\",\"kid\":\"\xff\"}"), bad_header_json},
      {headed(R"({"alg":"EdDSA","kid":"relay","kid":"relay"})"), bad_header_json},
      {headed(R"({"kid":"relay"})"), undecodable("JSON error: missing field `alg`")},
      {headed(R"({"alg":7,"kid":"relay"})"), undecodable("JSON error: missing field `alg`")},
      {headed(R"({"alg":"none","kid":"relay"})"), undecodable("JSON error: unknown algorithm")},
      {headed(R"({"alg":"eddsa","kid":"relay"})"), undecodable("JSON error: unknown algorithm")},
      {headed(R"({"alg":"EdDSA","kid":7})"), undecodable("JSON error: `kid` is no string")},
      // kid, before the algorithm
      {headed(R"({"alg":"EdDSA"})"), "bad_request: bad request: JWT header is missing `kid` field"},
      {headed(R"({"alg":"EdDSA","kid":null})"),
       "bad_request: bad request: JWT header is missing `kid` field"},
      {headed(R"({"alg":"HS256"})"), "bad_request: bad request: JWT header is missing `kid` field"},
      {headed(R"({"alg":"EdDSA","kid":"other"})"), "unknown_key: unknown key"},
      {headed(R"({"alg":"HS256","kid":"other"})"), "unknown_key: unknown key"},
      {headed(R"({"alg":"EdDSA","kid":""})"), "unknown_key: unknown key"},
      {headed(R"({"alg":"HS256","kid":"relay"})"), undecodable("InvalidAlgorithm")},
      {headed(R"({"alg":"RS512","kid":"relay"})"), undecodable("InvalidAlgorithm")},
      {headed(R"({"alg":"ES256","kid":"relay"})"), undecodable("InvalidAlgorithm")},
      // signature, before the payload is looked at
      {header + "." + payload + ".", unverified},
      {header + "." + payload + ".!!!!", unverified},
      {header + "." + payload + "." + signature + "==", unverified},
      {header + "." + payload + "." + signature.substr(0, 84), unverified},
      {header + "." + payload + "." + signature + "AAAA", unverified},
      {header + "." + base64url_encode("no JSON") + "." + signature, unverified},
      {Signer('x').token(vector_header, vector_claims), unverified},
      {Signer('x').token(vector_header, "no JSON"), unverified},
      // what is ignored
      {headed(R"({"alg":"EdDSA","kid":"relay","typ":5,"crit":["x"],"jwk":{}})"), "ok"},
      {headed(" {\"kid\":\"\\u0072elay\", \"alg\":\"EdDSA\"}\n"), "ok"},
  };
  for (const auto& row : cases)
    EXPECT_EQ(outcome(verify(row.token)), row.expected) << row.token.substr(0, 200);
}

TEST(Jwt, claims_of_a_good_signature_are_checked_in_order) {
  const auto bad_json = undecodable("JSON error: the claims are no JSON object");
  const auto bad_res = undecodable("JSON error: `res` is no object");
  const auto bad_scope = undecodable("JSON error: a member of `res` is no string");
  const auto no_usecase = undecodable("JSON error: missing field `os:usecase`");
  const auto bad_list = undecodable("JSON error: `permissions` is no list");
  const auto bad_permission = undecodable("JSON error: unknown permission");
  const auto no_exp = undecodable("Missing required claim: exp");
  const auto expired = undecodable("ExpiredSignature");
  const std::string exp = R"("exp":1800000000,)";
  const std::string res = R"("res":{"os:usecase":"u"},)";
  const std::string list = R"("permissions":["object.read"])";
  const auto rest = res + list + "}";
  const auto with = [&](const std::string& member) { return "{" + member + "," + exp + rest; };
  const auto permissions = [&](const std::string& value) {
    return "{" + exp + res + "\"permissions\":" + value + "}";
  };
  const auto resource = [&](const std::string& value) {
    return "{" + exp + "\"res\":" + value + "," + list + "}";
  };
  const auto expiring = [&](const std::string& value) { return "{\"exp\":" + value + "," + rest; };
  const auto nested = [&](std::size_t depth) {
    return with("\"x\":" + std::string(depth, '[') + std::string(depth, ']'));
  };
  struct Case {
    std::string claims;
    std::string expected;
  };
  const Case cases[] = {
      {"{" + exp + rest, "ok"},
      // JSON
      {"", bad_json},
      {"null", bad_json},
      {"[]", bad_json},
      {"{" + exp + rest + ",", bad_json},
      {"{" + exp + rest + std::string("\0x", 2), bad_json},
      {"{" + exp + exp + rest, bad_json},
      {with(R"("x":1,"x":1)"), bad_json},
      {with(R"("x":{"a":[{"b":1,"b":2}]})"), bad_json},
      {with(R"("x":[{"b":1},{"b":2}],"b":{"b":3})"), "ok"},
      {with(R"("x":1e999)"), bad_json},
      {with(R"("x":"\ud800")"), bad_json},
      {nested(15), "ok"},
      {nested(16), bad_json},
      {nested(3000), bad_json},
      // res
      {"{" + exp + list + "}", bad_res},
      {resource("null"), bad_res},
      {resource("\"u\""), bad_res},
      {resource("[]"), bad_res},
      {resource("{}"), no_usecase},
      {resource(R"({"org":"1"})"), no_usecase},
      {resource(R"({"os:usecase":5})"), bad_scope},
      {resource(R"({"os:usecase":null})"), bad_scope},
      {resource(R"({"os:usecase":"u","org":1})"), bad_scope},
      {resource(R"({"os:usecase":"u","org":null})"), bad_scope},
      {resource(R"({"os:usecase":"u","org":["1"]})"), bad_scope},
      {resource(R"({"os:usecase":"u","org":"1","org":"2"})"), bad_json},
      // permissions
      {"{" + exp + R"("res":{"os:usecase":"u"}})", bad_list},
      {permissions("null"), bad_list},
      {permissions("\"object.read\""), bad_list},
      {permissions("{}"), bad_list},
      {permissions("[]"), "ok"},
      {permissions(R"(["object.read","object.write","object.delete"])"), "ok"},
      {permissions(R"(["object.read","object.read"])"), "ok"},
      {permissions(R"(["object.read","object.list"])"), bad_permission},
      {permissions(R"(["Object.read"])"), bad_permission},
      {permissions("[1]"), bad_permission},
      // they come before exp, exp before iss, iss before aud
      {"{" + list + "}", bad_res},
      {"{" + rest, no_exp},
      {expiring("null"), no_exp},
      {expiring("\"1800000000\""), no_exp},
      {expiring("true"), no_exp},
      {R"({"iss":"x",)" + rest, no_exp},
      {R"({"exp":1,"iss":"x",)" + rest, expired},
      {with(R"("iss":"x","aud":"x")"), undecodable("InvalidIssuer")},
      // exp: now is 1800000000
      {expiring("1799999939"), expired},
      {expiring("1799999940"), "ok"},
      {expiring("1799999939.5"), expired},
      {expiring("1799999940.0"), "ok"},
      {expiring("1.8e9"), "ok"},
      {expiring("1.7e9"), expired},
      {expiring("0"), expired},
      {expiring("-1"), expired},
      {expiring("-1e300"), expired},
      {expiring("1e300"), "ok"},
      {expiring("9223372036854775808"), "ok"},
      {expiring("18446744073709551615"), "ok"},
      {expiring("-9223372036854775808"), expired},
      // iss
      {with(R"("iss":"sentry")"), "ok"},
      {with(R"("iss":"relay")"), "ok"},
      {with(R"("iss":["x","relay"])"), "ok"},
      {with(R"("iss":"Relay")"), undecodable("InvalidIssuer")},
      {with(R"("iss":"")"), undecodable("InvalidIssuer")},
      {with(R"("iss":[])"), undecodable("InvalidIssuer")},
      {with(R"("iss":["x",1])"), undecodable("InvalidIssuer")},
      {with(R"("iss":5)"), "ok"},
      {with(R"("iss":null)"), "ok"},
      {with(R"("iss":{})"), "ok"},
      // aud
      {with(R"("aud":"objectstore")"), "ok"},
      {with(R"("aud":["x","objectstore"])"), "ok"},
      {with(R"("aud":"x")"), undecodable("InvalidAudience")},
      {with(R"("aud":[])"), undecodable("InvalidAudience")},
      {with(R"("aud":["x"])"), undecodable("InvalidAudience")},
      {with(R"("aud":5)"), "ok"},
      {with(R"("aud":null)"), "ok"},
      // ignored
      {with(R"("nbf":9999999999,"iat":"x","sub":5,"jti":{})"), "ok"},
  };
  for (const auto& row : cases)
    EXPECT_EQ(outcome(verify(signed_claims(row.claims))), row.expected)
        << row.claims.substr(0, 200);
}

TEST(Jwt, claims_that_are_no_base64_are_told_so) {
  const Signer signer(vector_seed);
  const auto text = base64url_encode(vector_header) + ".a+b/";
  const auto token = text + "." + base64url_encode(signer.sign(text));
  EXPECT_EQ(outcome(verify(token)), undecodable("Base64 error: the claims are no base64url"));
}

TEST(Jwt, permissions_are_cut_to_those_of_the_key) {
  const auto granted = [](Permissions max_permissions) {
    const auto verified = verify(vector_token, vector_rings(max_permissions));
    return std::get<VerifiedToken>(verified).grant->permissions;
  };
  EXPECT_EQ(granted({Permission::object_read, Permission::object_delete}),
            Permissions{Permission::object_read});
  EXPECT_EQ(granted({Permission::object_write}), Permissions{Permission::object_write});
  EXPECT_EQ(granted({}), Permissions());
}

TEST(Jwt, all_versions_of_a_key_are_tried) {
  auto keys = vector_rings();
  auto& versions = keys["relay"].versions;
  versions.insert(versions.begin(), Signer('n').public_key());
  EXPECT_EQ(outcome(verify(vector_token, keys)), "ok");
  EXPECT_EQ(outcome(verify(Signer('n').token(vector_header, vector_claims), keys)), "ok");
  EXPECT_EQ(outcome(verify(Signer('o').token(vector_header, vector_claims), keys)), unverified);
  // Another failure than the signature's ends the search with its own text.
  EXPECT_EQ(outcome(verify(Signer('n').token(vector_header, "{}"), keys)),
            undecodable("JSON error: `res` is no object"));
  versions.clear();
  EXPECT_EQ(outcome(verify(vector_token, keys)), unverified);
}

TEST(Jwt, a_key_signs_for_its_own_id_only) {
  auto keys = vector_rings();
  keys["other"] = {{Signer('o').public_key()}, {}};
  EXPECT_EQ(outcome(verify(Signer('o').token(vector_header, vector_claims), keys)), unverified);
}

}  // namespace
}  // namespace objectstore
