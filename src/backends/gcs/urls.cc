#include "backends/gcs/urls.h"

#include <utility>

#include "base/percent.h"
#include "cloud/endpoint.h"
#include "model/text.h"

namespace objectstore {

namespace {

constexpr std::size_t longest_name = 1024;
constexpr std::string_view resource_fields =
    "name,size,generation,crc32c,contentType,contentEncoding,customTime,timeCreated,metadata";

std::string without_final_slash(std::string url) {
  while (url.ends_with('/'))
    url.pop_back();
  return url;
}

Error bad_name(std::string what) {
  return {ErrorCode::invalid_argument,
          "Google Cloud Storage can't hold an object of this name: " + std::move(what)};
}

}  // namespace

std::string encode_component(std::string_view text) {
  return percent_encode(text, percent_plain::unreserved);
}

Result<void> check_gcs_name(std::string_view object_path, std::size_t suffix) {
  if (object_path.size() + suffix > longest_name) {
    return bad_name("usecase, scopes and key must not exceed " +
                    std::to_string(longest_name - suffix) + " bytes in UTF-8; use a shorter key");
  }
  if (!is_utf8(object_path)) return bad_name("it must be UTF-8");
  if (object_path.find_first_of("\r\n") != std::string_view::npos) {
    return bad_name("it must not hold line breaks");
  }
  if (object_path.starts_with(".well-known/acme-challenge/")) {
    return bad_name("it must not begin with .well-known/acme-challenge/; use another usecase");
  }
  if (suffix == 0 && (object_path == "." || object_path == "..")) {
    return bad_name("it must not be . or ..");
  }
  return {};
}

Result<std::string> gcs_endpoint(std::string_view configured) {
  auto endpoint = parse_endpoint(configured);
  if (!endpoint.ok()) return std::move(endpoint).error().wrap("invalid GCS endpoint URL");
  return endpoint->url();
}

GcsUrls::GcsUrls(std::string endpoint, std::string_view bucket)
    : endpoint_(without_final_slash(std::move(endpoint))), bucket_(encode_component(bucket)) {}

std::string GcsUrls::object(std::string_view name) const {
  return endpoint_ + "/storage/v1/b/" + bucket_ + "/o/" + encode_component(name);
}

std::string GcsUrls::resource(std::string_view name) const {
  return object(name).append("?fields=").append(resource_fields);
}

std::string GcsUrls::media(std::string_view name, std::string_view generation) const {
  auto url = object(name).append("?alt=media");
  if (!generation.empty()) url.append("&generation=").append(encode_component(generation));
  return url;
}

std::string GcsUrls::new_session(std::string_view name, bool replace) const {
  auto url = endpoint_ + "/upload/storage/v1/b/" + bucket_ + "/o?uploadType=resumable";
  if (!replace) url += "&ifGenerationMatch=0";
  return url.append("&name=").append(encode_component(name));
}

std::string GcsUrls::list(std::string_view from, std::string_view token, std::size_t count) const {
  auto url = endpoint_ + "/storage/v1/b/" + bucket_ + "/o?maxResults=" + std::to_string(count);
  if (!from.empty()) url.append("&startOffset=").append(encode_component(from));
  if (!token.empty()) url.append("&pageToken=").append(encode_component(token));
  return url.append("&fields=nextPageToken,items(name,size,timeCreated)");
}

std::string GcsUrls::session(std::string_view location) const {
  auto url = location.starts_with('/') && !location.starts_with("//")
                 ? endpoint_ + std::string(location)
                 : std::string(location);
  return is_session(url) ? url : std::string();
}

bool GcsUrls::is_session(std::string_view url) const {
  return url.starts_with(endpoint_ + "/upload/") && is_visible_ascii(url) &&
         url.find_first_of(" \t#") == std::string_view::npos;
}

std::string GcsUrls::xml_object(std::string_view name) const {
  return xml_bucket() + "/" + encode_component(name);
}

std::string GcsUrls::xml_bucket() const {
  return endpoint_ + "/" + bucket_;
}

}  // namespace objectstore
