#include "backends/s3/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <vector>

#include "base/digests.h"
#include "model/text.h"

namespace objectstore {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

// What proxies and HTTP clients change or add.
constexpr std::array<std::string_view, 12> unsigned_headers = {"authorization",
                                                               "connection",
                                                               "expect",
                                                               "keep-alive",
                                                               "proxy-authenticate",
                                                               "proxy-authorization",
                                                               "te",
                                                               "trailer",
                                                               "transfer-encoding",
                                                               "upgrade",
                                                               "user-agent",
                                                               "x-amzn-trace-id"};

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower_ascii);
  return lower;
}

// 20260420T133700Z
std::string basic_time(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 32> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

struct UrlParts {
  std::string host;  // as the header Host has it
  std::string_view path;
  std::string_view query;
};

UrlParts split_url(std::string_view url) {
  UrlParts parts;
  const auto scheme = url.substr(0, url.find("://"));
  auto rest = url.substr(scheme.size() + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto host_end = rest.find_first_of("/?");
  auto host = rest.substr(0, host_end);
  const std::string_view default_port = scheme == "https" ? ":443" : ":80";
  if (host.ends_with(default_port)) host.remove_suffix(default_port.size());
  parts.host = lower_case(host);
  rest = host_end == std::string_view::npos ? std::string_view() : rest.substr(host_end);
  parts.path = rest.substr(0, rest.find('?'));
  if (parts.path.size() < rest.size()) parts.query = rest.substr(parts.path.size() + 1);
  if (parts.path.empty()) parts.path = "/";
  return parts;
}

// By encoded name, then by encoded value; a name without a value has an empty one.
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto name = pair.substr(0, pair.find('='));
    const auto value = name.size() < pair.size() ? pair.substr(name.size() + 1) : "";
    pairs.emplace_back(name, value);
  }
  std::sort(pairs.begin(), pairs.end());
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) text += '&';
    text.append(name).append("=").append(value);
  }
  return text;
}

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Without blanks around it, and one for several of them within.
void append_trimmed(std::string& out, std::string_view value) {
  bool pending = false;
  bool begun = false;
  for (const char c : value) {
    if (is_blank(c)) {
      pending = begun;
      continue;
    }
    if (pending) out += ' ';
    pending = false;
    begun = true;
    out += c;
  }
}

struct CanonicalHeaders {
  std::string lines;
  std::string names;  // a;b;c
};

CanonicalHeaders canonical_headers(const HttpHeaders& headers, const HttpHeaders& added,
                                   const std::string& host) {
  std::map<std::string, std::string> by_name = {{"host", host}};
  for (const auto* list : {&headers, &added}) {
    for (const auto& [name, value] : *list) {
      auto lower = lower_case(name);
      if (std::count(unsigned_headers.begin(), unsigned_headers.end(), lower) > 0) continue;
      const auto [found, is_first] = by_name.try_emplace(std::move(lower));
      if (!is_first) found->second += ',';
      append_trimmed(found->second, value);
    }
  }
  CanonicalHeaders canonical;
  for (const auto& [name, value] : by_name) {
    canonical.lines.append(name).append(":").append(value).append("\n");
    if (!canonical.names.empty()) canonical.names += ';';
    canonical.names += name;
  }
  return canonical;
}

}  // namespace

HttpHeaders SigV4Signer::sign(const RequestToSign& request, const AwsCredentials& credentials,
                              WallTime time) {
  const auto timestamp = basic_time(time);
  const auto date = timestamp.substr(0, 8);
  HttpHeaders added = {{"x-amz-content-sha256", std::string(request.payload_hash)},
                       {"x-amz-date", timestamp}};
  if (!credentials.session_token.empty()) {
    added.emplace_back("x-amz-security-token", credentials.session_token);
  }

  const auto parts = split_url(request.url);
  const auto headers = canonical_headers(request.headers, added, parts.host);
  std::string canonical(request.method);
  canonical.append("\n").append(parts.path).append("\n").append(canonical_query(parts.query));
  canonical.append("\n").append(headers.lines).append("\n").append(headers.names);
  canonical.append("\n").append(request.payload_hash);

  std::string scope = date;
  scope.append("/").append(region_).append("/").append(service_).append("/aws4_request");
  std::string to_sign(algorithm);
  to_sign.append("\n").append(timestamp).append("\n").append(scope).append("\n");
  to_sign.append(hex_encode(digest_of(Digest::Kind::sha256, canonical)));
  const auto signature =
      hex_encode(hmac_sha256(signing_key(credentials.secret_access_key, date), to_sign));

  std::string authorization(algorithm);
  authorization.append(" Credential=").append(credentials.access_key_id).append("/").append(scope);
  authorization.append(", SignedHeaders=").append(headers.names);
  authorization.append(", Signature=").append(signature);
  added.emplace_back("authorization", std::move(authorization));
  return added;
}

std::string SigV4Signer::signing_key(const std::string& secret, const std::string& date) {
  const std::lock_guard lock(mutex_);
  if (key_.empty() || key_date_ != date || key_secret_ != secret) {
    const auto by_date = hmac_sha256("AWS4" + secret, date);
    const auto by_service = hmac_sha256(hmac_sha256(by_date, region_), service_);
    key_ = hmac_sha256(by_service, "aws4_request");
    key_date_ = date;
    key_secret_ = secret;
  }
  return key_;
}

}  // namespace objectstore
