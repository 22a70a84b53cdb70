#include "http/endpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "http/batch.h"
#include "http/completion.h"
#include "http/headers.h"
#include "http/objects.h"
#include "http/uploads.h"

namespace objectstore {

namespace {

constexpr std::size_t max_request_id_bytes = 128;

bool fit_to_be_shown(std::string_view id) {
  return !id.empty() && id.size() <= max_request_id_bytes &&
         std::ranges::all_of(id, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

Endpoints::Endpoints(const ServerSettings& settings, const ServiceParts& parts)
    : parts_(parts),
      in_flight_(settings.max_requests),
      metrics_(parts.metrics, in_flight_, parts.clock),
      pages_(settings, parts_, in_flight_),
      id_prefix_(fmt::format("{:016x}", parts.random.next())) {}

Task<void> Endpoints::handle(const RequestHead& head, InFlight::Slot& slot,
                             RequestMetrics::Record& record, AdmittedRequest& request,
                             ByteStream& body, Response& response) {
  set_request_id(head, response);
  if (!check_request(head, parts_, slot, record, request, response)) co_return;
  Call call{head, request, parts_, body, response};
  if (is_internal(request.match.route)) {
    co_await pages_.answer(call);
  } else {
    co_await dispatch(call);
  }
}

void Endpoints::set_request_id(const RequestHead& head, Response& response) {
  const auto given = find_header(head.headers, "x-request-id");
  response.request_id.clear();
  if (given && fit_to_be_shown(*given)) {
    response.request_id = *given;
  } else {
    fmt::format_to(std::back_inserter(response.request_id), "{}-{:x}", id_prefix_,
                   next_id_.fetch_add(1, std::memory_order_relaxed));
  }
}

Task<void> Endpoints::dispatch(Call& call) {
  const auto method = call.head.method;
  switch (call.request.match.route) {
    case Route::object:
    case Route::collection:
      if (method == Method::get) {
        co_await get_object(call);
      } else if (method == Method::head) {
        co_await head_object(call);
      } else if (method == Method::remove) {
        co_await delete_object(call);
      } else {
        co_await store_object(call);
      }
      break;
    case Route::batch:
      co_await run_batch(call);
      break;
    case Route::multipart_collection:
      co_await initiate_upload(call);
      break;
    case Route::multipart_object:
      if (method == Method::remove) {
        co_await abort_upload(call);
      } else {
        co_await initiate_upload(call);
      }
      break;
    case Route::multipart_parts:
      if (method == Method::put) {
        co_await put_part(call);
      } else {
        co_await list_parts(call);
      }
      break;
    case Route::multipart_complete:
      co_await complete_upload(call);
      break;
    default:
      call.response.set_empty(404);
      break;
  }
}

}  // namespace objectstore
