#include "net/google_credentials.h"

#include <utility>

#include "net/authorized_user.h"
#include "net/credentials_file.h"
#include "net/external_account.h"
#include "net/metadata_server.h"
#include "net/service_account.h"
#include "runtime/small_file.h"

namespace objectstore {

namespace {

Result<std::unique_ptr<TokenFetcher>> make_fetcher(std::string path, std::string_view text,
                                                   const std::string& scope, TokenParts parts) {
  TRY_ASSIGN(const auto file, CredentialsFile::parse(std::move(path), text));
  TRY_ASSIGN(const auto type, file.text("type"));
  if (type == "service_account") return make_service_account(file, scope, parts);
  if (type == "authorized_user") return make_authorized_user(file, parts);
  if (type == "external_account") return make_external_account(file, scope, parts);
  // A type is a short word; what is not may be something that was put into the wrong place.
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz_";
  const bool is_word = type.size() < 40 && type.find_first_not_of(letters) == std::string::npos;
  return Error(ErrorCode::unsupported,
               "credentials file " + file.path() + " is of type " + (is_word ? type : "(no word)") +
                   "; supported are service_account, authorized_user and external_account");
}

}  // namespace

Result<std::unique_ptr<TokenFetcher>> load_google_credentials(
    const GoogleCredentialsSettings& settings, TokenParts parts) {
  if (!settings.named_file.empty()) {
    TRY_ASSIGN(const auto text, read_small_file(settings.named_file));
    if (!text) {
      return Error(ErrorCode::io, "credentials file " + settings.named_file +
                                      " (GOOGLE_APPLICATION_CREDENTIALS) does not exist");
    }
    return make_fetcher(settings.named_file, *text, settings.scope, parts);
  }
  std::string why = "GOOGLE_APPLICATION_CREDENTIALS is not set";
  if (!settings.well_known_file.empty()) {
    TRY_ASSIGN(const auto text, read_small_file(settings.well_known_file));
    if (text) return make_fetcher(settings.well_known_file, *text, settings.scope, parts);
    why += ", there is no " + settings.well_known_file;
  }
  return make_metadata_server(settings.metadata_server, why + " and no token was had elsewhere",
                              parts);
}

}  // namespace objectstore
