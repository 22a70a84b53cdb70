// What libcurl is told about a request.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>

#include "net/curl_http_client.h"

namespace objectstore {

struct CurlListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListDeleter>;

// "PUT https://host:8080", for errors; invalid_argument where method or URL can't be sent.
[[nodiscard]] Result<std::string> describe_target(const HttpRequest& request);

// invalid_argument (naming the header, not its value) where one would break the request's framing.
[[nodiscard]] Result<CurlList> make_header_list(const HttpHeaders& headers);

// `settings` and `headers` outlive the transfer.
void apply_settings(CURL* easy, const HttpClientSettings& settings);
// `body_length` of a request without a body is 0; nullopt: not known.
void apply_request(CURL* easy, const HttpRequest& request, curl_slist* headers,
                   std::optional<std::uint64_t> body_length);

}  // namespace objectstore
