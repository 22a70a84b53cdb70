#include "backends/s3/urls.h"

#include <algorithm>
#include <utility>

#include "base/percent.h"
#include "cloud/endpoint.h"
#include "model/text.h"

namespace objectstore {

namespace {

Error bad(std::string_view what, std::string_view value, std::string_view why) {
  std::string message = "S3 ";
  message.append(what).append(" `").append(value).append("` ").append(why);
  return {ErrorCode::invalid_argument, std::move(message)};
}

std::string default_endpoint(std::string_view region) {
  std::string endpoint = "https://s3.";
  endpoint.append(region).append(".amazonaws.com");
  if (region.starts_with("cn-")) endpoint += ".cn";
  return endpoint;
}

// Whether `bucket.host` can be resolved, and be covered by a certificate for `*.host`.
bool can_be_in_host(std::string_view bucket, const Endpoint& endpoint) {
  const auto name = endpoint.host.substr(0, endpoint.host.rfind(':'));
  const bool is_address =
      name.starts_with('[') ||
      std::all_of(name.begin(), name.end(), [](char c) { return c == '.' || is_ascii_digit(c); });
  if (is_address || name == "localhost") return false;
  const bool one_label = bucket.find('.') == std::string_view::npos;
  const bool lower = std::none_of(bucket.begin(), bucket.end(),
                                  [](char c) { return c == '_' || (c >= 'A' && c <= 'Z'); });
  return lower && (one_label || endpoint.scheme == "http://");
}

void append_query(std::string& url, const S3Query& query) {
  char separator = '?';
  for (const auto& [name, value] : query) {
    url += separator;
    separator = '&';
    url += percent_encode(name, percent_plain::unreserved);
    if (value.empty()) continue;
    url += '=';
    url += percent_encode(value, percent_plain::unreserved);
  }
}

}  // namespace

Result<S3Urls> S3Urls::make(const S3Settings& settings) {
  const auto& bucket = settings.bucket;
  if (!is_plain_name(bucket, "-._") || bucket.size() > 255 || bucket == "." || bucket == "..") {
    return bad("bucket", bucket, "is no bucket's name: use letters, digits, `-`, `.`");
  }
  if (!is_plain_name(settings.region, "-_")) {
    return bad("region", settings.region, "is no region's name");
  }
  const auto text =
      settings.endpoint.empty() ? default_endpoint(settings.region) : settings.endpoint;
  auto parsed = parse_endpoint(text);
  if (!parsed.ok()) return std::move(parsed).error().wrap("invalid S3 endpoint");
  const auto& endpoint = *parsed;
  std::string base = endpoint.scheme;
  if (settings.path_style || !can_be_in_host(bucket, endpoint)) {
    base.append(endpoint.host).append(endpoint.prefix).append("/").append(bucket);
  } else {
    base.append(bucket).append(".").append(endpoint.host).append(endpoint.prefix);
  }
  return S3Urls(std::move(base), bucket);
}

std::string S3Urls::bucket(const S3Query& query) const {
  // With a slash at the end: in the host's style the path would be empty without.
  std::string url = base_ + "/";
  append_query(url, query);
  return url;
}

std::string S3Urls::object(std::string_view key, const S3Query& query) const {
  std::string url = base_ + "/";
  url += percent_encode(key, percent_plain::path);
  append_query(url, query);
  return url;
}

std::string S3Urls::copy_source(std::string_view key) const {
  std::string source = "/" + bucket_ + "/";
  source += percent_encode(key, percent_plain::path);
  return source;
}

}  // namespace objectstore
