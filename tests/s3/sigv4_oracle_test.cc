// Signatures as botocore makes them, byte by byte (sigv4_cases.py).
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "backends/s3/sigv4.h"
#include "backends/s3/urls.h"
#include "base/digests.h"

namespace objectstore {
namespace {

using nlohmann::json;

constexpr int live_cases = 500;

// By the store's own rules, from names and values in clear.
std::string url_of(const json& request) {
  S3Settings settings;
  auto base = request.at("base").get<std::string>();
  settings.bucket = "bucket";
  settings.path_style = base.ends_with("/bucket");
  if (settings.path_style) {
    base.resize(base.size() - std::string("/bucket").size());
  } else {
    base.erase(base.find("bucket."), std::string("bucket.").size());
  }
  settings.endpoint = base;
  const auto urls = S3Urls::make(settings);
  EXPECT_TRUE(urls.ok()) << urls.error().describe();
  S3Query query;
  for (const auto& pair : request.at("query")) {
    query.emplace_back(pair.at(0).get_ref<const std::string&>(),
                       pair.at(1).get_ref<const std::string&>());
  }
  return urls.ok() ? urls->object(request.at("key").get<std::string>(), query) : std::string();
}

void expect_signed_alike(const json& request) {
  SCOPED_TRACE(request.dump());
  const auto url = url_of(request);
  EXPECT_EQ(url, request.at("url"));
  HttpHeaders headers;
  for (const auto& header : request.at("headers"))
    headers.emplace_back(header.at(0), header.at(1));
  const AwsCredentials credentials = {request.at("access_key_id"), request.at("secret_access_key"),
                                      request.at("session_token")};
  const auto hash =
      hex_encode(digest_of(Digest::Kind::sha256, request.at("body").get_ref<const std::string&>()));
  const WallTime time{std::chrono::seconds(request.at("unix_time").get<std::int64_t>())};
  SigV4Signer signer(request.at("region"), "s3");
  const auto method = request.at("method").get<std::string>();
  const auto added = signer.sign({method, url, headers, hash}, credentials, time);
  EXPECT_EQ(find_header(added, "authorization"), request.at("authorization"));
  EXPECT_EQ(find_header(added, "x-amz-date"), request.at("date"));
  EXPECT_EQ(find_header(added, "x-amz-content-sha256"), request.at("content_sha256"));
}

int expect_all_signed_alike(std::istream& lines) {
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto request = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!request.is_object()) {
      ADD_FAILURE() << "no JSON: " << line;
      continue;
    }
    expect_signed_alike(request);
  }
  return count;
}

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  std::string output;
  char piece[4096];
  while (const auto size = std::fread(piece, 1, sizeof piece, pipe.get()))
    output.append(piece, size);
  return output;
}

TEST(SigV4Oracle, golden_requests_are_signed_as_botocore_signs_them) {
  std::ifstream lines(OBJECTSTORE_S3_TEST_DIRECTORY "/sigv4_golden.jsonl");
  EXPECT_GE(expect_all_signed_alike(lines), 40);
}

TEST(SigV4Oracle, generated_requests_are_signed_as_botocore_signs_them) {
  const char* python = std::getenv("OBJECTSTORE_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "OBJECTSTORE_PYTHON names no python with botocore";
  const auto seed = std::random_device()();
  std::ostringstream command;
  command << python << " " OBJECTSTORE_S3_TEST_DIRECTORY "/sigv4_cases.py " << seed << ' '
          << live_cases;
  std::printf("%d requests: %s\n", live_cases, command.str().c_str());
  std::istringstream lines(output_of(command.str()));
  EXPECT_EQ(expect_all_signed_alike(lines), live_cases);
}

}  // namespace
}  // namespace objectstore
