#include "net/authorized_user.h"

#include <utility>

#include "net/token_server.h"

namespace objectstore {

namespace {

class AuthorizedUser final : public TokenFetcher {
 public:
  struct Account {
    std::string file;
    std::string token_uri;
    std::string client_id;
    std::string client_secret;
    std::string refresh_token;
  };
  AuthorizedUser(Account account, TokenParts parts) : account_(std::move(account)), parts_(parts) {}

  [[nodiscard]] Task<Result<AccessToken>> fetch() override {
    auto request = make_form_post(account_.token_uri, {{"grant_type", "refresh_token"},
                                                       {"client_id", account_.client_id},
                                                       {"client_secret", account_.client_secret},
                                                       {"refresh_token", account_.refresh_token}});
    const auto server = "token server " + origin_of(account_.token_uri);
    std::vector<std::string> secrets;
    secrets.push_back(account_.client_secret);
    secrets.push_back(account_.refresh_token);
    CO_TRY_ASSIGN(const auto body, co_await ask_token_server(parts_, server, std::move(request),
                                                             std::move(secrets)));
    co_return parse_token_response(body, server);
  }

  [[nodiscard]] std::string describe() const override { return "the user of " + account_.file; }

 private:
  Account account_;
  TokenParts parts_;
};

}  // namespace

Result<std::unique_ptr<TokenFetcher>> make_authorized_user(const CredentialsFile& file,
                                                           TokenParts parts) {
  AuthorizedUser::Account account;
  account.file = file.path();
  TRY_ASSIGN(account.token_uri, file.url_or("token_uri", "https://oauth2.googleapis.com/token"));
  TRY_ASSIGN(account.client_id, file.text("client_id"));
  TRY_ASSIGN(account.client_secret, file.text("client_secret"));
  TRY_ASSIGN(account.refresh_token, file.text("refresh_token"));
  return std::unique_ptr<TokenFetcher>(std::make_unique<AuthorizedUser>(std::move(account), parts));
}

}  // namespace objectstore
