#include "http/endpoints.h"

#include <unistd.h>

#include <utility>

#include "http/errors.h"
#include "http/json.h"
#include "model/metadata_headers.h"

namespace objectstore {

namespace {

void add_object_headers(const Metadata& metadata, std::optional<std::uint64_t> size,
                        Response& response) {
  for (const auto& [name, value] : headers_from_metadata(metadata, true)) {
    response.add_header(name, value);
  }
  // Not of the contract's reference; published clients understand it (http-api.md Appendix A).
  if (size) response.add_header("x-sn-size", std::to_string(*size));
  response.add_header("accept-ranges", "bytes");
}

void answer_unsatisfiable(std::uint64_t size, Response& response) {
  response.set_empty(416);
  response.add_header("content-range", "bytes */" + std::to_string(size));
  response.add_header("accept-ranges", "bytes");
}

void answer_content(ObjectContent content, bool ranged, Response& response) {
  response.status = ranged ? 206 : 200;
  response.framing = ranged ? Response::Framing::content_length : Response::Framing::chunked;
  response.length = content.range.length;
  add_object_headers(content.metadata, content.size, response);
  if (ranged) {
    const auto last = content.range.offset + content.range.length - 1;
    response.add_header("content-range", "bytes " + std::to_string(content.range.offset) + "-" +
                                             std::to_string(last) + "/" +
                                             std::to_string(content.size));
  }
  if (auto* bytes = std::get_if<SharedBytes>(&content.body)) {
    response.bytes = std::move(*bytes);
    response.length = response.bytes.size();
  } else {
    response.stream = std::move(std::get<std::unique_ptr<ByteStream>>(content.body));
  }
}

}  // namespace

Endpoints::Endpoints(const ServerSettings& settings, ObjectService& objects, Logger& logger)
    : settings_(settings), objects_(objects), logger_(logger), in_flight_(settings.max_requests) {}

Task<void> Endpoints::handle(const RequestHead& request_head, InFlight::Slot& slot,
                             ByteStream& body, Response& response) {
  AdmittedRequest request;
  if (!check_request(request_head, slot, request, response)) co_return;
  switch (request.match.route) {
    case Route::health:
      response.set_text(200, "OK");
      break;
    case Route::ready:
      ready(response);
      break;
    case Route::object:
    case Route::collection:
      co_await object(request_head, request, body, response);
      break;
    case Route::batch:
    case Route::multipart_collection:
    case Route::multipart_object:
    case Route::multipart_parts:
    case Route::multipart_complete:
      answer_not_implemented(response);  // not available yet
      break;
    case Route::unknown:
      response.set_empty(404);
      break;
  }
}

void Endpoints::ready(Response& response) const {
  // One look-up in a directory that is always cached: too short to be worth a pool thread, which
  // may itself be busy when readiness matters.
  const bool down =
      !settings_.ready_marker.empty() && ::access(settings_.ready_marker.c_str(), F_OK) == 0;
  if (down) {
    response.set_text(503, "Shutting down");
  } else if (settings_.store_is_writable && !settings_.store_is_writable()) {
    response.set_text(503, "The store is read-only");
  } else {
    response.set_text(200, "OK");
  }
}

Task<void> Endpoints::object(const RequestHead& request_head, AdmittedRequest& request,
                             ByteStream& body, Response& response) {
  switch (request_head.method) {
    case Method::get:
      co_await get(request_head, request.id, response);
      break;
    case Method::head:
      co_await head(request.id, response);
      break;
    case Method::put:
    case Method::post:
      co_await store(request_head, request, body, response);
      break;
    case Method::remove:
      co_await remove(request.id, response);
      break;
    case Method::other:
      response.set_empty(405);
      break;
  }
}

Task<void> Endpoints::get(const RequestHead& request_head, const ObjectId& id, Response& response) {
  std::optional<RangeRequest> range;
  if (request_head.range) {
    auto parsed = parse_range(*request_head.range);
    if (!parsed.ok()) {
      fail(parsed.error(), id, response);
      co_return;
    }
    range = *std::move(parsed);
  }
  const bool ranged = range.has_value();
  auto result = co_await objects_.get(id, range);
  if (!result.ok()) {
    fail(result.error(), id, response);
  } else if (const auto* bad_range = std::get_if<RangeNotSatisfiable>(&*result)) {
    answer_unsatisfiable(bad_range->size, response);
  } else if (auto* content = std::get_if<ObjectContent>(&*result)) {
    answer_content(std::move(*content), ranged, response);
    if (!response.stream) co_return;
    auto first = co_await response.stream->next();
    if (first.ok()) {
      response.first_piece = *first;
    } else {
      fail(first.error(), id, response);
    }
  } else {
    response.set_empty(404);
  }
}

Task<void> Endpoints::head(const ObjectId& id, Response& response) {
  auto result = co_await objects_.head(id);
  if (!result.ok()) {
    fail(result.error(), id, response);
  } else if (!*result) {
    response.set_empty(404);
  } else {
    response.set_empty(204);  // HEAD answers carry a length of zero, other 204 answers none
    add_object_headers(**result, (*result)->size, response);
  }
}

Task<void> Endpoints::store(const RequestHead& request_head, AdmittedRequest& request,
                            ByteStream& body, Response& response) {
  if (query_has(request.match.query, "upload_type", "resumable")) {
    answer_not_implemented(response);
    co_return;
  }
  auto metadata = metadata_from_headers(request_head.headers);
  if (!metadata.ok()) {
    fail(metadata.error(), request.id, response);
    co_return;
  }
  Upload upload;
  upload.stream = &body;
  upload.length = request_head.content_length;
  if (!request_head.has_body) upload.length = 0;
  const bool generated = request_head.method == Method::post;
  Result<void> result;
  if (generated) {
    result = co_await objects_.insert(request.id, *std::move(metadata), upload);
  } else {
    result = co_await objects_.put(request.id, *std::move(metadata), upload);
  }
  if (!result.ok()) {
    fail(result.error(), request.id, response);
    co_return;
  }
  std::string json = "{\"key\":";
  append_json_string(json, request.id.key);
  json += '}';
  response.set_json(generated ? 201 : 200, std::move(json));
}

Task<void> Endpoints::remove(const ObjectId& id, Response& response) {
  auto result = co_await objects_.remove(id);
  if (!result.ok()) {
    fail(result.error(), id, response);
    co_return;
  }
  response.set_empty(204);
  response.framing = Response::Framing::none;
}

void Endpoints::fail(const Error& error, const ObjectId& id, Response& response) {
  answer_error(error, response);
  const auto level = response.status < 500    ? LogLevel::debug
                     : response.status == 501 ? LogLevel::debug
                     : response.status == 503 ? LogLevel::warn
                                              : LogLevel::error;
  if (!logger_.enabled(level)) return;
  logger_.write(level, "request failed",
                {{"status", std::to_string(response.status)},
                 {"code", std::string(to_string(error.code()))},
                 {"error", error.describe()},
                 {"object", id.storage_path()}});
}

}  // namespace objectstore
