#include "net/http_client.h"

#include <algorithm>

namespace objectstore {

std::optional<std::string_view> find_header(const HttpHeaders& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& header) { return header.first == name; });
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

Task<HttpResult<HttpReply>> fetch(HttpClient& client, HttpRequest request, std::size_t max_body) {
  auto sent = co_await client.send(std::move(request));
  if (auto* failure = std::get_if<HttpFailure>(&sent)) co_return std::move(*failure);
  auto& response = **std::get_if<std::unique_ptr<HttpResponse>>(&sent);
  HttpReply reply;
  reply.status = response.status();
  reply.headers = response.headers();
  for (;;) {
    auto piece = co_await response.next();
    if (!piece.ok()) co_return HttpFailure{std::move(piece).error(), false};
    if (piece->empty()) break;
    if (piece->size() > max_body - reply.body.size()) {
      co_return HttpFailure{
          Error(ErrorCode::payload_too_large,
                "response of more than " + std::to_string(max_body) + " bytes, where less is due"),
          false};
    }
    reply.body += *piece;
  }
  co_return std::move(reply);
}

}  // namespace objectstore
