#include "net/service_account.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "net/rs256.h"
#include "net/token_server.h"

namespace objectstore {

namespace {

constexpr std::chrono::seconds assertion_lifetime{3600};  // the longest that Google takes

class ServiceAccount final : public TokenFetcher {
 public:
  struct Account {
    std::string email;
    std::string key_id;
    std::string token_uri;
    std::string scope;
  };
  ServiceAccount(Account account, Rs256Key key, TokenParts parts)
      : account_(std::move(account)), key_(std::move(key)), parts_(parts) {}

  [[nodiscard]] Task<Result<AccessToken>> fetch() override {
    auto assertion = make_assertion();
    if (!assertion) {
      co_return Error(ErrorCode::internal, "signing with the key of " + account_.email + " failed");
    }
    auto request = make_form_post(
        account_.token_uri,
        {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", *assertion}});
    const auto server = "token server " + origin_of(account_.token_uri);
    std::vector<std::string> secrets;
    secrets.push_back(std::move(*assertion));
    CO_TRY_ASSIGN(const auto body, co_await ask_token_server(parts_, server, std::move(request),
                                                             std::move(secrets)));
    co_return parse_token_response(body, server);
  }

  [[nodiscard]] std::string describe() const override {
    return "service account " + account_.email;
  }

 private:
  [[nodiscard]] std::optional<std::string> make_assertion() const {
    using nlohmann::json;
    const auto now = std::chrono::floor<std::chrono::seconds>(parts_.clock.now());
    json header = {{"alg", "RS256"}, {"typ", "JWT"}};
    if (!account_.key_id.empty()) header["kid"] = account_.key_id;
    const json claims = {{"iss", account_.email},
                         {"scope", account_.scope},
                         {"aud", account_.token_uri},
                         {"iat", now.time_since_epoch().count()},
                         {"exp", (now + assertion_lifetime).time_since_epoch().count()}};
    return key_.sign_jwt(header.dump(), claims.dump());
  }

  Account account_;
  Rs256Key key_;
  TokenParts parts_;
};

}  // namespace

Result<std::unique_ptr<TokenFetcher>> make_service_account(const CredentialsFile& file,
                                                           std::string scope, TokenParts parts) {
  ServiceAccount::Account account;
  TRY_ASSIGN(account.email, file.text("client_email"));
  TRY_ASSIGN(account.key_id, file.text_or("private_key_id", ""));
  TRY_ASSIGN(account.token_uri, file.url_or("token_uri", "https://oauth2.googleapis.com/token"));
  account.scope = std::move(scope);
  TRY_ASSIGN(const auto pem, file.text("private_key"));
  auto key = Rs256Key::from_pem(pem);
  if (!key) return file.bad("private_key", "is no RSA private key in PEM form");
  return std::unique_ptr<TokenFetcher>(
      std::make_unique<ServiceAccount>(std::move(account), std::move(*key), parts));
}

}  // namespace objectstore
