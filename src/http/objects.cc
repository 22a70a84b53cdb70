#include "http/objects.h"

#include <string>
#include <utility>

#include "http/accounted_stream.h"
#include "http/errors.h"
#include "http/query.h"
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

void answer_content(ObjectContent content, bool ranged, const RateLimiter::Transfer& transfer,
                    Response& response) {
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
    transfer.spend(response.length);
  } else {
    auto stream = std::get<std::unique_ptr<ByteStream>>(std::move(content.body));
    response.stream = std::make_unique<AccountedStream>(std::move(stream), transfer);
  }
}

}  // namespace

Task<void> get_object(Call& call) {
  std::optional<RangeRequest> range;
  if (call.head.range) {
    auto parsed = parse_range(*call.head.range);
    if (!parsed.ok()) {
      fail(parsed.error(), call);
      co_return;
    }
    range = *std::move(parsed);
  }
  if (!check_permission(Permission::object_read, call)) co_return;
  const bool ranged = range.has_value();
  auto result = co_await call.parts.objects.get(call.request.id, range);
  if (!result.ok()) {
    fail(result.error(), call);
  } else if (const auto* bad_range = std::get_if<RangeNotSatisfiable>(&*result)) {
    answer_unsatisfiable(bad_range->size, call.response);
  } else if (auto* content = std::get_if<ObjectContent>(&*result)) {
    answer_content(std::move(*content), ranged, call.request.transfer, call.response);
    if (!call.response.stream) co_return;
    auto first = co_await call.response.stream->next();
    if (first.ok()) {
      call.response.first_piece = *first;
    } else {
      fail(first.error(), call);
    }
  } else {
    call.response.set_empty(404);
  }
}

Task<void> head_object(Call& call) {
  if (!check_permission(Permission::object_read, call)) co_return;
  auto result = co_await call.parts.objects.head(call.request.id);
  if (!result.ok()) {
    fail(result.error(), call);
  } else if (!*result) {
    call.response.set_empty(404);
  } else {
    call.response.set_empty(204);  // HEAD answers carry a length of zero, other 204 answers none
    add_object_headers(**result, (*result)->size, call.response);
  }
}

Task<void> store_object(Call& call) {
  auto metadata = read_metadata(call);
  if (!metadata) co_return;
  if (!check_permission(Permission::object_write, call)) co_return;
  const auto upload_type = query_value(call.request.match.query, "upload_type");
  if (upload_type.ok() && *upload_type == "resumable") {
    answer(not_implemented(), call.response);
    co_return;
  }
  AccountedStream body(call.body, call.request.transfer);
  Upload upload;
  upload.stream = &body;
  upload.length = call.head.content_length;
  if (!call.head.has_body) upload.length = 0;
  const bool generated = call.head.method == Method::post;
  Result<void> result;
  if (generated) {
    result = co_await call.parts.objects.insert(call.request.id, *std::move(metadata), upload);
  } else {
    result = co_await call.parts.objects.put(call.request.id, *std::move(metadata), upload);
  }
  if (!result.ok()) {
    fail(result.error(), call);
    co_return;
  }
  call.response.set_json(generated ? 201 : 200, json_with_key(call.request.id.key) + '}');
}

Task<void> delete_object(Call& call) {
  if (!check_permission(Permission::object_delete, call)) co_return;
  auto result = co_await call.parts.objects.remove(call.request.id);
  if (!result.ok()) {
    fail(result.error(), call);
    co_return;
  }
  call.response.set_no_content();
}

}  // namespace objectstore
