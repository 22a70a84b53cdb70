#include "net/aws_credentials.h"

#include "net/credentials_test_support.h"
#include "net/plain_element.h"
#include "testing/recording_logger.h"
#include "testing/seeded_random.h"

namespace objectstore::net_test {
namespace {

using namespace std::chrono_literals;

class AwsCredentialsTest : public CredentialsTest {
 protected:
  AwsCredentialsTest() { settings.metadata_server = local.url(); }
  ~AwsCredentialsTest() override { end(); }

  void end() {
    if (!source) return;
    const auto close = [](AwsCredentialsSource& closed) -> Task<bool> {
      co_await closed.close();
      co_return true;
    };
    EXPECT_TRUE(testing::pump(io, close(*source)));
    source.reset();
  }
  // "id/secret/token" of the source that the settings name, or the error.
  std::string keys() {
    end();
    auto loaded = load_aws_credentials(settings, parts, io.get_executor(), random, logger);
    if (!loaded.ok()) return describe(loaded.error());
    source = *std::move(loaded);
    return next_keys();
  }
  std::string next_keys() {
    const auto got = testing::pump(io, source->get());
    if (!got.ok()) return describe(got.error());
    return got->access_key_id + "/" + got->secret_access_key + "/" + got->session_token;
  }
  static std::string describe(const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.describe();
  }
  [[nodiscard]] static std::string expiration(Duration from_now) {
    // The clock begins at 2025-06-15T15:06:40Z.
    const std::chrono::hh_mm_ss at(15h + 6min + 40s + from_now);
    char text[32];
    std::snprintf(text, sizeof text, "2025-06-15T%02d:%02d:%02dZ",
                  static_cast<int>(at.hours().count()), static_cast<int>(at.minutes().count()),
                  static_cast<int>(at.seconds().count()));
    return text;
  }
  // What containers and instances answer.
  [[nodiscard]] std::string keys_json() const {
    return json{{"Code", "Success"},
                {"AccessKeyId", "ASIA" + std::to_string(local.requests().size())},
                {"SecretAccessKey", secret},
                {"Token", session_token},
                {"Expiration", expires}}
        .dump();
  }
  [[nodiscard]] std::string sts_xml() const {
    return "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
           "<AssumeRoleWithWebIdentityResult><Audience>a</Audience>"
           "<Credentials><SessionToken>" +
           session_token + "</SessionToken><SecretAccessKey>" + secret +
           "</SecretAccessKey><Expiration>" + expires +
           "</Expiration><AccessKeyId>ASIA</AccessKeyId></Credentials>"
           "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";
  }
  HttpServerAnswer answer_locally(const HttpServerRequest& request) {
    HttpServerAnswer said;
    const std::string roles = "/latest/meta-data/iam/security-credentials/";
    if (request.target == "/latest/api/token" && request.method == "PUT") {
      EXPECT_EQ(request.header("x-aws-ec2-metadata-token-ttl-seconds"), "21600");
      said.body = metadata_token;
    } else if (request.target == roles) {
      EXPECT_EQ(request.header("x-aws-ec2-metadata-token"), metadata_token);
      said.body = "my+role\nsecond";
    } else if (request.target == roles + "my%2Brole" || request.target == "/container") {
      said.body = keys_json();
    } else if (request.target == "/") {
      said.body = sts_xml();
    } else {
      said.status = 404;
    }
    return override_ ? override_(request, said) : said;
  }
  void use_web_identity() {
    settings.web_identity_token_file = write_file("identity", identity_token + "\n");
    settings.role_arn = "arn:aws:iam::1:role/x";
    settings.sts_endpoint = local.url();
  }
  void use_container() {
    settings.container_full_uri = local.url("/container");
    settings.container_token_file = write_file("authorization", container_token + "\n");
  }

  const std::string secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  const std::string session_token = "IQoJb3JpZ2luX2Vj+/uT5rKd81q==";
  const std::string metadata_token = "AQAEAHn3kqYtz0JxVb==";
  const std::string identity_token = "eyJhbGciOiJSUzI1NiJ9.aWRlbnRpdHk.c2ln";
  const std::string container_token = "Bearer-x7Qk29vLzP0sWm";
  std::string expires = expiration(1h);

  std::function<HttpServerAnswer(const HttpServerRequest&, HttpServerAnswer)> override_;
  HttpServer local{io.get_executor(),
                   [this](const HttpServerRequest& request) { return answer_locally(request); }};
  testing::SeededRandom random;
  testing::RecordingLogger logger;
  AwsCredentialsSettings settings;
  std::unique_ptr<AwsCredentialsSource> source;
};

TEST_F(AwsCredentialsTest, who_is_named_first_counts) {
  EXPECT_EQ(keys(), "ASIA3/" + secret + "/" + session_token);  // the instance
  EXPECT_NE(source->describe().find("instance metadata"), std::string::npos);
  use_container();
  EXPECT_EQ(keys(), "ASIA4/" + secret + "/" + session_token);
  EXPECT_EQ(local.requests().back().header("authorization"), container_token);
  settings.config_file = write_file("config",
                                    "[profile default]\naws_access_key_id=AKIAC\n"
                                    "aws_secret_access_key=c\n");
  EXPECT_EQ(keys(), "AKIAC/c/");
  settings.credentials_file = write_file("credentials",
                                         "[default]\naws_access_key_id=AKIAP\n"
                                         "aws_secret_access_key=p\naws_session_token=pt\n");
  EXPECT_EQ(keys(), "AKIAP/p/pt");
  use_web_identity();
  EXPECT_EQ(keys(), "ASIA/" + secret + "/" + session_token);
  settings.environment = {"AKIAE", "e", "et"};
  EXPECT_EQ(keys(), "AKIAE/e/et");
  EXPECT_FALSE(source->refresh());
  settings.keys = {"AKIAK", "k", ""};
  EXPECT_EQ(keys(), "AKIAK/k/");
  EXPECT_FALSE(source->refresh());
  settings.keys.secret_access_key.clear();
  settings.secret_file = write_file("secret", " " + secret + "\n");
  EXPECT_EQ(keys(), "AKIAK/" + secret + "/");
}

TEST_F(AwsCredentialsTest, a_role_is_asked_for_with_the_token_of_the_file) {
  use_web_identity();
  EXPECT_EQ(keys(), "ASIA/" + secret + "/" + session_token);
  const auto& request = local.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
            "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx&RoleSessionName=objectstore"
            "&WebIdentityToken=" +
                identity_token);
}

TEST_F(AwsCredentialsTest, temporary_keys_are_fetched_anew_ahead_of_time) {
  EXPECT_EQ(keys(), "ASIA3/" + secret + "/" + session_token);
  expires = expiration(2h);
  testing::run_for(io, clock, 55min - 1s);
  EXPECT_EQ(local.requests().size(), 3U);
  clock.advance(1s);
  ASSERT_TRUE(testing::pump_until(io, [&] { return local.requests().size() == 6; }));
  EXPECT_TRUE(testing::pump_until(io, [&] { return next_keys().starts_with("ASIA6/"); }));
}

TEST_F(AwsCredentialsTest, refused_keys_are_replaced_by_one_refresh_for_all) {
  EXPECT_EQ(keys(), "ASIA3/" + secret + "/" + session_token);
  EXPECT_TRUE(source->refresh());
  EXPECT_EQ(next_keys(), "ASIA3/" + secret + "/" + session_token);  // those just fetched
  testing::run_for(io, clock, 1min);
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(source->refresh());
  EXPECT_EQ(next_keys(), "ASIA6/" + secret + "/" + session_token);
  EXPECT_EQ(local.requests().size(), 6U);
}

TEST_F(AwsCredentialsTest, files_are_read_again_when_their_keys_were_refused) {
  const auto write = [&](const std::string& id) {
    settings.credentials_file =
        write_file("credentials", "[p]\naws_access_key_id=" + id + "\naws_secret_access_key=s\n");
  };
  write("AKIA1");
  settings.profile = "p";
  EXPECT_EQ(keys(), "AKIA1/s/");
  write("AKIA2");
  testing::run_for(io, clock, 24h * 365);
  EXPECT_EQ(next_keys(), "AKIA1/s/");
  EXPECT_TRUE(source->refresh());
  EXPECT_EQ(next_keys(), "AKIA2/s/");
}

TEST_F(AwsCredentialsTest, the_start_waits_for_several_tries) {
  use_container();
  override_ = [&](const HttpServerRequest&, HttpServerAnswer said) {
    said.status = local.requests().size() < 3 ? 503 : 200;
    return said;
  };
  auto loaded = load_aws_credentials(settings, parts, io.get_executor(), random, logger);
  ASSERT_TRUE(loaded.ok());
  source = *std::move(loaded);
  testing::Pumped starting(io, source->wait_for_first(5));
  for (std::size_t tries = 1; tries < 3; ++tries) {
    ASSERT_TRUE(testing::pump_until(io, [&] { return logger.lines().size() == tries; }));
    testing::run_for(io, clock, 10s);
  }
  EXPECT_TRUE(starting.get().ok());
}

TEST_F(AwsCredentialsTest, bad_settings_are_named) {
  const auto file = [&](const std::string& text) { return write_file("file", text); };
  const auto absent = (scratch.path() / "absent").string();
  struct Case {
    std::function<void(AwsCredentialsSettings&)> set;
    std::string named;
  };
  const Case cases[] = {
      {[&](auto& s) { s.keys.access_key_id = "AKIA"; }, "configuration: a secret access key is mi"},
      {[&](auto& s) { s.keys.secret_access_key = secret; }, "configuration: an access key id is m"},
      {[&](auto& s) {
         s.keys = {"AKIA", secret + "\n", ""};
       },
       "the secret access key is none"},
      {[&](auto& s) {
         s.keys = {"AK IA", secret, ""};
       },
       "the access key id is none"},
      {[&](auto& s) {
         s.keys = {"AKIA", secret, "a\tb"};
       },
       "the session token is none"},
      {[&](auto& s) {
         s.keys = {"AKIA", secret, ""};
         s.secret_file = absent;
       },
       "in the configuration and in a file"},
      {[&](auto& s) {
         s.keys.access_key_id = "AKIA";
         s.secret_file = absent;
       },
       "secret file " + absent + " does not exist"},
      {[&](auto& s) { s.secret_file = file(secret); }, "/file: an access key id is missing"},
      {[&](auto& s) {
         s.keys.access_key_id = "AKIA";
         s.secret_file = file(" \n");
       },
       "/file: a secret access key is missing"},
      {[&](auto& s) { s.environment.secret_access_key = secret; },
       "environment: an access key id is missing"},
      {[&](auto& s) { s.web_identity_token_file = absent; }, "AWS_ROLE_ARN is not"},
      {[&](auto& s) {
         s.web_identity_token_file = absent;
         s.role_arn = "r";
         s.sts_endpoint = "http://example.com/" + secret;
       },
       "token service is no https:// URL"},
      {[&](auto& s) {
         s.web_identity_token_file = absent;
         s.role_arn = "r";
       },
       "token file " + absent + " does not exist"},
      {[&](auto& s) {
         s.web_identity_token_file = file("not a token");
         s.role_arn = "r";
       },
       "/file holds no token"},
      {[&](auto& s) { s.credentials_file = scratch.path().string(); }, "can't read file"},
      {[&](auto& s) { s.credentials_file = file("[default]\n" + secret); }, "line 2 of"},
      {[&](auto& s) {
         s.credentials_file = file("[x]\naws_secret_access_key=" + secret);
         s.profile = "x";
       },
       "profile x of " + (scratch.path() / "file").string() + ": an access key id is missing"},
      {[&](auto& s) {
         s.credentials_file = file("");
         s.config_file = absent;
         s.profile = "x";
       },
       "has no keys, nor has it in " + absent},
      {[&](auto& s) { s.config_file = file("[default]\nrole_arn = " + secret); },
       "takes its credentials from role_arn"},
      {[&](auto& s) { s.config_file = file("[default]\ncredential_process = " + secret); },
       "takes its credentials from credential_process"},
      {[&](auto& s) { s.container_full_uri = "http://example.com/" + secret; },
       "AWS_CONTAINER_CREDENTIALS_FULL_URI"},
      {[&](auto& s) { s.container_relative_uri = ".example.com/" + secret; },
       "AWS_CONTAINER_CREDENTIALS_FULL_URI"},
      {[&](auto& s) {
         s.container_full_uri = local.url("/container");
         s.container_token_file = absent;
       },
       "token file " + absent + " does not exist"},
      {[&](auto& s) { s.metadata_server.clear(); }, "instance metadata is disabled"},
  };
  const auto unset = settings;
  for (const auto& [set, named] : cases) {
    settings = unset;
    set(settings);
    const auto told = keys();
    EXPECT_NE(told.find(named), std::string::npos) << told << " instead of " << named;
    EXPECT_FALSE(tells(told, secret)) << told;
  }
  EXPECT_TRUE(local.requests().empty());
}

TEST_F(AwsCredentialsTest, default_profiles_without_keys_are_passed_over) {
  settings.credentials_file = write_file("credentials", "[other]\naws_access_key_id=x\n");
  settings.config_file = write_file("config", "[default]\nregion = eu-west-1\n");
  EXPECT_EQ(keys(), "ASIA3/" + secret + "/" + session_token);
}

TEST_F(AwsCredentialsTest, bad_answers_give_no_keys) {
  struct Case {
    std::string body;
    std::string told;
  };
  const auto with = [&](const char* member, const json& value) {
    auto document = json::parse(keys_json());
    document[member] = value;
    return document.dump();
  };
  const Case cases[] = {
      {"", "an access key id is missing"},
      {"<html>" + secret, "an access key id is missing"},
      {with("AccessKeyId", 7), "an access key id is missing"},
      {with("SecretAccessKey", ""), "a secret access key is missing"},
      {with("SecretAccessKey", secret + "\r\n"), "the secret access key is none"},
      {with("Token", "a b"), "the session token is none"},
      {with("Expiration", "tomorrow"), "the time of expiration is none"},
      {with("Expiration", expiration(-1s)), "is this machine's clock right?"},
      {with("Code", "AssumeRoleUnauthorizedAccess"), "an answer other than Success"},
  };
  use_container();
  for (const auto& [body, told] : cases) {
    override_ = [&said = body](const HttpServerRequest&, HttpServerAnswer answered) {
      answered.body = said;
      return answered;
    };
    const auto got = keys();
    EXPECT_TRUE(got.starts_with("unavailable: ")) << got;
    EXPECT_NE(got.find(told), std::string::npos) << got;
    EXPECT_FALSE(tells(got, secret)) << got;
  }
}

// The servers know every secret that they are sent and give, and throw all of it back.
TEST_F(AwsCredentialsTest, echoing_servers_leak_nothing) {
  enum class Who { instance, container, role };
  for (const auto who : {Who::instance, Who::container, Who::role}) {
    for (const bool as_xml : {false, true}) {
      settings = AwsCredentialsSettings();
      settings.metadata_server = local.url();
      if (who == Who::container) use_container();
      if (who == Who::role) use_web_identity();
      override_ = [&](const HttpServerRequest& request, HttpServerAnswer said) {
        if (request.target == "/latest/api/token") return said;
        auto text = percent_decode(request.body);
        for (const auto& [name, value] : request.headers)
          text += " " + value;
        said.status = 403;
        said.body = as_xml ? "<Error><Code>Denied</Code><Message>" + text + "</Message></Error>"
                           : json{{"error", "Denied"}, {"error_description", text}}.dump();
        return said;
      };
      auto shown = keys();
      shown += source->describe();
      EXPECT_NE(shown.find("status 403: Denied"), std::string::npos) << shown;
      for (const auto& line : logger.lines())
        shown += line.message + line.fields;
      for (const auto& hidden :
           {secret, session_token, metadata_token, identity_token, container_token}) {
        EXPECT_FALSE(tells(shown, hidden)) << shown;
      }
    }
  }
}

TEST(PlainElement, text_only) {
  const struct {
    std::string_view xml;
    std::optional<std::string_view> text;
  } cases[] = {
      {"<A>x</A>", "x"},
      {"<R><B>y</B><A>x</A><A>z</A></R>", "x"},
      {"<A></A>", ""},
      {"", std::nullopt},
      {"<A/>", std::nullopt},
      {"<A>x", std::nullopt},
      {"<A>x</B>", std::nullopt},
      {"<A><B>x</B></A>", std::nullopt},
      {"<A>x&amp;y</A>", std::nullopt},
      {"<A><![CDATA[x]]></A>", std::nullopt},
      {"<AA>x</AA>", std::nullopt},
  };
  for (const auto& [xml, text] : cases)
    EXPECT_EQ(plain_element(xml, "A"), text) << xml;
}

}  // namespace
}  // namespace objectstore::net_test
