// Which credentials count, and the tokens they give.
#include "net/google_credentials.h"

#include "base/base64url.h"
#include "net/credentials_test_support.h"
#include "testing/test_keys.h"

namespace objectstore::net_test {
namespace {

using namespace std::chrono_literals;

class GoogleCredentialsTest : public CredentialsTest {
 protected:
  GoogleCredentialsTest() { answer.body = R"({"access_token":"ya29.new","expires_in":3599})"; }

  [[nodiscard]] std::string user_file() const {
    return json{{"type", "authorized_user"},
                {"client_id", "id"},
                {"client_secret", "s/e&c"},
                {"refresh_token", "1//r+t"},
                {"token_uri", server.url("/user")}}
        .dump();
  }
  [[nodiscard]] static json external_file(const HttpServer& server, const std::string& subject) {
    return json{{"type", "external_account"},
                {"audience", "//iam.googleapis.com/projects/1/x"},
                {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
                {"token_url", server.url("/sts")},
                {"credential_source", {{"file", subject}}}};
  }
};

TEST_F(GoogleCredentialsTest, the_first_place_that_has_credentials_counts) {
  const auto named = write_file("named.json", user_file());
  const auto well_known = write_file(
      "known.json", json::parse(user_file())
                        .patch(json::parse(R"([{"op":"replace","path":"/token_uri","value":")" +
                                           server.url("/known") + R"("}])"))
                        .dump());
  struct Case {
    std::string named, well_known, target;
  };
  const Case cases[] = {
      {named, well_known, "/user"},
      {"", well_known, "/known"},
      {"", (scratch.path() / "absent").string(),
       "/computeMetadata/v1/instance/service-accounts/default/token"},
      {"", "", "/computeMetadata/v1/instance/service-accounts/default/token"},
  };
  for (const auto& [first, second, target] : cases) {
    GoogleCredentialsSettings settings;
    settings.named_file = first;
    settings.well_known_file = second;
    settings.metadata_server = server.url();
    const auto token = fetch_from(load_google_credentials(settings, parts));
    ASSERT_TRUE(token.ok()) << token.error().describe();
    EXPECT_EQ(token->value, "ya29.new");
    EXPECT_EQ(token->lifetime, 3599s);
    EXPECT_EQ(server.requests().back().target, target);
  }
}

TEST_F(GoogleCredentialsTest, the_metadata_server_is_asked_as_it_wants) {
  GoogleCredentialsSettings settings;
  settings.metadata_server = server.url();
  ASSERT_TRUE(fetch_from(load_google_credentials(settings, parts)).ok());
  EXPECT_EQ(server.requests().back().method, "GET");
  EXPECT_EQ(server.requests().back().header("metadata-flavor"), "Google");
  answer.ending = Ending::no_answer;
  const auto failed = fetch_from(load_google_credentials(settings, parts));
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().describe().find("GOOGLE_APPLICATION_CREDENTIALS is not set"),
            std::string::npos);
  EXPECT_NE(failed.error().describe().find(server.url()), std::string::npos);
}

TEST_F(GoogleCredentialsTest, a_user_refreshes_with_what_the_file_says) {
  auto fetcher = load(user_file());
  ASSERT_TRUE(fetcher.ok());
  EXPECT_NE((*fetcher)->describe().find("credentials.json"), std::string::npos);
  ASSERT_TRUE(fetch_from(std::move(fetcher)).ok());
  const std::map<std::string, std::string> expected = {{"grant_type", "refresh_token"},
                                                       {"client_id", "id"},
                                                       {"client_secret", "s/e&c"},
                                                       {"refresh_token", "1//r+t"}};
  EXPECT_EQ(form(0), expected);
}

TEST_F(GoogleCredentialsTest, a_service_account_signs_what_it_claims) {
  const auto key = testing::make_test_key(testing::KeyKind::rsa);
  json file = {{"type", "service_account"},
               {"client_email", "a@p.iam.gserviceaccount.com"},
               {"private_key", key.private_pem},
               {"private_key_id", "k1"},
               {"token_uri", server.url("/token")}};
  auto fetcher = load(file.dump());
  ASSERT_TRUE(fetcher.ok()) << fetcher.error().describe();
  EXPECT_EQ((*fetcher)->describe(), "service account a@p.iam.gserviceaccount.com");
  const auto token = fetch_from(std::move(fetcher));
  ASSERT_TRUE(token.ok()) << token.error().describe();
  EXPECT_EQ(token->value, "ya29.new");
  auto fields = form(0);
  EXPECT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const auto& jwt = fields["assertion"];
  const auto first = jwt.find('.');
  const auto second = jwt.rfind('.');
  const auto signature = base64url_decode(jwt.substr(second + 1));
  ASSERT_TRUE(signature.has_value());
  EXPECT_TRUE(testing::verify_rs256(key.public_pem, jwt.substr(0, second), *signature));
  EXPECT_FALSE(testing::verify_rs256(key.public_pem, jwt.substr(1, second), *signature));
  const auto header = json::parse(*base64url_decode(jwt.substr(0, first)));
  EXPECT_EQ(header, (json{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", "k1"}}));
  const auto claims = json::parse(*base64url_decode(jwt.substr(first + 1, second - first - 1)));
  EXPECT_EQ(claims, (json{{"iss", "a@p.iam.gserviceaccount.com"},
                          {"scope", "https://scope/a https://scope/b"},
                          {"aud", server.url("/token")},
                          {"iat", 1'750'000'000},
                          {"exp", 1'750'003'600}}));
  clock.set_wall(clock.now() + 100s);
  EXPECT_TRUE(fetch_from(load(file.dump())).ok());
  EXPECT_NE(form(1)["assertion"], jwt);
}

TEST_F(GoogleCredentialsTest, an_external_account_exchanges_the_token_of_its_file) {
  const auto plain = write_file("subject", "  subject.token\n");
  const auto wrapped = write_file("subject.json", R"({"id_token":"subject.token"})");
  auto json_source = external_file(server, wrapped);
  json_source["credential_source"]["format"] = {{"type", "json"},
                                                {"subject_token_field_name", "id_token"}};
  auto text_source = external_file(server, plain);
  text_source["credential_source"]["format"] = {{"type", "text"}};
  const json cases[] = {external_file(server, plain), text_source, json_source};
  const std::map<std::string, std::string> expected = {
      {"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
      {"audience", "//iam.googleapis.com/projects/1/x"},
      {"scope", "https://scope/a https://scope/b"},
      {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
      {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
      {"subject_token", "subject.token"}};
  for (const auto& file : cases) {
    const auto token = fetch_from(load(file.dump()));
    ASSERT_TRUE(token.ok()) << token.error().describe();
    EXPECT_EQ(token->value, "ya29.new");
    EXPECT_EQ(form(server.requests().size() - 1), expected);
  }
}

TEST_F(GoogleCredentialsTest, the_subject_token_is_read_anew_each_time) {
  const auto path = write_file("subject", "one");
  auto fetcher = load(external_file(server, path).dump());
  ASSERT_TRUE(fetcher.ok());
  EXPECT_TRUE(testing::pump(io, (*fetcher)->fetch()).ok());
  write_file("subject", "two");
  EXPECT_TRUE(testing::pump(io, (*fetcher)->fetch()).ok());
  EXPECT_EQ(form(1)["subject_token"], "two");
}

TEST_F(GoogleCredentialsTest, an_external_account_may_impersonate_another) {
  auto file = external_file(server, write_file("subject", "subject.token"));
  file["service_account_impersonation_url"] = server.url("/x:generateAccessToken");
  file["service_account_impersonation"] = {{"token_lifetime_seconds", 1200}};
  server.answer_heads([this](const HttpServerRequest& head) {
    // 1200 s after the clock's time, 2025-06-15T15:06:40Z
    if (head.target == "/x:generateAccessToken") {
      answer.body = R"({"accessToken":"ya29.other","expireTime":"2025-06-15T15:26:40Z"})";
    }
    return std::nullopt;
  });
  const auto token = fetch_from(load(file.dump()));
  ASSERT_TRUE(token.ok()) << token.error().describe();
  EXPECT_EQ(token->value, "ya29.other");
  EXPECT_EQ(token->lifetime, 1200s);
  EXPECT_EQ(form(0)["scope"], "https://www.googleapis.com/auth/cloud-platform");
  const auto& second = server.requests().at(1);
  EXPECT_EQ(second.header("authorization"), "Bearer ya29.new");
  EXPECT_EQ(json::parse(second.body),
            (json{{"scope", {"https://scope/a", "https://scope/b"}}, {"lifetime", "1200s"}}));
}

TEST_F(GoogleCredentialsTest, impersonation_answers_without_a_live_token_are_refused) {
  auto file = external_file(server, write_file("subject", "subject.token"));
  file["service_account_impersonation_url"] = server.url("/x:generateAccessToken");
  const std::string cases[] = {
      R"({"expireTime":"2025-06-15T15:26:40Z"})",
      R"({"accessToken":"hidden"})",
      R"({"accessToken":"hidden","expireTime":"tomorrow"})",
      R"({"accessToken":"hidden","expireTime":"2025-06-15T15:06:40Z"})",
      R"({"accessToken":"hidden\n","expireTime":"2025-06-15T15:26:40Z"})",
      "hidden",
  };
  for (const auto& body : cases) {
    server.answer_heads([&, first = answer.body](const HttpServerRequest& head) {
      const bool is_second = head.target == "/x:generateAccessToken";
      answer.body = is_second ? body : R"({"access_token":"ya29.new","expires_in":3599})";
      return std::nullopt;
    });
    const auto token = fetch_from(load(file.dump()));
    ASSERT_FALSE(token.ok()) << body;
    EXPECT_EQ(token.error().describe().find("hidden"), std::string::npos);
  }
}

TEST_F(GoogleCredentialsTest, failures_of_the_server_say_whether_trying_again_may_help) {
  struct Case {
    int status;
    Ending ending;
    ErrorCode code;
  };
  const Case cases[] = {{400, Ending::complete, ErrorCode::invalid_argument},
                        {401, Ending::complete, ErrorCode::invalid_argument},
                        {302, Ending::complete, ErrorCode::invalid_argument},
                        {429, Ending::complete, ErrorCode::unavailable},
                        {500, Ending::closes, ErrorCode::unavailable},
                        {503, Ending::complete, ErrorCode::unavailable},
                        {200, Ending::no_answer, ErrorCode::unavailable},
                        {200, Ending::complete, ErrorCode::unavailable}};
  answer.body = "{}";
  for (const auto& [status, ending, code] : cases) {
    answer.status = status;
    answer.ending = ending;
    const auto token = fetch_from(load(user_file()));
    ASSERT_FALSE(token.ok());
    EXPECT_EQ(token.error().code(), code) << token.error().describe();
    EXPECT_NE(token.error().describe().find("token server " + server.url()), std::string::npos);
  }
}

TEST_F(GoogleCredentialsTest, a_server_that_never_answers_is_given_up) {
  answer.ending = Ending::silence;
  auto fetcher = load(user_file());
  ASSERT_TRUE(fetcher.ok());
  testing::Pumped fetching(io, (*fetcher)->fetch());
  testing::settle(io);
  EXPECT_FALSE(fetching.ended());
  clock.advance(parts.timeout);
  const auto token = fetching.get();
  ASSERT_FALSE(token.ok());
  EXPECT_EQ(token.error().code(), ErrorCode::deadline_exceeded);
}

}  // namespace
}  // namespace objectstore::net_test
