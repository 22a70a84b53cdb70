#include "net/aws_local_servers.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/percent.h"
#include "base/trim.h"
#include "net/aws_keys.h"
#include "net/credentials_file.h"
#include "net/token_server.h"
#include "runtime/small_file.h"

namespace objectstore {

namespace {

using Keys = Expiring<AwsCredentials>;

// Both servers answer with the same document.
Result<Keys> parse_keys(std::string_view body, const std::string& server, const Clock& clock) {
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  const auto text_of = [&](const char* member) {
    const auto found = json.is_object() ? json.find(member) : json.end();
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto code = text_of("Code");
  if (!code.empty() && code != "Success") {
    return Error(ErrorCode::unavailable, server + ": an answer other than Success");
  }
  return temporary_keys(
      AwsCredentials{text_of("AccessKeyId"), text_of("SecretAccessKey"), text_of("Token")},
      text_of("Expiration"), server, clock);
}

class InstanceMetadata final : public AwsCredentialsFetcher {
 public:
  InstanceMetadata(std::string address, std::string why, TokenParts parts)
      : address_(std::move(address)), why_(std::move(why)), parts_(parts) {}

  [[nodiscard]] Task<Result<Keys>> fetch() override {
    auto keys = co_await ask();
    if (!keys.ok()) co_return std::move(keys).error().wrap(why_);
    co_return std::move(keys);
  }
  [[nodiscard]] std::string describe() const override {
    return "AWS instance metadata " + address_;
  }

 private:
  [[nodiscard]] Task<Result<Keys>> ask() {
    HttpRequest session;
    session.method = "PUT";
    session.url = address_ + "/latest/api/token";
    session.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}};
    std::vector<std::string> nothing;
    CO_TRY_ASSIGN(auto token, co_await ask_token_server(parts_, describe(), std::move(session),
                                                        std::move(nothing)));
    if (!is_token_text(token)) {
      co_return Error(ErrorCode::unavailable, describe() + ": a session token that is none");
    }
    const std::string roles = "/latest/meta-data/iam/security-credentials/";
    CO_TRY_ASSIGN(auto role, co_await get(roles, token));
    role.erase(std::min(role.find_first_of("\r\n"), role.size()));
    if (!is_token_text(role)) {
      co_return Error(ErrorCode::unavailable, describe() + ": the instance has no role");
    }
    auto path = roles + percent_encode(role, percent_plain::unreserved);
    CO_TRY_ASSIGN(const auto body, co_await get(std::move(path), std::move(token)));
    co_return parse_keys(body, describe(), parts_.clock);
  }
  [[nodiscard]] Task<Result<std::string>> get(std::string path, std::string token) {
    HttpRequest request;
    request.url = address_ + path;
    request.headers = {{"X-aws-ec2-metadata-token", token}};
    std::vector<std::string> secrets;
    secrets.push_back(std::move(token));
    auto body =
        co_await ask_token_server(parts_, describe(), std::move(request), std::move(secrets));
    co_return std::move(body);
  }

  std::string address_;
  std::string why_;
  TokenParts parts_;
};

// Blocks.
Result<std::string> read_authorization(const AwsContainer& container) {
  if (container.token_file.empty()) return container.token;
  const auto file = "container token file " + container.token_file;
  TRY_ASSIGN(const auto text, read_small_file(container.token_file));
  if (!text) return Error(ErrorCode::io, file + " does not exist");
  return std::string(trimmed(*text));
}

class Container final : public AwsCredentialsFetcher {
 public:
  Container(AwsContainer container, TokenParts parts)
      : container_(std::move(container)), parts_(parts) {}

  [[nodiscard]] Task<Result<Keys>> fetch() override {
    auto read = [this] { return read_authorization(container_); };
    CO_TRY_ASSIGN(auto authorization, co_await parts_.pool.run(std::move(read)));
    HttpRequest request;
    request.url = container_.full_uri;
    if (!authorization.empty()) request.headers = {{"Authorization", authorization}};
    std::vector<std::string> secrets;
    secrets.push_back(std::move(authorization));
    CO_TRY_ASSIGN(const auto body, co_await ask_token_server(parts_, describe(), std::move(request),
                                                             std::move(secrets)));
    co_return parse_keys(body, describe(), parts_.clock);
  }
  [[nodiscard]] std::string describe() const override {
    return "AWS container credentials " + origin_of(container_.full_uri);
  }

 private:
  AwsContainer container_;
  TokenParts parts_;
};

}  // namespace

std::unique_ptr<AwsCredentialsFetcher> make_aws_instance_metadata(std::string address,
                                                                  std::string why,
                                                                  TokenParts parts) {
  return std::make_unique<InstanceMetadata>(std::move(address), std::move(why), parts);
}

Result<std::unique_ptr<AwsCredentialsFetcher>> make_aws_container(AwsContainer container,
                                                                  TokenParts parts) {
  const std::string amazon = "http://169.254.170.2";  // of ECS
  if (container.full_uri.empty()) container.full_uri = amazon + container.relative_uri;
  const auto origin = origin_of(container.full_uri);
  const bool of_aws = origin == amazon || origin == "http://169.254.170.23" ||  // of EKS
                      origin == "http://[fd00:ec2::23]";
  if (!of_aws && !may_carry_secrets(container.full_uri)) {
    return Error(ErrorCode::invalid_argument,
                 "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither an https:// URL nor a host that "
                 "AWS has for it");
  }
  return std::unique_ptr<AwsCredentialsFetcher>(
      std::make_unique<Container>(std::move(container), parts));
}

}  // namespace objectstore
