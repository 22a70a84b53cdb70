// Credentials files and a token server of a test's own.
#pragma once

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "base/percent.h"
#include "net/google_credentials.h"
#include "net/http_client_test_support.h"
#include "runtime/blocking_pool.h"
#include "testing/scratch_directory.h"

namespace objectstore::net_test {

// Whether a secret leaks: any eight letters of it in a row do.
[[nodiscard]] inline bool tells(const std::string& text, const std::string& secret) {
  for (std::size_t at = 0; at + 8 <= secret.size(); ++at) {
    if (text.find(secret.substr(at, 8)) != std::string::npos) return true;
  }
  return false;
}

class CredentialsTest : public HttpTest {
 protected:
  using json = nlohmann::json;

  std::string write_file(const std::string& name, const std::string& text) {
    const auto path = scratch.path() / name;
    std::ofstream(path) << text;
    return path.string();
  }
  // Of a file named as GOOGLE_APPLICATION_CREDENTIALS names it.
  [[nodiscard]] Result<std::unique_ptr<TokenFetcher>> load(const std::string& text) {
    GoogleCredentialsSettings settings;
    settings.named_file = write_file("credentials.json", text);
    settings.scope = "https://scope/a https://scope/b";
    return load_google_credentials(settings, parts);
  }
  [[nodiscard]] Result<AccessToken> fetch_from(Result<std::unique_ptr<TokenFetcher>> fetcher) {
    if (!fetcher.ok()) return fetcher.error();
    return testing::pump(io, (*fetcher)->fetch());
  }
  // The fields of the form that request `index` brought.
  [[nodiscard]] std::map<std::string, std::string> form(std::size_t index) const {
    const auto& request = server.requests().at(index);
    EXPECT_EQ(request.header("content-type"), "application/x-www-form-urlencoded");
    std::map<std::string, std::string> fields;
    for (std::string_view rest = request.body; !rest.empty();) {
      const auto field = rest.substr(0, rest.find('&'));
      const auto equals = field.find('=');
      fields.emplace(field.substr(0, equals), percent_decode(field.substr(equals + 1)));
      rest.remove_prefix(std::min(rest.size(), field.size() + 1));
    }
    return fields;
  }

  testing::ScratchDirectory scratch;
  InlinePool pool;
  TokenParts parts{*client, clock, pool};
};

}  // namespace objectstore::net_test
