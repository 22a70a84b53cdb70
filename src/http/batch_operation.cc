#include "http/batch_operation.h"

#include <array>

#include "base/percent.h"
#include "base/shortened.h"
#include "http/headers.h"
#include "model/text.h"

namespace objectstore {

namespace {

constexpr std::string_view kind_header = "x-sn-batch-operation-kind";
constexpr std::string_view key_header = "x-sn-batch-operation-key";

constexpr std::array kinds = {BatchKind::get, BatchKind::head, BatchKind::insert,
                              BatchKind::remove};

Error bad_request(std::string_view problem) {
  return {ErrorCode::invalid_argument, "bad request: " + std::string(problem)};
}

Result<BatchKind> parse_kind(const std::vector<HeaderView>& headers) {
  const auto text = find_header(headers, kind_header);
  if (!text) return bad_request("missing x-sn-batch-operation-kind header");
  for (const auto kind : kinds) {
    if (equals_ignoring_case(*text, to_string(kind))) return kind;
  }
  return bad_request("invalid operation kind: " + std::string(shortened(*text)));
}

Result<std::optional<std::string>> parse_key(const std::vector<HeaderView>& headers,
                                             BatchKind kind) {
  const auto text = find_header(headers, key_header);
  if (!text) {
    if (kind == BatchKind::insert) return std::optional<std::string>();
    return bad_request("missing x-sn-batch-operation-key header for " +
                       std::string(to_string(kind)) + " operation");
  }
  auto key = percent_decode(*text);
  if (!is_visible_ascii(*text) || !is_utf8(key)) {
    return bad_request("unable to percent-decode x-sn-batch-operation-key header value");
  }
  return std::optional(std::move(key));
}

}  // namespace

std::string_view to_string(BatchKind kind) {
  switch (kind) {
    case BatchKind::get:
      return "get";
    case BatchKind::head:
      return "head";
    case BatchKind::insert:
      return "insert";
    case BatchKind::remove:
      return "delete";
  }
  return "";
}

Result<BatchOperation> parse_batch_operation(const std::vector<HeaderView>& headers) {
  BatchOperation operation;
  TRY_ASSIGN(operation.kind, parse_kind(headers));
  TRY_ASSIGN(operation.key, parse_key(headers, operation.kind));
  if (operation.kind == BatchKind::insert) {
    TRY_ASSIGN(operation.metadata, metadata_from_headers(headers));
  }
  return operation;
}

}  // namespace objectstore
