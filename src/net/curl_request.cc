#include "net/curl_request.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace objectstore {

namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

long milliseconds(Duration duration) {
  return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

}  // namespace

Result<std::string> describe_target(const HttpRequest& request) {
  if (!is_token(request.method)) {
    return Error(ErrorCode::invalid_argument, "HTTP request with a bad method");
  }
  const std::unique_ptr<CURLU, UrlDeleter> url(curl_url());
  OBJECTSTORE_ASSERT(url != nullptr);
  const auto parsed = curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(),
                                   CURLU_NON_SUPPORT_SCHEME | CURLU_DISALLOW_USER);
  const auto scheme = part_of(url.get(), CURLUPART_SCHEME);
  if (parsed != CURLUE_OK || request.url.find('\0') != std::string::npos ||
      (scheme != "http" && scheme != "https")) {
    return Error(ErrorCode::invalid_argument,
                 request.method + " request with a URL that is not http:// or https:// and a host");
  }
  auto target = request.method + " " + scheme + "://" + part_of(url.get(), CURLUPART_HOST);
  const auto port = part_of(url.get(), CURLUPART_PORT);
  if (!port.empty()) target += ":" + port;
  return target;
}

Result<CurlList> make_header_list(const HttpHeaders& headers) {
  CurlList list;
  const auto append = [&list](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    OBJECTSTORE_ASSERT(longer != nullptr);
    static_cast<void>(list.release());
    list.reset(longer);
  };
  // Waiting for "100 Continue" costs a round trip, and a second where the server does not know it.
  append("Expect:");
  for (const auto& [name, value] : headers) {
    if (!is_token(name)) {
      return Error(ErrorCode::invalid_argument, "HTTP request with a bad header name");
    }
    if (!is_field_value(value)) {
      return Error(ErrorCode::invalid_argument, "HTTP request with a bad value of header " + name);
    }
    // A colon with nothing behind it would mean to leave the header out.
    append(value.empty() ? name + ";" : name + ": " + value);
  }
  return list;
}

void apply_settings(CURL* easy, const HttpClientSettings& settings) {
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // Dropping a request whose name is being resolved must not wait for the resolver's thread.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(settings.connect_timeout));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 64L << 10);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, settings.user_agent.c_str());
  // Empty: also not what the environment says.
  curl_easy_setopt(easy, CURLOPT_PROXY, settings.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, settings.no_proxy.c_str());
  // What a proxy says to CONNECT is no answer to the request.
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!settings.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
  }
}

void apply_request(CURL* easy, const HttpRequest& request, curl_slist* headers,
                   std::optional<std::uint64_t> body_length) {
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  const auto& method = request.method;
  const bool says_length = method == "POST" || method == "PUT" || method == "PATCH";
  if (body_length != 0 || says_length) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                     body_length ? static_cast<curl_off_t>(*body_length) : curl_off_t{-1});
  } else if (method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (method != "GET" || body_length != 0) {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
}

}  // namespace objectstore
