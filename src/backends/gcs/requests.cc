#include "backends/gcs/requests.h"

namespace objectstore {

StoreRequest make_gcs_request(const GcsContext& context, std::string action, std::string method,
                              std::string url) {
  StoreRequest request;
  request.action = std::move(action);
  request.http.method = std::move(method);
  request.http.url = std::move(url);
  request.timeout = context.settings.request_timeout;
  return request;
}

Duration transfer_timeout(const GcsSettings& settings, std::uint64_t bytes) {
  return settings.request_timeout + std::chrono::seconds(bytes / settings.slowest_bytes_per_second);
}

Task<Result<HttpReply>> fetch_gcs(const GcsContext& context, StoreRequest request) {
  auto sent = co_await context.requests.fetch(std::move(request));
  if (auto* failure = std::get_if<HttpFailure>(&sent)) co_return std::move(failure->error);
  co_return std::get<HttpReply>(std::move(sent));
}

Error gcs_refusal(std::string_view action, const HttpReply& reply) {
  return refusal_error("GCS", action, read_refusal(reply));
}

bool is_not_found(const HttpReply& reply) {
  if (reply.status != 404) return false;
  const auto refusal = read_refusal(reply);
  return refusal.code != "NoSuchBucket" &&
         refusal.message.find("bucket does not exist") == std::string::npos;
}

Task<Result<std::optional<std::string>>> fetch_resource(const GcsContext& context,
                                                        std::string name) {
  auto request = make_gcs_request(context, "get_metadata", "GET", context.urls.resource(name));
  CO_TRY_ASSIGN(auto reply, co_await fetch_gcs(context, std::move(request)));
  if (is_not_found(reply)) co_return std::optional<std::string>();
  if (reply.status != 200) co_return gcs_refusal("get_metadata", reply);
  co_return std::optional<std::string>(std::move(reply.body));
}

}  // namespace objectstore
