#include "app/healthcheck.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>

#include <array>
#include <memory>
#include <string>

namespace objectstore {

namespace {

struct EasyFree {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

std::size_t drop(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

}  // namespace

ListenAddress probe_address(const ListenAddress& listen) {
  ListenAddress out = listen;
  in6_addr address{};
  if (!listen.is_v6()) {
    if (listen.host == "0.0.0.0") out.host = "127.0.0.1";
  } else if (::inet_pton(AF_INET6, listen.host.c_str(), &address) == 1 &&
             IN6_IS_ADDR_UNSPECIFIED(&address)) {
    out.host = "::1";
  }
  return out;
}

Result<void> check_health(const ListenAddress& listen, Scheme scheme,
                          std::chrono::milliseconds timeout) {
  const std::unique_ptr<CURL, EasyFree> easy(curl_easy_init());
  if (!easy) return Error(ErrorCode::internal, "libcurl could not be set up");
  const auto address = probe_address(listen).str();
  const auto url = (scheme == Scheme::https ? "https://" : "http://") + address + "/health";
  std::array<char, CURL_ERROR_SIZE> reason{};
  auto* const handle = easy.get();
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &drop);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason.data());
  // Whose certificate this machine shows itself does not say whether it is well.
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
  const auto code = curl_easy_perform(handle);
  if (code != CURLE_OK) {
    const std::string why = reason[0] != '\0' ? reason.data() : curl_easy_strerror(code);
    const auto kind =
        code == CURLE_OPERATION_TIMEDOUT ? ErrorCode::deadline_exceeded : ErrorCode::unavailable;
    return Error(kind, why).wrap("asking " + url);
  }
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status > 299) {
    return Error(ErrorCode::unavailable, url + " answered " + std::to_string(status));
  }
  return {};
}

}  // namespace objectstore
