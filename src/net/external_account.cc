#include "net/external_account.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/trim.h"
#include "net/rfc3339.h"
#include "net/token_server.h"
#include "runtime/small_file.h"

namespace objectstore {

namespace {

constexpr std::string_view cloud_platform = "https://www.googleapis.com/auth/cloud-platform";

struct Account {
  std::string file;
  std::string scope;
  std::string audience;
  std::string subject_token_type;
  std::string token_url;
  std::string subject_file;
  std::string subject_field;      // empty: the file is the token
  std::string impersonation_url;  // empty: none
  std::int64_t lifetime_s = 3600;
};

// Blocks.
Result<std::string> read_subject_token(const Account& account) {
  const auto bad = [&](const std::string& what) {
    return Error(ErrorCode::io, "subject token file " + account.subject_file + " " + what);
  };
  TRY_ASSIGN(const auto text, read_small_file(account.subject_file));
  if (!text) return bad("does not exist");
  if (account.subject_field.empty()) {
    const auto token = trimmed(*text);
    if (token.empty()) return bad("is empty");
    return std::string(token);
  }
  const auto json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return bad("is no JSON object");
  const auto field = json.find(account.subject_field);
  if (field == json.end() || !field->is_string() || field->get_ref<const std::string&>().empty()) {
    return bad("has no token under " + account.subject_field);
  }
  return field->get<std::string>();
}

class ExternalAccount final : public TokenFetcher {
 public:
  ExternalAccount(Account account, TokenParts parts)
      : account_(std::move(account)), parts_(parts) {}

  [[nodiscard]] Task<Result<AccessToken>> fetch() override {
    auto read = [this] { return read_subject_token(account_); };
    CO_TRY_ASSIGN(auto subject, co_await parts_.pool.run(std::move(read)));
    CO_TRY_ASSIGN(auto token, co_await exchange(std::move(subject)));
    if (account_.impersonation_url.empty()) co_return std::move(token);
    co_return co_await impersonate(std::move(token.value));
  }

  [[nodiscard]] std::string describe() const override {
    return "external account of " + account_.file;
  }

 private:
  [[nodiscard]] Task<Result<AccessToken>> exchange(std::string subject) {
    // What the token of the exchange is for is the impersonation, where there is one.
    const std::string_view scope =
        account_.impersonation_url.empty() ? account_.scope : cloud_platform;
    auto request =
        make_form_post(account_.token_url,
                       {{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                        {"audience", account_.audience},
                        {"scope", scope},
                        {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                        {"subject_token_type", account_.subject_token_type},
                        {"subject_token", subject}});
    const auto server = "token server " + origin_of(account_.token_url);
    std::vector<std::string> secrets;
    secrets.push_back(std::move(subject));
    CO_TRY_ASSIGN(const auto body, co_await ask_token_server(parts_, server, std::move(request),
                                                             std::move(secrets)));
    co_return parse_token_response(body, server);
  }

  // https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
  [[nodiscard]] Task<Result<AccessToken>> impersonate(std::string token) {
    nlohmann::json wanted;
    wanted["lifetime"] = std::to_string(account_.lifetime_s) + "s";
    for (std::string_view rest = account_.scope; !rest.empty();) {
      const auto scope = rest.substr(0, rest.find(' '));
      if (!scope.empty()) wanted["scope"].push_back(scope);
      rest.remove_prefix(std::min(rest.size(), scope.size() + 1));
    }
    HttpRequest request;
    request.method = "POST";
    request.url = account_.impersonation_url;
    request.headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}};
    request.body = SharedBytes(wanted.dump());
    const auto server = "impersonation server " + origin_of(account_.impersonation_url);
    std::vector<std::string> secrets;
    secrets.push_back(std::move(token));
    CO_TRY_ASSIGN(const auto body, co_await ask_token_server(parts_, server, std::move(request),
                                                             std::move(secrets)));
    co_return parse_impersonated(body, server);
  }

  [[nodiscard]] Result<AccessToken> parse_impersonated(std::string_view body,
                                                       const std::string& server) const {
    const auto text_of = [json = nlohmann::json::parse(body, nullptr, false)](const char* member) {
      const bool there = json.is_object() && json.contains(member) && json[member].is_string();
      return there ? json[member].get<std::string>() : std::string();
    };
    AccessToken token{text_of("accessToken"), Duration()};
    if (!is_token_text(token.value)) {
      return Error(ErrorCode::unavailable, server + ": a response without accessToken");
    }
    const auto expiry = parse_rfc3339(text_of("expireTime"));
    if (!expiry) return Error(ErrorCode::unavailable, server + ": a response without expireTime");
    token.lifetime = *expiry - parts_.clock.now();
    if (token.lifetime <= Duration()) {
      return Error(ErrorCode::unavailable,
                   server + ": a token that has expired already; is this machine's clock right?");
    }
    return token;
  }

  Account account_;
  TokenParts parts_;
};

Result<void> read_source(const CredentialsFile& file, Account& account) {
  if (!file.has("credential_source.file")) {
    if (!file.has("credential_source")) return file.bad("credential_source", "is missing");
    return Error(ErrorCode::unsupported,
                 "credentials file " + file.path() +
                     " takes its subject token from something other than a file; only "
                     "credential_source.file is supported");
  }
  TRY_ASSIGN(account.subject_file, file.text("credential_source.file"));
  TRY_ASSIGN(const auto format, file.text_or("credential_source.format.type", "text"));
  if (format == "json") {
    TRY_ASSIGN(account.subject_field,
               file.text("credential_source.format.subject_token_field_name"));
  } else if (format != "text") {
    return file.bad("credential_source.format.type", "is neither text nor json");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<TokenFetcher>> make_external_account(const CredentialsFile& file,
                                                            std::string scope, TokenParts parts) {
  Account account;
  account.file = file.path();
  account.scope = std::move(scope);
  TRY(read_source(file, account));
  TRY_ASSIGN(account.audience, file.text("audience"));
  TRY_ASSIGN(account.subject_token_type, file.text("subject_token_type"));
  TRY_ASSIGN(account.token_url, file.url("token_url"));
  TRY_ASSIGN(account.impersonation_url, file.url_or("service_account_impersonation_url", ""));
  constexpr std::string_view lifetime = "service_account_impersonation.token_lifetime_seconds";
  TRY_ASSIGN(account.lifetime_s, file.number_or(lifetime, account.lifetime_s));
  if (account.lifetime_s < 600 || account.lifetime_s > 43'200) {
    return file.bad(lifetime, "is not from 600 to 43200");
  }
  return std::unique_ptr<TokenFetcher>(
      std::make_unique<ExternalAccount>(std::move(account), parts));
}

}  // namespace objectstore
