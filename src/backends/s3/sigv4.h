// AWS Signature Version 4, as S3 takes it (docs.aws.amazon.com, "Authenticating Requests (AWS
// Signature Version 4)"): in the header Authorization, with the payload's hash given.
//
// The path is signed as it stands in the URL: S3 neither normalizes nor encodes it again.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/time.h"
#include "net/aws_credentials.h"
#include "net/http_client.h"

namespace objectstore {

// Of a request without a body.
inline constexpr std::string_view empty_payload_hash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
// The body is not signed: for bodies whose hash is not known beforehand.
inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

struct RequestToSign {
  std::string_view method;  // in upper case
  // As it will be sent: path and query are percent-encoded but for letters, digits, `-._~`, and the
  // slashes of the path.
  std::string_view url;
  // All of them are signed, but for those that proxies change on the way. Without `host`, which is
  // taken from the URL, and without what signing adds.
  const HttpHeaders& headers;
  std::string_view payload_hash;  // SHA-256 in hexadecimal digits, or unsigned_payload
};

// Any thread may call.
class SigV4Signer {
 public:
  SigV4Signer(std::string region, std::string service)
      : region_(std::move(region)), service_(std::move(service)) {}

  // The headers to add: authorization, x-amz-content-sha256, x-amz-date and, with temporary
  // credentials, x-amz-security-token. The same for the same arguments.
  [[nodiscard]] HttpHeaders sign(const RequestToSign& request, const AwsCredentials& credentials,
                                 WallTime time);

 private:
  // Derived once a day for each secret.
  [[nodiscard]] std::string signing_key(const std::string& secret, const std::string& date);

  const std::string region_;
  const std::string service_;

  std::mutex mutex_;
  std::string key_secret_;  // what `key_` was derived from
  std::string key_date_;
  std::string key_;
};

}  // namespace objectstore
