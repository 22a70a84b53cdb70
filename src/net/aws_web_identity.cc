#include "net/aws_web_identity.h"

#include <utility>

#include "base/trim.h"
#include "net/aws_keys.h"
#include "net/credentials_file.h"
#include "net/plain_element.h"
#include "net/token_server.h"
#include "runtime/small_file.h"

namespace objectstore {

namespace {

// Blocks.
Result<std::string> read_token(const std::string& path) {
  const auto file = "web identity token file " + path;
  TRY_ASSIGN(const auto text, read_small_file(path));
  if (!text) return Error(ErrorCode::io, file + " does not exist");
  const auto token = trimmed(*text);
  if (!is_token_text(token)) return Error(ErrorCode::io, file + " holds no token");
  return std::string(token);
}

std::string regional_endpoint(const std::string& region) {
  const std::string domain = region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
  return "https://sts." + region + domain;
}

class WebIdentity final : public AwsCredentialsFetcher {
 public:
  WebIdentity(AwsWebIdentity identity, TokenParts parts)
      : identity_(std::move(identity)), parts_(parts) {}

  [[nodiscard]] Task<Result<Expiring<AwsCredentials>>> fetch() override {
    auto read = [this] { return read_token(identity_.token_file); };
    CO_TRY_ASSIGN(auto token, co_await parts_.pool.run(std::move(read)));
    auto request =
        make_form_post(identity_.sts_endpoint + "/", {{"Action", "AssumeRoleWithWebIdentity"},
                                                      {"Version", "2011-06-15"},
                                                      {"RoleArn", identity_.role_arn},
                                                      {"RoleSessionName", identity_.session_name},
                                                      {"WebIdentityToken", token}});
    const auto server = "AWS token service " + origin_of(identity_.sts_endpoint);
    std::vector<std::string> secrets;
    secrets.push_back(std::move(token));
    CO_TRY_ASSIGN(const auto body, co_await ask_token_server(parts_, server, std::move(request),
                                                             std::move(secrets)));
    const auto text_of = [&body](std::string_view element) {
      return std::string(plain_element(body, element).value_or(""));
    };
    AwsCredentials keys{text_of("AccessKeyId"), text_of("SecretAccessKey"),
                        text_of("SessionToken")};
    const auto expiration = text_of("Expiration");
    if (expiration.empty()) {
      co_return Error(ErrorCode::unavailable, server + ": a response without Expiration");
    }
    co_return temporary_keys(std::move(keys), expiration, server, parts_.clock);
  }

  [[nodiscard]] std::string describe() const override {
    return "AWS role " + identity_.role_arn + " by " + identity_.token_file;
  }

 private:
  AwsWebIdentity identity_;
  TokenParts parts_;
};

}  // namespace

Result<std::unique_ptr<AwsCredentialsFetcher>> make_aws_web_identity(AwsWebIdentity identity,
                                                                     TokenParts parts) {
  if (identity.sts_endpoint.empty()) identity.sts_endpoint = regional_endpoint(identity.region);
  while (identity.sts_endpoint.ends_with('/'))
    identity.sts_endpoint.pop_back();
  if (!may_carry_secrets(identity.sts_endpoint)) {
    return Error(ErrorCode::invalid_argument,
                 "the endpoint of the AWS token service is no https:// URL");
  }
  return std::unique_ptr<AwsCredentialsFetcher>(
      std::make_unique<WebIdentity>(std::move(identity), parts));
}

}  // namespace objectstore
