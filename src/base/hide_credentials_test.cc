#include "base/hide_credentials.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace objectstore {
namespace {

using Cases = std::vector<std::pair<std::string, std::string>>;

TEST(HideCredentialsTest, credentials_are_cut_out_of_urls_only) {
  const Cases cases = {
      {"plain@text", "plain@text"},
      {"http://h/p@q", "http://h/p@q"},
      {"http://u@h", "http://***@h"},
      {"http://u:p@q@h/", "http://***@h/"},
      {"a://b:c@d e://f:g@h", "a://***@d e://***@h"},
      {"://", "://"},
      {"", ""},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(hide_credentials(text), expected);
}

TEST(HideCredentialsTest, nothing_before_the_last_at_sign_of_an_address_is_shown) {
  const Cases cases = {
      {"http://h:1/p", "http://h:1/p"}, {"http://u:p@h", "***@h"},  {"u:p@h:1", "***@h:1"},
      {"http://u:p/q@h", "***@h"},      {"http:/u:p@q@h", "***@h"}, {"", ""},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(hide_address_credentials(text), expected);
}

}  // namespace
}  // namespace objectstore
