#include "auth/credential.h"

#include <gtest/gtest.h>

namespace objectstore {
namespace {

// What is chosen, as a text: "signed", "token T", or the outermost cause of the refusal.
std::string chosen(std::optional<std::string_view> x_os_auth,
                   std::optional<std::string_view> authorization, std::string_view query) {
  const PresentedCredential shown{"GET", "/v1/objects/u/_/k", query, x_os_auth, authorization};
  const auto choice = choose_credential(shown);
  if (const auto* failure = std::get_if<AuthFailure>(&choice)) {
    EXPECT_EQ(failure->kind, AuthFailureKind::bad_request);
    return failure->causes.front();
  }
  const auto& credential = std::get<0>(choice);
  if (const auto* token = std::get_if<Token>(&credential)) return "token " + token->text;
  return "signed";
}

TEST(Credential, the_first_place_that_counts_wins) {
  constexpr std::nullopt_t absent = std::nullopt;
  const std::string none = "bad request: No authorization token provided";
  const std::string twice = "bad request: invalid query string";
  struct Case {
    std::optional<std::string_view> x_os_auth;
    std::optional<std::string_view> authorization;
    std::string_view query;
    std::string expected;
  };
  const Case cases[] = {
      {absent, absent, "", none},
      {absent, absent, "a=b&&c", none},
      // headers
      {"Bearer x", absent, "", "token x"},
      {absent, "Bearer a", "", "token a"},
      {"Bearer x", "Bearer a", "os_auth=q", "token x"},
      {absent, "Bearer a", "os_auth=q", "token a"},
      {absent, "bearer a", "", "token a"},
      {absent, "BEARER a", "", "token a"},
      {absent, "Bearer  a ", "", "token  a "},
      {absent, "Bearer ", "os_auth=q", "token "},
      {absent, "Bearer", "", none},
      {absent, "Bearer", "os_auth=q", "token q"},
      {absent, "Basic a", "", none},
      {absent, "Basic a", "os_auth=q", "token q"},
      {absent, "a.b.c", "", none},
      {absent, "", "", none},
      // a present x-os-auth hides authorization, but not the query
      {"x", "Bearer a", "", none},
      {"", "Bearer a", "", none},
      {"x", "Bearer a", "os_auth=q", "token q"},
      // query
      {absent, absent, "os_auth=a.b.c", "token a.b.c"},
      {absent, absent, "x=1&os_auth=a.b.c&y", "token a.b.c"},
      {absent, absent, "os_auth=a%2Eb+c", "token a.b c"},
      {absent, absent, "os%5Fauth=q", "token q"},
      {absent, absent, "os_auth=a=b", "token a=b"},
      {absent, absent, "os_auth=", "token "},
      {absent, absent, "os_auth", "token "},
      {absent, absent, "OS_AUTH=q", none},
      {absent, absent, "os_auth=a&os_auth=a", twice},
      {absent, absent, "os_auth=a&os%5fauth=b", twice},
      {absent, absent, "os_auth=Bearer+q", "token Bearer q"},
      {absent, "Bearer a", "os_auth=q&os_auth=q", "token a"},
      // a signature hides all of them
      {"Bearer x", "Bearer a", "os_sig=s", "signed"},
      {absent, absent, "os_sig", "signed"},
      {absent, absent, "os_sig=", "signed"},
      {absent, absent, "os_auth=q&os_sig=s", "signed"},
      {absent, absent, "os_auth=q&os_auth=q&os_sig=s&os_sig=s", "signed"},
      {absent, "Bearer a", "OS_SIG=s", "token a"},
      {absent, "Bearer a", "os%5Fsig=s", "token a"},
      {absent, "Bearer a", "os_sig2=s", "token a"},
      {absent, "Bearer a", "x=os_sig", "token a"},
  };
  for (const auto& row : cases) {
    EXPECT_EQ(chosen(row.x_os_auth, row.authorization, row.query), row.expected)
        << row.x_os_auth.value_or("-") << " | " << row.authorization.value_or("-") << " | "
        << row.query;
  }
}

}  // namespace
}  // namespace objectstore
