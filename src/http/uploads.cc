#include "http/uploads.h"

#include <string>
#include <utility>

#include "http/accounted_stream.h"
#include "http/errors.h"
#include "http/headers.h"
#include "http/json.h"
#include "http/query.h"
#include "model/metadata_headers.h"

namespace objectstore {

namespace {

void bad_query(const Error& error, Call& call) {
  call.response.set_text(400, "Failed to deserialize query string: " + error.message());
}

// The value; nullopt where it is missing or wrong, and the response says so.
template <class T>
std::optional<T> checked(Result<T> value, Call& call) {
  if (value.ok()) return *std::move(value);
  bad_query(value.error(), call);
  return std::nullopt;
}

bool has_parent_component(std::string_view path) {
  while (true) {
    const auto slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

Result<std::string> parse_upload_id(std::string_view query) {
  TRY_ASSIGN(auto id, required_query_value(query, "upload_id"));
  const char* problem = nullptr;
  if (id.empty()) {
    problem = "it is empty";
  } else if (id.starts_with('/') || id.starts_with("./") || id == ".") {
    problem = "it looks like a path";
  } else if (has_parent_component(id)) {
    problem = "it holds a component `..`";
  }
  if (problem == nullptr) return id;
  return Error(ErrorCode::invalid_argument,
               std::string("upload_id: invalid upload_id: ") + problem);
}

Result<std::uint32_t> required_part_number(std::string_view query) {
  TRY_ASSIGN(const auto number, query_number(query, "part_number", 1));
  if (!number) return Error(ErrorCode::invalid_argument, "missing field `part_number`");
  return *number;
}

Result<ListParts> list_request(std::string_view query) {
  ListParts request;
  TRY_ASSIGN(request.max, query_number(query, "max_parts", 0));
  TRY_ASSIGN(const auto after, query_number(query, "part_number_marker", 1));
  request.after = after.value_or(0);
  return request;
}

void append_part(std::string& json, const UploadedPart& part) {
  json += "{\"part_number\":" + std::to_string(part.number) + ",\"etag\":";
  append_json_string(json, part.etag);
  json += ",\"last_modified\":";
  append_json_string(json, format_rfc3339_nanos(part.last_modified));
  json += ",\"size\":" + std::to_string(part.size) + "}";
}

std::string page_json(const PartPage& page) {
  std::string json = "{\"parts\":[";
  bool first = true;
  for (const auto& part : page.parts) {
    if (!std::exchange(first, false)) json += ',';
    append_part(json, part);
  }
  json += page.truncated ? "],\"is_truncated\":true" : "],\"is_truncated\":false";
  if (page.truncated && !page.parts.empty()) {
    json += ",\"next_part_number_marker\":" + std::to_string(page.parts.back().number);
  }
  json += '}';
  return json;
}

}  // namespace

std::optional<std::string> read_upload_id(Call& call) {
  return checked(parse_upload_id(call.request.match.query), call);
}

Task<void> initiate_upload(Call& call) {
  auto metadata = read_metadata(call);
  if (!metadata) co_return;
  if (!check_permission(Permission::object_write, call)) co_return;
  Result<std::string> id = std::string();
  if (call.head.method == Method::post) {
    id = co_await call.parts.uploads.initiate_new(call.request.id, *std::move(metadata));
  } else {
    id = co_await call.parts.uploads.initiate(call.request.id, *std::move(metadata));
  }
  if (!id.ok()) {
    fail(id.error(), call);
    co_return;
  }
  auto json = json_with_key(call.request.id.key);
  json += ",\"upload_id\":";
  append_json_string(json, *id);
  json += '}';
  call.response.set_json(200, std::move(json));
}

Task<void> put_part(Call& call) {
  const auto upload_id = read_upload_id(call);
  if (!upload_id) co_return;
  const auto number = checked(required_part_number(call.request.match.query), call);
  if (!number) co_return;
  if (!call.head.content_length) {
    fail(Error(ErrorCode::invalid_argument, "Content-Length header is required"), call);
    co_return;
  }
  if (!check_permission(Permission::object_write, call)) co_return;
  AccountedStream body(call.body, call.request.transfer);
  PartToUpload part;
  part.number = *number;
  part.length = *call.head.content_length;
  part.stream = &body;
  if (const auto md5 = find_header(call.head.headers, "content-md5")) {
    part.content_md5 = std::string(*md5);
  }
  auto outcome = co_await call.parts.uploads.put_part(call.request.id, *upload_id, std::move(part));
  if (!outcome.ok()) {
    fail(outcome.error(), call);
  } else if (const auto* refused = std::get_if<PartRefused>(&*outcome)) {
    fail(Error(ErrorCode::invalid_argument, refused->code + ": " + refused->message), call);
  } else if (std::holds_alternative<NoSuchUpload>(*outcome)) {
    answer(no_such_upload(), call.response);
  } else {
    std::string json = "{\"etag\":";
    append_json_string(json, std::get<std::string>(*outcome));
    json += '}';
    call.response.set_json(200, std::move(json));
  }
}

Task<void> list_parts(Call& call) {
  const auto upload_id = read_upload_id(call);
  if (!upload_id) co_return;
  auto request = checked(list_request(call.request.match.query), call);
  if (!request) co_return;
  if (!check_permission(Permission::object_write, call)) co_return;
  // None are wanted: whether there are any is asked for by one.
  const bool none = request->max == 0U;
  if (none) request->max = 1;
  auto outcome = co_await call.parts.uploads.list_parts(call.request.id, *upload_id, *request);
  if (!outcome.ok()) {
    fail(outcome.error(), call);
  } else if (auto* page = std::get_if<PartPage>(&*outcome)) {
    if (none) *page = PartPage{{}, !page->parts.empty()};
    call.response.set_json(200, page_json(*page));
  } else {
    answer(no_such_upload(), call.response);
  }
}

Task<void> abort_upload(Call& call) {
  const auto upload_id = read_upload_id(call);
  if (!upload_id) co_return;
  if (!check_permission(Permission::object_write, call)) co_return;
  auto result = co_await call.parts.uploads.abort(call.request.id, *upload_id);
  if (!result.ok()) {
    fail(result.error(), call);
    co_return;
  }
  call.response.set_no_content();
}

}  // namespace objectstore
