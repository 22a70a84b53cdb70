// Bad files and hostile servers: errors and logs name what is wrong and tell no secret.
#include "net/credentials_test_support.h"
#include "net/token_cache.h"
#include "testing/recording_logger.h"
#include "testing/seeded_random.h"
#include "testing/test_keys.h"

namespace objectstore::net_test {
namespace {

using namespace std::chrono_literals;

class CredentialsSecrecyTest : public CredentialsTest {
 protected:
  const std::string refresh_token = "1//0gSecretRefreshToken+/=";
  const std::string client_secret = "GOCSPX-clientsecret";
  const std::string subject_token = "eyJhbGciOiJSUzI1NiJ9.c3ViamVjdA.c2ln";
  const std::string private_pem = testing::make_test_key(testing::KeyKind::rsa).private_pem;

  [[nodiscard]] json service_file() const {
    return {{"type", "service_account"},
            {"client_email", "a@p"},
            {"private_key", private_pem},
            {"token_uri", server.url("/token?key=" + client_secret)}};
  }
  [[nodiscard]] json user_file() const {
    return {{"type", "authorized_user"},
            {"client_id", "id"},
            {"client_secret", client_secret},
            {"refresh_token", refresh_token},
            {"token_uri", server.url("/token?key=" + client_secret)}};
  }
  [[nodiscard]] json external_file(bool impersonates) {
    json file = {{"type", "external_account"},
                 {"audience", "//iam"},
                 {"subject_token_type", "jwt"},
                 {"token_url", server.url("/sts")},
                 {"credential_source", {{"file", write_file("subject", subject_token)}}}};
    if (impersonates) file["service_account_impersonation_url"] = server.url("/other");
    return file;
  }
};

TEST_F(CredentialsSecrecyTest, bad_files_are_named_with_the_member_that_is_wrong) {
  const auto without = [](json file, const std::string& pointer) {
    file.erase(pointer);
    return file.dump();
  };
  const auto with = [](json file, const std::string& pointer, const json& value) {
    file[json::json_pointer(pointer)] = value;
    return file.dump();
  };
  const auto elliptic = testing::make_test_key(testing::KeyKind::elliptic).private_pem;
  const auto user = user_file();
  const auto service = service_file();
  const auto external = external_file(true);
  struct Case {
    std::string text;
    std::string named;
  };
  const Case cases[] = {
      {"", "no JSON object"},
      {"not JSON " + refresh_token, "no JSON object"},
      {"[\"" + refresh_token + "\"]", "no JSON object"},
      {user.dump().substr(0, 90), "no JSON object"},
      {without(user, "type"), "member type"},
      {with(user, "/type", 7), "member type"},
      {with(user, "/type", "gdch_service_account"), "is of type gdch_service_account"},
      {with(user, "/type", refresh_token), "is of type (no word)"},
      {without(user, "client_id"), "member client_id"},
      {without(user, "client_secret"), "member client_secret"},
      {without(user, "refresh_token"), "member refresh_token"},
      {with(user, "/refresh_token", ""), "member refresh_token"},
      {with(user, "/refresh_token", json{{"is", refresh_token}}), "member refresh_token"},
      {with(user, "/token_uri", "http://example.com/" + client_secret), "member token_uri"},
      {with(user, "/token_uri", "https://me:" + client_secret + "@host/"), "member token_uri"},
      {with(user, "/token_uri", "http://127.0.0.1.example.com/"), "member token_uri"},
      {with(user, "/token_uri", client_secret), "member token_uri"},
      {without(service, "client_email"), "member client_email"},
      {without(service, "private_key"), "member private_key"},
      {with(service, "/private_key", private_pem.substr(0, 500)), "member private_key"},
      {with(service, "/private_key", private_pem.substr(40)), "member private_key"},
      {with(service, "/private_key", elliptic), "member private_key"},
      {with(service, "/private_key", refresh_token), "member private_key"},
      {without(external, "audience"), "member audience"},
      {without(external, "subject_token_type"), "member subject_token_type"},
      {without(external, "token_url"), "member token_url"},
      {without(external, "credential_source"), "member credential_source"},
      {with(external, "/credential_source/file", 7), "member credential_source.file"},
      {with(external, "/credential_source/format/type", "xml"),
       "member credential_source.format.type"},
      {with(external, "/credential_source/format/type", "json"),
       "member credential_source.format.subject_token_field_name"},
      {with(external, "/credential_source", json{{"url", "http://x/" + client_secret}}),
       "only credential_source.file is supported"},
      {with(external, "/credential_source", json{{"environment_id", "aws1"}}),
       "only credential_source.file is supported"},
      {with(external, "/credential_source", json{{"executable", {{"command", "x"}}}}),
       "only credential_source.file is supported"},
      {with(external, "/service_account_impersonation_url", "x"),
       "member service_account_impersonation_url"},
      {with(external, "/service_account_impersonation/token_lifetime_seconds", 1),
       "member service_account_impersonation.token_lifetime_seconds"},
      {with(external, "/service_account_impersonation/token_lifetime_seconds", "3600"),
       "member service_account_impersonation.token_lifetime_seconds"},
  };
  for (const auto& [text, named] : cases) {
    const auto loaded = load(text);
    ASSERT_FALSE(loaded.ok()) << named;
    const auto error = loaded.error().describe();
    EXPECT_NE(error.find(named), std::string::npos) << error << " instead of " << named;
    EXPECT_NE(error.find("credentials.json"), std::string::npos) << error;
    EXPECT_FALSE(loaded.error().retryable());
    for (const auto& secret : {refresh_token, client_secret, private_pem, elliptic})
      EXPECT_FALSE(tells(error, secret)) << error;
  }
}

TEST_F(CredentialsSecrecyTest, files_that_cannot_be_read_are_named) {
  GoogleCredentialsSettings settings;
  settings.named_file = (scratch.path() / "absent.json").string();
  const auto absent = load_google_credentials(settings, parts);
  ASSERT_FALSE(absent.ok());
  EXPECT_NE(absent.error().describe().find("absent.json"), std::string::npos);
  settings.named_file = scratch.path().string();  // a directory
  EXPECT_EQ(load_google_credentials(settings, parts).error().code(), ErrorCode::io);
  settings.named_file = write_file("large.json", std::string((1 << 20) + 1, ' '));
  EXPECT_EQ(load_google_credentials(settings, parts).error().code(), ErrorCode::io);
}

TEST_F(CredentialsSecrecyTest, bad_subject_files_are_named) {
  auto file = external_file(false);
  const auto path = write_file("subject", "");
  const auto expect_named = [&](const std::string& text) {
    write_file("subject", text);
    const auto token = fetch_from(load(file.dump()));
    ASSERT_FALSE(token.ok());
    EXPECT_NE(token.error().describe().find(path), std::string::npos);
    EXPECT_FALSE(tells(token.error().describe(), subject_token));
  };
  expect_named("");
  expect_named(" \n");
  file["credential_source"]["format"] = {{"type", "json"}, {"subject_token_field_name", "t"}};
  expect_named(subject_token);
  expect_named(json{{"u", subject_token}}.dump());
  expect_named(json{{"t", json::array({subject_token})}}.dump());
  file["credential_source"]["file"] = path + ".absent";
  expect_named(subject_token);
  EXPECT_TRUE(server.requests().empty());
}

// The server knows every secret that it is sent, and throws all of it back.
TEST_F(CredentialsSecrecyTest, an_echoing_server_leaks_nothing) {
  struct Case {
    json file;
    std::string failing;  // the target that is refused; the others give a token
  };
  const std::string granted = "ya29.GrantedAccessToken";
  const Case cases[] = {{service_file(), "/token"},
                        {user_file(), "/token"},
                        {external_file(false), "/sts"},
                        {external_file(true), "/other"}};
  enum class Echo { raw, description, error, object, form_field };
  for (const auto& [file, failing] : cases) {
    for (const auto echo :
         {Echo::raw, Echo::description, Echo::error, Echo::object, Echo::form_field}) {
      std::vector<std::string> secrets = {refresh_token, client_secret, subject_token, private_pem,
                                          granted};
      HttpServer echoing(
          io.get_executor(), [&, failing = failing](const HttpServerRequest& request) {
            HttpServerAnswer said;
            if (!request.target.starts_with(failing)) {
              said.body = json{{"access_token", granted}, {"expires_in", 3600}}.dump();
              return said;
            }
            auto text = percent_decode(request.body) + request.header("authorization");
            const std::string_view assertion = "assertion=";
            const auto found = text.find(assertion);
            if (found != std::string::npos)
              secrets.push_back(text.substr(found + assertion.size()));
            said.status = 400;
            said.body = text;
            if (echo == Echo::form_field) text = request.body + request.header("authorization");
            if (echo == Echo::description || echo == Echo::form_field) {
              said.body = json{{"error", "invalid"}, {"error_description", text}}.dump();
            }
            if (echo == Echo::error) said.body = json{{"error", text}}.dump();
            if (echo == Echo::object) said.body = json{{"error", {{"message", text}}}}.dump();
            return said;
          });
      auto redirected = file;
      for (const char* member : {"token_uri", "token_url", "service_account_impersonation_url"}) {
        if (!redirected.contains(member)) continue;
        auto url = redirected[member].get<std::string>();
        url.replace(0, server.url().size(), echoing.url());
        redirected[member] = url;
      }
      auto fetcher = load(redirected.dump());
      ASSERT_TRUE(fetcher.ok()) << fetcher.error().describe();
      testing::RecordingLogger logger;
      testing::SeededRandom random;
      TokenCache cache(io.get_executor(), *std::move(fetcher), clock, random, logger);
      const auto token = testing::pump(io, cache.token());
      ASSERT_FALSE(token.ok());
      auto shown = token.error().describe() + cache.describe();
      for (const auto& line : logger.lines())
        shown += line.message + line.fields;
      EXPECT_NE(shown.find("status 400"), std::string::npos) << shown;
      for (const auto& secret : secrets)
        EXPECT_FALSE(tells(shown, secret)) << shown;
      bool closed = false;
      boost::asio::co_spawn(io, cache.close(), [&](const std::exception_ptr&) { closed = true; });
      EXPECT_TRUE(testing::pump_until(io, [&] { return closed; }));
    }
  }
}

}  // namespace
}  // namespace objectstore::net_test
