#include "auth/authenticator.h"

#include <gmock/gmock.h>

#include "auth/presigned_url.h"
#include "auth/test_support.h"
#include "testing/manual_clock.h"
#include "testing/recording_logger.h"

namespace objectstore {
namespace {

using testing::Signer;
using testing::vector_header;
using testing::vector_path;
using testing::vector_rings;
using testing::vector_seed;
using testing::vector_token;

constexpr auto reading = Permission::object_read;
constexpr auto writing = Permission::object_write;
constexpr auto deleting = Permission::object_delete;
// 2026-04-20T13:37:00Z
constexpr WallTime start{std::chrono::seconds(1'776'692'220)};

const ObjectId object{"attachments", Scopes(std::vector<Scope>{{"org", "17"}, {"project", "42"}}),
                      "key"};
const ObjectId foreign_object{"attachments", Scopes(std::vector<Scope>{{"org", "18"}}), "key"};

std::string signed_query() {
  const std::string query = "os_kid=relay&os_timestamp=2026-04-20T13:37:00Z&os_duration=3600";
  const auto signature = Signer(vector_seed).sign(canonical_request("GET", vector_path, query));
  return query + "&os_sig=" + base64url_encode(signature);
}

struct Shown {
  std::string method = "GET";
  std::string path = std::string(vector_path);
  std::string query;
  std::string authorization;
  std::string request_id;
};
Shown bearing(std::string_view token) {
  Shown shown;
  shown.authorization = "Bearer " + std::string(token);
  return shown;
}

class AuthenticatorTest : public ::testing::Test {
 protected:
  Authenticator make(bool enforce) {
    return Authenticator(keys_, enforce, clock_, metrics_, logger_);
  }

  static Authenticated<Access> authenticate(Authenticator& authenticator, const Shown& shown) {
    PresentedCredential credential{shown.method, shown.path,   shown.query,
                                   std::nullopt, std::nullopt, shown.request_id};
    if (!shown.authorization.empty()) credential.authorization = shown.authorization;
    return authenticator.authenticate(credential);
  }
  static std::string refusal(Authenticator& authenticator, const Shown& shown) {
    const auto result = authenticate(authenticator, shown);
    const auto* failure = std::get_if<AuthFailure>(&result);
    return failure == nullptr ? "" : failure->causes.front();
  }
  static Access access(Authenticator& authenticator, const Shown& shown) {
    const auto result = authenticate(authenticator, shown);
    EXPECT_TRUE(std::holds_alternative<Access>(result));
    return std::get<Access>(result);
  }

  std::uint64_t failures(std::string_view code) {
    return metrics_.counters({"objectstore_auth_failures_total", "", "", {"code"}})
        .with({code})
        .value();
  }

  KeyDirectory keys_{vector_rings()};
  testing::ManualClock clock_{start};
  Metrics metrics_;
  testing::RecordingLogger logger_;
};

TEST_F(AuthenticatorTest, a_token_allows_what_its_claims_name) {
  auto authenticator = make(true);
  const auto granted = access(authenticator, bearing(vector_token));
  EXPECT_TRUE(authenticator.permits(granted, reading, object));
  EXPECT_TRUE(authenticator.permits(granted, writing, object));
  EXPECT_TRUE(logger_.lines().empty());
  EXPECT_FALSE(authenticator.permits(granted, deleting, object));
  EXPECT_FALSE(authenticator.permits(granted, reading, foreign_object));
  EXPECT_EQ(failures("not_permitted"), 2U);
}

TEST_F(AuthenticatorTest, a_signed_url_allows_reading) {
  auto authenticator = make(true);
  Shown shown;
  shown.query = signed_query();
  const auto granted = access(authenticator, shown);
  EXPECT_TRUE(authenticator.permits(granted, reading, object));
  EXPECT_TRUE(authenticator.permits(granted, reading, foreign_object));
  EXPECT_FALSE(authenticator.permits(granted, writing, object));
  EXPECT_FALSE(authenticator.permits(granted, deleting, object));
}

TEST_F(AuthenticatorTest, a_signed_url_is_looked_at_each_time) {
  auto authenticator = make(true);
  Shown shown;
  shown.query = signed_query();
  (void)access(authenticator, shown);
  clock_.advance(std::chrono::seconds(3601));
  EXPECT_EQ(refusal(authenticator, shown), "failed to verify token");
}

TEST_F(AuthenticatorTest, a_signature_hides_a_good_token) {
  auto authenticator = make(true);
  auto shown = bearing(vector_token);
  shown.query = "os_sig=x";
  EXPECT_EQ(refusal(authenticator, shown),
            "bad request: presigned URL has missing or invalid parameters");
}

TEST_F(AuthenticatorTest, failures_are_told_counted_and_logged) {
  struct Case {
    Shown shown;
    std::string code;
    std::string cause;
  };
  Shown signed_put;
  signed_put.method = "PUT";
  signed_put.query = signed_query();
  Shown unknown_kid = bearing(Signer(vector_seed).token(R"({"alg":"EdDSA","kid":"x"})", "{}"));
  const Case cases[] = {
      {Shown{}, "bad_request", "bad request: No authorization token provided"},
      {bearing("x"), "validation_failure", "failed to decode token: InvalidToken"},
      {bearing(Signer('x').token(vector_header, "{}")), "verification_failure",
       "failed to verify token"},
      {unknown_kid, "unknown_key", "unknown key"},
      {signed_put, "unsupported_presigned_method",
       "presigned URLs are not supported for this method"},
  };
  auto authenticator = make(true);
  for (auto row : cases) {
    row.shown.request_id = "id-1";
    EXPECT_EQ(refusal(authenticator, row.shown), row.cause);
    EXPECT_EQ(failures(row.code), 1U) << row.code;
    const auto line = logger_.lines().back();
    EXPECT_EQ(line.level, LogLevel::debug);
    EXPECT_EQ(line.message, "credential refused");
    EXPECT_EQ(line.fields, "code=" + row.code + " error=" + row.cause +
                               " path=" + std::string(row.shown.path) + " request_id=id-1");
  }
  EXPECT_EQ(logger_.lines().size(), std::size(cases));
}

TEST_F(AuthenticatorTest, all_codes_are_shown_before_their_first_failure) {
  const auto authenticator = make(true);
  std::vector<std::string> codes;
  metrics_.all_counters().front()->each([&](const std::vector<std::string>& values,
                                            const Counter&) { codes.push_back(values.front()); });
  EXPECT_THAT(codes,
              ::testing::UnorderedElementsAre("bad_request", "internal_error", "validation_failure",
                                              "verification_failure", "not_permitted",
                                              "unsupported_presigned_method", "unknown_key"));
  EXPECT_EQ(metrics_.all_counters().front()->info().statsd, "server.auth.failure");
}

TEST_F(AuthenticatorTest, what_is_not_enforced_is_counted_warned_of_and_let_through) {
  Shown signed_put;
  signed_put.method = "PUT";
  signed_put.query = signed_query();
  auto authenticator = make(false);
  for (const auto& shown : {Shown{}, bearing("x"), signed_put}) {
    const auto lines = logger_.lines().size();
    const auto granted = access(authenticator, shown);
    EXPECT_TRUE(authenticator.permits(granted, deleting, foreign_object));
    ASSERT_EQ(logger_.lines().size(), lines + 1);
    EXPECT_EQ(logger_.lines().back().level, LogLevel::warn);
  }
  EXPECT_EQ(failures("bad_request"), 1U);
  EXPECT_EQ(failures("validation_failure"), 1U);
  EXPECT_EQ(failures("unsupported_presigned_method"), 1U);
  EXPECT_EQ(failures("not_permitted"), 0U);
}

TEST_F(AuthenticatorTest, a_denial_that_is_not_enforced_is_counted_and_warned_of) {
  auto authenticator = make(false);
  const auto granted = access(authenticator, bearing(vector_token));
  EXPECT_TRUE(authenticator.permits(granted, reading, object));
  EXPECT_TRUE(logger_.lines().empty());
  EXPECT_TRUE(authenticator.permits(granted, deleting, object));
  ASSERT_EQ(logger_.lines().size(), 1U);
  EXPECT_EQ(logger_.lines().front().level, LogLevel::warn);
  EXPECT_EQ(failures("not_permitted"), 1U);
}

TEST_F(AuthenticatorTest, without_keys_and_enforcement_credentials_are_not_looked_at) {
  keys_.replace({});
  auto authenticator = make(false);
  for (const auto& shown : {Shown{}, bearing("x")})
    EXPECT_TRUE(authenticator.permits(access(authenticator, shown), deleting, foreign_object));
  EXPECT_TRUE(logger_.lines().empty());
  EXPECT_EQ(failures("bad_request"), 0U);
}

TEST_F(AuthenticatorTest, without_keys_enforcement_refuses_everything) {
  keys_.replace({});
  auto authenticator = make(true);
  EXPECT_EQ(refusal(authenticator, Shown{}), "bad request: No authorization token provided");
  EXPECT_EQ(refusal(authenticator, bearing(vector_token)), "unknown key");
}

TEST_F(AuthenticatorTest, a_remembered_token_expires) {
  const auto token =
      Signer(vector_seed)
          .token(
              vector_header,
              R"({"exp":1776692220,"res":{"os:usecase":"attachments"},"permissions":["object.read"]})");
  auto authenticator = make(true);
  (void)access(authenticator, bearing(token));
  clock_.advance(std::chrono::seconds(60));
  (void)access(authenticator, bearing(token));
  clock_.advance(std::chrono::nanoseconds(1));
  for (int i = 0; i < 2; ++i) {
    const auto result = authenticate(authenticator, bearing(token));
    ASSERT_TRUE(std::holds_alternative<AuthFailure>(result));
    EXPECT_EQ(std::get<AuthFailure>(result), expired_token());
  }
  EXPECT_EQ(failures("validation_failure"), 2U);
  // A clock that was wrong and is put right.
  clock_.set_wall(start);
  EXPECT_EQ(refusal(authenticator, bearing(token)), "");
}

TEST_F(AuthenticatorTest, a_remembered_token_goes_with_its_key) {
  auto authenticator = make(true);
  (void)access(authenticator, bearing(vector_token));
  KeyRings others;
  others["relay"] = {{Signer('n').public_key()}, {reading}};
  keys_.replace(std::move(others));
  EXPECT_EQ(refusal(authenticator, bearing(vector_token)), "failed to verify token");
  keys_.replace({});
  EXPECT_EQ(refusal(authenticator, bearing(vector_token)), "unknown key");
  keys_.replace(vector_rings());
  EXPECT_EQ(refusal(authenticator, bearing(vector_token)), "");
}

TEST_F(AuthenticatorTest, a_remembered_token_has_the_permissions_that_its_key_has_now) {
  auto authenticator = make(true);
  EXPECT_TRUE(authenticator.permits(access(authenticator, bearing(vector_token)), writing, object));
  keys_.replace(vector_rings({reading}));
  EXPECT_FALSE(
      authenticator.permits(access(authenticator, bearing(vector_token)), writing, object));
}

TEST_F(AuthenticatorTest, refused_tokens_are_not_remembered) {
  auto authenticator = make(true);
  const auto foreign = Signer('n').token(vector_header, testing::vector_claims);
  EXPECT_EQ(refusal(authenticator, bearing(foreign)), "failed to verify token");
  EXPECT_EQ(refusal(authenticator, bearing(foreign)), "failed to verify token");
  (void)access(authenticator, bearing(vector_token));
  // The same claims with another signature.
  EXPECT_EQ(refusal(authenticator, bearing(foreign)), "failed to verify token");
  EXPECT_EQ(refusal(authenticator, bearing(std::string(vector_token) + "A")),
            "failed to verify token");
}

TEST_F(AuthenticatorTest, logs_hold_nothing_of_a_credential) {
  const std::string mark = "Zm9vYmFy";  // "foobar"
  const Signer signer(vector_seed);
  std::vector<Shown> credentials = {
      bearing(mark),
      bearing(mark + "." + mark + "." + mark),
      bearing("!" + mark),
      bearing(signer.token(R"({"alg":"foobar","kid":"relay"})", "{}")),
      bearing(signer.token(R"({"alg":"EdDSA","kid":"foobar"})", "{}")),
      bearing(signer.token(vector_header, "foobar")),
      bearing(signer.token(vector_header, R"({"res":{"foobar":1}})")),
      bearing(signer.token(vector_header,
                           R"({"res":{"os:usecase":"foobar"},"permissions":["foobar"]})"))};
  for (const auto& query :
       {"os_auth=" + mark, "os_sig=" + mark,
        "os_kid=foobar&os_timestamp=2026-04-20T13:37:00Z&os_duration=1&os_sig=" + mark,
        "os_kid=relay&os_timestamp=2026-04-20T13:37:00Z&os_duration=1&os_sig=" + mark}) {
    Shown shown;
    shown.query = query;
    credentials.push_back(std::move(shown));
  }
  for (const bool enforce : {true, false}) {
    auto authenticator = make(enforce);
    for (const auto& shown : credentials)
      (void)authenticate(authenticator, shown);
  }
  EXPECT_EQ(logger_.lines().size(), 2 * credentials.size());
  EXPECT_EQ(logger_.count(mark), 0U);
  EXPECT_EQ(logger_.count("foobar"), 0U);
}

}  // namespace
}  // namespace objectstore
