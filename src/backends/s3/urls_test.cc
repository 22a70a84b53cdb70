#include "backends/s3/urls.h"

#include <gmock/gmock.h>

namespace objectstore {
namespace {

TEST(S3Urls, follow_endpoint_and_style) {
  struct Case {
    std::string endpoint, region, bucket;
    bool path_style;
    std::string object;  // of the key "k"
  };
  const Case cases[] = {
      {"", "eu-west-1", "b", false, "https://b.s3.eu-west-1.amazonaws.com/k"},
      {"", "eu-west-1", "b", true, "https://s3.eu-west-1.amazonaws.com/b/k"},
      {"", "cn-north-1", "b", false, "https://b.s3.cn-north-1.amazonaws.com.cn/k"},
      {"https://Store.Example:9000/base/", "auto", "b", false,
       "https://b.store.example:9000/base/k"},
      {"https://store.example:9000/base", "auto", "b", true, "https://store.example:9000/base/b/k"},
      {"HTTP://minio:9000", "auto", "b", false, "http://b.minio:9000/k"},
      // A host can't be had of these.
      {"http://127.0.0.1:9000", "auto", "b", false, "http://127.0.0.1:9000/b/k"},
      {"http://[::1]:9000", "auto", "b", false, "http://[::1]:9000/b/k"},
      {"http://localhost:9000", "auto", "b", false, "http://localhost:9000/b/k"},
      {"", "us-east-1", "Upper", false, "https://s3.us-east-1.amazonaws.com/Upper/k"},
      {"", "us-east-1", "a_b", false, "https://s3.us-east-1.amazonaws.com/a_b/k"},
      // No certificate covers it.
      {"", "us-east-1", "a.b", false, "https://s3.us-east-1.amazonaws.com/a.b/k"},
      {"http://store.example", "us-east-1", "a.b", false, "http://a.b.store.example/k"},
  };
  for (const auto& test : cases) {
    S3Settings settings;
    settings.endpoint = test.endpoint;
    settings.region = test.region;
    settings.bucket = test.bucket;
    settings.path_style = test.path_style;
    const auto urls = S3Urls::make(settings);
    ASSERT_TRUE(urls.ok()) << urls.error().describe();
    EXPECT_EQ(urls->object("k"), test.object);
  }
}

TEST(S3Urls, encode_all_that_is_not_unreserved) {
  S3Settings settings;
  settings.endpoint = "http://127.0.0.1";
  settings.bucket = "b";
  const auto urls = S3Urls::make(settings);
  ASSERT_TRUE(urls.ok());
  EXPECT_EQ(urls->object("a=b;c d+e%/é//../.?#~*'!&"),
            "http://127.0.0.1/b/a%3Db%3Bc%20d%2Be%25/%C3%A9//../.%3F%23~%2A%27%21%26");
  EXPECT_EQ(urls->object("k", {{"partNumber", "1"}, {"uploadId", "a/b+c="}}),
            "http://127.0.0.1/b/k?partNumber=1&uploadId=a%2Fb%2Bc%3D");
  EXPECT_EQ(urls->object("k", {{"uploads", ""}}), "http://127.0.0.1/b/k?uploads");
  EXPECT_EQ(urls->bucket({}), "http://127.0.0.1/b/");
  EXPECT_EQ(urls->bucket({{"prefix", "a b"}}), "http://127.0.0.1/b/?prefix=a%20b");
  EXPECT_EQ(urls->copy_source("a b/c"), "/b/a%20b/c");
}

TEST(S3Urls, refuse_what_can_be_no_part_of_one) {
  struct Case {
    std::string endpoint, region, bucket;
  };
  const Case cases[] = {
      {"ftp://h", "r", "b"},     {"h", "r", "b"},
      {"https://", "r", "b"},    {"https://u@h", "r", "b"},
      {"https://h?x", "r", "b"}, {"https://h/p?x", "r", "b"},
      {"https://h", "", "b"},    {"https://h", "a/b", "b"},
      {"https://h", "r", ""},    {"https://h", "r", ".."},
      {"https://h", "r", "a/b"}, {"https://h", "r", std::string(256, 'a')},
  };
  for (const auto& test : cases) {
    S3Settings settings;
    settings.endpoint = test.endpoint;
    settings.region = test.region;
    settings.bucket = test.bucket;
    const auto urls = S3Urls::make(settings);
    ASSERT_FALSE(urls.ok()) << test.endpoint << ' ' << test.bucket;
    EXPECT_EQ(urls.error().code(), ErrorCode::invalid_argument);
  }
}

TEST(S3Urls, a_password_in_an_endpoint_is_in_no_text) {
  for (const char* endpoint : {"http://user:TOPSECRET@127.0.0.1:9", "user:TOPSECRET@h"}) {
    S3Settings settings;
    settings.endpoint = endpoint;
    settings.region = "r";
    settings.bucket = "b";
    const auto urls = S3Urls::make(settings);
    ASSERT_FALSE(urls.ok());
    EXPECT_THAT(urls.error().describe(), testing::HasSubstr("invalid S3 endpoint: `***@"));
    EXPECT_THAT(urls.error().describe(), testing::Not(testing::HasSubstr("TOPSECRET")));
  }
}

}  // namespace
}  // namespace objectstore
