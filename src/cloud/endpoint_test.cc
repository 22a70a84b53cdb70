#include "cloud/endpoint.h"

#include <gmock/gmock.h>

namespace objectstore {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(EndpointTest, a_url_is_taken_apart) {
  const struct {
    std::string_view text, url, prefix;
  } cases[] = {
      {"https://h", "https://h", ""},
      {"HTTP://Store_1.Example:9000/", "http://store_1.example:9000", ""},
      {"http://127.0.0.1:1/a%20b/C//", "http://127.0.0.1:1/a%20b/C", "/a%20b/C"},
      {"http://[::1]", "http://[::1]", ""},
      {"http://[::FFFF:1.2.3.4]:65535", "http://[::ffff:1.2.3.4]:65535", ""},
  };
  for (const auto& c : cases) {
    const auto endpoint = parse_endpoint(c.text);
    ASSERT_TRUE(endpoint.ok()) << endpoint.error().describe();
    EXPECT_EQ(endpoint->url(), c.url);
    EXPECT_EQ(endpoint->prefix, c.prefix);
  }
}

TEST(EndpointTest, what_can_be_asked_nothing_is_refused) {
  for (const char* text : {"",
                           "foo",
                           "not a url",
                           "ftp://x",
                           "http:/h",
                           "//h",
                           "http://",
                           "https:///p",
                           "http://a b/",
                           "http://h?x",
                           "http://h#x",
                           "http://h/p?x",
                           "http://h/a b",
                           "http://h:",
                           "http://h:0",
                           "http://h:65536",
                           "http://h:x",
                           "http://h:1:2",
                           "http://:80",
                           "http://[",
                           "http://[]",
                           "http://[::1",
                           "http://[::1]x",
                           "http://[::1]1",
                           "http://::1",
                           "http://h\\p"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint.ok()) << text;
    EXPECT_EQ(endpoint.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(endpoint.error().message(), HasSubstr('`' + std::string(text) + '`'));
  }
}

TEST(EndpointTest, credentials_are_refused_and_not_shown) {
  for (const char* text :
       {"http://user:TOPSECRET@127.0.0.1:9", "https://TOPSECRET@h", "user:TOPSECRET@h:9",
        "ftp://user:TOPSECRET@h", "http://user:TOP/TOPSECRET@h", "http://user:TOPSECRET@",
        "http://h/TOPSECRET@p", "http://user:TOPSECRET@ @h"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint.ok()) << text;
    EXPECT_THAT(endpoint.error().describe(), HasSubstr("no user name and no password"));
    EXPECT_THAT(endpoint.error().describe(), Not(HasSubstr("TOPSECRET")));
  }
}

}  // namespace
}  // namespace objectstore
