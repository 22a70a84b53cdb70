#include "backends/gcs/urls.h"

#include <gmock/gmock.h>

namespace objectstore {
namespace {

const GcsUrls urls("http://host:1/", "my bucket");

TEST(GcsUrlsTest, names_travel_as_one_component) {
  EXPECT_EQ(urls.object("u/objects/../a b?#%\xc3\xa9~"),
            "http://host:1/storage/v1/b/my%20bucket/o/"
            "u%2Fobjects%2F..%2Fa%20b%3F%23%25%C3%A9~");
  EXPECT_EQ(urls.media("a/b", "17"),
            "http://host:1/storage/v1/b/my%20bucket/o/a%2Fb?alt=media&generation=17");
  EXPECT_EQ(urls.media("a", ""), "http://host:1/storage/v1/b/my%20bucket/o/a?alt=media");
  EXPECT_EQ(urls.new_session("a&b", false),
            "http://host:1/upload/storage/v1/b/my%20bucket/o?uploadType=resumable"
            "&ifGenerationMatch=0&name=a%26b");
  EXPECT_EQ(urls.new_session("a", true),
            "http://host:1/upload/storage/v1/b/my%20bucket/o?uploadType=resumable&name=a");
  EXPECT_EQ(urls.list("a+b", "c=", 5),
            "http://host:1/storage/v1/b/my%20bucket/o?maxResults=5&startOffset=a%2Bb"
            "&pageToken=c%3D&fields=nextPageToken,items(name,size,timeCreated)");
  EXPECT_EQ(urls.xml_object("a/./b"), "http://host:1/my%20bucket/a%2F.%2Fb");
}

TEST(GcsUrlsTest, credentials_go_to_the_endpoint_alone) {
  const struct {
    std::string location;
    bool own;
  } cases[] = {
      {"http://host:1/upload/storage/v1/b/x/o?upload_id=1", true},
      {"/upload/storage/v1/b/x/o?upload_id=1", true},
      {"http://host:1/storage/v1/b/x/o/y", false},
      {"http://host:12/upload/storage", false},
      {"http://host:1@evil/upload/storage", false},
      {"http://host:1.evil/upload/storage", false},
      {"https://host:1/upload/storage", false},
      {"//evil/upload/", false},
      {"upload/storage", false},
      {"http://host:1/upload/a b", false},
      {"http://host:1/upload/a\r\nb", false},
      {"http://host:1/upload/a#b", false},
      {"", false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(!urls.session(c.location).empty(), c.own) << c.location;
  }
  EXPECT_EQ(urls.session("/upload/x"), "http://host:1/upload/x");
}

TEST(GcsUrlsTest, an_endpoint_is_a_url_without_credentials) {
  const auto good = gcs_endpoint("HTTP://Emulator:4443/base/");
  ASSERT_TRUE(good.ok()) << good.error().describe();
  EXPECT_EQ(*good, "http://emulator:4443/base");
  for (const char* text : {"foo", "not a url", "ftp://x", "http://a b/", "http://", "",
                           "http://user:TOPSECRET@127.0.0.1:9", "user:TOPSECRET@h"}) {
    const auto bad = gcs_endpoint(text);
    ASSERT_FALSE(bad.ok()) << text;
    EXPECT_EQ(bad.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(bad.error().describe(), testing::StartsWith("invalid GCS endpoint URL: `"));
    EXPECT_THAT(bad.error().describe(), testing::Not(testing::HasSubstr("TOPSECRET")));
  }
}

TEST(GcsUrlsTest, names_that_gcs_refuses_are_refused_with_a_reason) {
  const struct {
    std::string path;
    std::size_t suffix;
    std::string reason;  // empty: fine
  } cases[] = {
      {"u/objects/k", 37, ""},
      {std::string(987, 'k'), 37, ""},
      {std::string(988, 'k'), 37, "must not exceed 987 bytes"},
      {std::string(1024, 'k'), 0, ""},
      {std::string(1025, 'k'), 0, "must not exceed 1024 bytes"},
      {"u/objects/\xc3\xa9", 37, ""},
      {"u/objects/\xc3", 37, "UTF-8"},
      {"u/objects/a\nb", 37, "line breaks"},
      {"u/objects/a\rb", 37, "line breaks"},
      {".well-known/acme-challenge/x", 37, "another usecase"},
      {".well-known/acme", 37, ""},
      {"..", 0, "must not be"},
      {".", 0, "must not be"},
      {"..", 37, ""},
  };
  for (const auto& c : cases) {
    const auto checked = check_gcs_name(c.path, c.suffix);
    EXPECT_EQ(checked.ok(), c.reason.empty()) << c.path;
    if (checked.ok()) continue;
    EXPECT_EQ(checked.error().code(), ErrorCode::invalid_argument);
    EXPECT_NE(checked.error().message().find(c.reason), std::string::npos)
        << checked.error().message();
  }
}

}  // namespace
}  // namespace objectstore
