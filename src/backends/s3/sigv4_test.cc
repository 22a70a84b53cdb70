#include "backends/s3/sigv4.h"

#include <gtest/gtest.h>

#include "base/digests.h"

namespace objectstore {
namespace {

// docs.aws.amazon.com, "Signature Calculations for the Authorization Header: Transferring Payload
// in a Single Chunk": its examples.
const AwsCredentials example_keys = {"AKIAIOSFODNN7EXAMPLE",
                                     "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
const WallTime example_time{std::chrono::seconds(1'369'353'600)};  // 2013-05-24T00:00:00Z
constexpr std::string_view example_host = "https://examplebucket.s3.amazonaws.com";

std::string authorization(const HttpHeaders& added) {
  return std::string(find_header(added, "authorization").value_or(""));
}
std::string signature(const HttpHeaders& added) {
  const auto text = authorization(added);
  return text.substr(text.find("Signature=") + 10);
}

TEST(SigV4, signs_the_examples_of_the_documentation) {
  struct Case {
    std::string_view method;
    std::string target;
    HttpHeaders headers;
    std::string payload;
    std::string signed_headers;
    std::string signature;
  };
  const Case cases[] = {
      {"GET",
       "/test.txt",
       {{"Range", "bytes=0-9"}},
       "",
       "host;range;x-amz-content-sha256;x-amz-date",
       "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
      {"PUT",
       "/test%24file.text",
       {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
       "Welcome to Amazon S3.",
       "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
       "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
      {"GET",
       "/?lifecycle",
       {},
       "",
       "host;x-amz-content-sha256;x-amz-date",
       "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
      {"GET",
       "/?max-keys=2&prefix=J",
       {},
       "",
       "host;x-amz-content-sha256;x-amz-date",
       "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
  };
  SigV4Signer signer("us-east-1", "s3");
  for (const auto& test : cases) {
    const auto url = std::string(example_host) + test.target;
    const auto hash = hex_encode(digest_of(Digest::Kind::sha256, test.payload));
    const auto added =
        signer.sign({test.method, url, test.headers, hash}, example_keys, example_time);
    EXPECT_EQ(
        authorization(added),
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=" +
            test.signed_headers + ", Signature=" + test.signature)
        << test.target;
    EXPECT_EQ(find_header(added, "x-amz-date"), "20130524T000000Z");
    EXPECT_EQ(find_header(added, "x-amz-content-sha256"), hash);
  }
}

class SigV4Property : public ::testing::Test {
 protected:
  std::string sign(std::string_view url, const HttpHeaders& headers = {}) {
    return signature(signer_.sign({"GET", url, headers, empty_payload_hash}, example_keys, time_));
  }

  SigV4Signer signer_{"us-east-1", "s3"};
  WallTime time_ = example_time;
};

TEST_F(SigV4Property, what_the_store_sees_alike_is_signed_alike) {
  EXPECT_EQ(sign("https://h/k?b=2&a=1"), sign("https://h/k?a=1&b=2"));
  EXPECT_EQ(sign("https://h/k?uploads"), sign("https://h/k?uploads="));
  EXPECT_EQ(sign("https://H:443/k"), sign("https://h/k"));
  EXPECT_EQ(sign("http://h:80"), sign("http://h/"));
  EXPECT_EQ(sign("https://h/k", {{"A", " x   y "}}), sign("https://h/k", {{"a", "x y"}}));
  EXPECT_EQ(sign("https://h/k", {{"User-Agent", "u"}}), sign("https://h/k"));
}

TEST_F(SigV4Property, what_differs_is_signed_differently) {
  EXPECT_NE(sign("https://h/a/../k"), sign("https://h/k"));
  EXPECT_NE(sign("https://h/a//k"), sign("https://h/a/k"));
  EXPECT_NE(sign("https://h:8443/k"), sign("https://h/k"));
  EXPECT_NE(sign("https://h/k", {{"range", "bytes=0-1"}}), sign("https://h/k"));
}

TEST_F(SigV4Property, keys_change_with_the_day_and_the_secret) {
  const auto today = sign("https://h/k");
  time_ += std::chrono::hours(24);
  const auto tomorrow = sign("https://h/k");
  EXPECT_NE(today, tomorrow);
  time_ -= std::chrono::hours(24);
  EXPECT_EQ(sign("https://h/k"), today);
  const AwsCredentials others = {"AKIAIOSFODNN7EXAMPLE", "another", ""};
  const HttpHeaders none;
  const auto by_others =
      signer_.sign({"GET", "https://h/k", none, empty_payload_hash}, others, time_);
  EXPECT_NE(signature(by_others), today);
}

TEST_F(SigV4Property, temporary_credentials_carry_their_token_signed) {
  AwsCredentials temporary = example_keys;
  temporary.session_token = "token==";
  const HttpHeaders none;
  const auto added =
      signer_.sign({"GET", "https://h/k", none, empty_payload_hash}, temporary, time_);
  EXPECT_EQ(find_header(added, "x-amz-security-token"), "token==");
  EXPECT_NE(authorization(added).find(";x-amz-security-token,"), std::string::npos);
}

}  // namespace
}  // namespace objectstore
