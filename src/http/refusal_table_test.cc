// Every row of the contract's refusal tables, a test each: http-api.md sections 2 to 7 and 10,
// auth.md and semantics.md as clients see them. Those of single parts of a batch stand in
// batch_test.cc, those of whole heads in refusals_test.cc and smuggling_test.cc.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "auth/test_support.h"
#include "http/test_support.h"

namespace objectstore {
namespace {

using http_test::Client;
using http_test::get;
using http_test::request;
using http_test::ServiceOptions;
using http_test::TestServer;

constexpr const char* json_type = "application/json";
constexpr const char* text_type = "text/plain; charset=utf-8";
constexpr const char* no_type = "(absent)";
const std::string object = "/v1/objects/u/_/k";
const std::string parts_of = "/v1/objects:multipart:parts/u/_/k";
const std::string complete_of = "/v1/objects:multipart:complete/u/_/k";

// What the server is like when the request comes.
enum class Given {
  nothing,         // no limits, no authentication
  enforced,        // credentials are wanted, kid "relay"
  switched_off,    // a kill switch for the usecase
  no_requests,     // throughput of zero
  no_operations,   // service.max_concurrency: 0
  strict_usecase,  // "u" takes ttl up to a day only
  no_uploads,      // a store without multipart uploads
};

struct Row {
  const char* name;
  std::string request;
  int status;
  std::string content_type;
  std::string body;  // "*": any JSON of shape A, or any text
  Given given = Given::nothing;
  std::string allow = "(absent)";
};

std::string put(const std::string& headers, const std::string& path = object) {
  return request("PUT", path, headers + "Content-Length: 1\r\n") + "x";
}
std::string post_json(const std::string& body, const std::string& type = "application/json",
                      const std::string& query = "?upload_id=upload-1") {
  return request("POST", complete_of + query,
                 "Content-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
                     "\r\n") +
         body;
}
std::string metadata_error(const std::string& what, const std::string& more = "") {
  return R"({"detail":"service error: metadata error: )" + what +
         R"(","causes":["metadata error: )" + what + "\",\"" + what + "\"" + more + "]}";
}
std::string client_error(const std::string& what) {
  return R"({"detail":"client error: )" + what + "\"}";
}
std::string service_error(const std::string& what) {
  return R"({"detail":"service error: )" + what + R"(","causes":[")" + what + "\"]}";
}
std::string auth_error(const std::string& what, const std::string& inner = "") {
  return R"({"detail":"auth error: )" + what + R"(","causes":[")" + what + "\"" +
         (inner.empty() ? "" : ",\"" + inner + "\"") + "]}";
}
std::string failed_completion(const std::string& message) {
  return R"({"error":{"code":"internal error","message":")" + message + "\"}}";
}

const std::string not_implemented = service_error("not implemented");
const std::string range_syntax = client_error("invalid Range header: invalid byte range");

std::string unit_error(const std::string& unit) {
  return client_error("invalid Range header: invalid range unit: " + unit + ", expected: bytes");
}

// --- tokens --------------------------------------------------------------------------------------

const std::string far_future = "4102444800";

std::string bearer(const std::string& permissions, const std::string& usecase = "u",
                   const std::string& expires = far_future) {
  const testing::Signer signer(testing::vector_seed);
  return "X-Os-Auth: Bearer " +
         signer.token(R"({"alg":"EdDSA","kid":"relay"})",
                      R"({"exp":)" + expires + R"(,"res":{"os:usecase":")" + usecase +
                          R"("},"permissions":[)" + permissions + "]}") +
         "\r\n";
}
std::string bearer_with_header(const std::string& header) {
  const testing::Signer signer(testing::vector_seed);
  return "Authorization: Bearer " + signer.token(header, "{}") + "\r\n";
}
std::string bearer_with_claims(const std::string& claims) {
  const testing::Signer signer(testing::vector_seed);
  return "Authorization: Bearer " + signer.token(R"({"alg":"EdDSA","kid":"relay"})", claims) +
         "\r\n";
}

const std::string signed_query =
    "?os_kid=relay&os_timestamp=2026-04-20T13:37:00Z&os_duration=60&os_sig=";

// --- rows ----------------------------------------------------------------------------------------

std::vector<Row> routing() {
  return {
      {"unknown_path", get("/nothing"), 404, no_type, ""},
      {"debug", get("/debug/pprof/heap"), 404, no_type, ""},
      {"encoded_colon", request("POST", "/v1/objects%3Abatch/u/_/"), 404, no_type, ""},
      {"batch_without_slash", request("POST", "/v1/objects:batch/u/_"), 404, no_type, ""},
      {"batch_with_key", request("POST", "/v1/objects:batch/u/_/k"), 404, no_type, ""},
      {"missing_object", get("/v1/objects/u/_/none"), 404, no_type, ""},
      {"post_to_object", request("POST", object), 405, no_type, "", {}, "GET,HEAD,PUT,DELETE"},
      {"patch", request("PATCH", object), 405, no_type, "", {}, "GET,HEAD,PUT,DELETE"},
      {"options", request("OPTIONS", object), 405, no_type, "", {}, "GET,HEAD,PUT,DELETE"},
      {"trace", request("TRACE", object), 405, no_type, "", {}, "GET,HEAD,PUT,DELETE"},
      {"get_collection", get("/v1/objects/u/_"), 405, no_type, "", {}, "POST"},
      {"get_collection_slash", get("/v1/objects/u/_/"), 405, no_type, "", {}, "POST"},
      {"put_collection_slash", put("", "/v1/objects/u/_/"), 405, no_type, "", {}, "POST"},
      {"delete_collection", request("DELETE", "/v1/objects/u/_/"), 405, no_type, "", {}, "POST"},
      {"post_health", request("POST", "/health"), 405, no_type, "", {}, "GET,HEAD"},
      {"post_keda", request("POST", "/keda"), 405, no_type, "", {}, "GET,HEAD"},
      {"get_batch", get("/v1/objects:batch/u/_/"), 405, no_type, "", {}, "POST"},
      {"get_multipart", get("/v1/objects:multipart/u/_/k"), 405, no_type, "", {}, "PUT,DELETE"},
      {"post_parts", request("POST", parts_of), 405, no_type, "", {}, "PUT,GET,HEAD"},
      {"get_complete", get(complete_of), 405, no_type, "", {}, "POST"},
      {"method_before_path",
       request("POST", "/v1/objects/u/bad/k"),
       405,
       no_type,
       "",
       {},
       "GET,HEAD,PUT,DELETE"},
      {"resumable_put", put("", object + "?upload_type=resumable"), 501, json_type,
       not_implemented},
      {"resumable_post", request("POST", "/v1/objects/u/_?upload_type=resumable"), 501, json_type,
       not_implemented},
  };
}

std::vector<Row> paths() {
  const std::string no_pair = "Invalid URL: scope must be 'key=value'";
  return {
      {"no_equals", get("/v1/objects/u/org/k"), 400, text_type, no_pair},
      {"empty_scopes", get("/v1/objects/u//k"), 400, text_type, no_pair},
      {"final_semicolon", get("/v1/objects/u/a=1;/k"), 400, text_type, no_pair},
      {"underscore_and_scope", get("/v1/objects/u/_;a=1/k"), 400, text_type, no_pair},
      {"empty_name", get("/v1/objects/u/=1/k"), 400, text_type,
       "Invalid URL: key and value must be non-empty"},
      {"empty_value", get("/v1/objects/u/a=/k"), 400, text_type,
       "Invalid URL: key and value must be non-empty"},
      {"bad_character", get("/v1/objects/u/a=b%2Fc/k"), 400, text_type,
       "Invalid URL: invalid character '/'"},
      {"path_before_batch", request("POST", "/v1/objects:batch/u/bad/"), 400, text_type, no_pair},
      {"path_before_range", get("/v1/objects/u/bad/k", "Range: x\r\n"), 400, text_type, no_pair},
      {"path_before_query", request("DELETE", "/v1/objects:multipart/u/bad/k"), 400, text_type,
       no_pair},
      {"usecase_utf8", get("/v1/objects/%ff/_/k"), 400, text_type,
       "Invalid URL: Invalid UTF-8 in `usecase`"},
      {"scopes_utf8", get("/v1/objects/u/%ff/k"), 400, text_type,
       "Invalid URL: Invalid UTF-8 in `scopes`"},
      {"key_utf8", get("/v1/objects/u/_/%c3"), 400, text_type,
       "Invalid URL: Invalid UTF-8 in `key`"},
  };
}

std::vector<Row> ranges() {
  const auto ranged = [](const std::string& value) {
    return get(object, "Range:" + value + "\r\n");
  };
  return {
      {"backwards", ranged(" bytes=5-2"), 400, json_type, range_syntax},
      {"no_suffix", ranged(" bytes=-0"), 400, json_type, range_syntax},
      {"letters", ranged(" bytes=abc"), 400, json_type, range_syntax},
      {"no_dash", ranged(" bytes=5"), 400, json_type, range_syntax},
      {"blank", ranged(" bytes=1 -2"), 400, json_type, range_syntax},
      {"unit", ranged(" lines=1-2"), 400, json_type, unit_error("lines")},
      {"empty", ranged(""), 400, json_type, unit_error("")},
      {"first_line_counts", ranged(" x=1-\r\nRange: bytes=0-"), 400, json_type, unit_error("x")},
      {"not_ascii", ranged(" bytes=\xff"), 400, json_type, client_error("invalid Range header")},
      {"behind_the_end", get("/v1/objects/u/_/three", "Range: bytes=3-\r\n"), 416, no_type, ""},
      {"of_an_empty_object", get("/v1/objects/u/_/empty", "Range: bytes=-1\r\n"), 416, no_type, ""},
  };
}

std::vector<Row> metadata() {
  const auto type = [](const std::string& value) { return put("Content-Type:" + value + "\r\n"); };
  const auto bad_type = [](const std::string& why) {
    return metadata_error("invalid content type", ",\"" + why + "\"");
  };
  const auto policy = [](const std::string& value) {
    return put("x-sn-expiration: " + value + "\r\n");
  };
  const std::string past_end = "ttl:10000y";
  return {
      {"type_name", type(" nonsense"), 400, json_type, bad_type("Invalid type name")},
      {"type_empty", type(""), 400, json_type, bad_type("Invalid type name")},
      {"type_subtype", type(" a/"), 400, json_type, bad_type("Invalid subtype name")},
      {"type_suffix", type(" a/b+"), 400, json_type, bad_type("Invalid suffix")},
      {"type_params", type(" a/b;;"), 400, json_type, "*"},
      {"type_param_name", type(" a/b;=c"), 400, json_type, "*"},
      {"type_param_value", type(" a/b;c=\"d"), 400, json_type, "*"},
      {"last_line_counts", put("Content-Type: a/b\r\nContent-Type: c\r\n"), 400, json_type,
       bad_type("Invalid type name")},
      {"first_line_is_checked", put("Content-Type: c\r\nContent-Type: a/b\r\n"), 400, json_type,
       bad_type("Invalid type name")},
      {"compression", put("Content-Encoding: gzip\r\n"), 400, json_type,
       metadata_error("invalid compression value")},
      {"compression_empty", put("Content-Encoding:\r\n"), 400, json_type,
       metadata_error("invalid compression value")},
      {"header_bytes", put("x-sn-origin: \xff\r\n"), 400, json_type, "*"},
      {"custom_bytes", put("x-snme-a: \xc3\xa9\r\n"), 400, json_type, "*"},
      {"policy_word", policy("never"), 400, json_type, "*"},
      {"policy_case", policy("TTL:1h"), 400, json_type, "*"},
      {"policy_empty", put("x-sn-expiration:\r\n"), 400, json_type, "*"},
      {"duration_sign", policy("ttl:-1h"), 400, json_type, "*"},
      {"duration_empty", policy("ttl:"), 400, json_type, "*"},
      {"duration_without_unit", policy("ttl:5"), 400, json_type, "*"},
      {"duration_unit", policy("tti:5 parsecs"), 400, json_type, "*"},
      {"duration_overflow", policy("ttl:99999999999999999999y"), 400, json_type, "*"},
      {"past_the_last_year", policy(past_end), 400, json_type, "*"},
      {"before_the_body", request("PUT", object, "x-sn-expiration: x\r\nContent-Length: 9\r\n"),
       400, json_type, "*"},
      {"of_an_upload", request("PUT", "/v1/objects:multipart/u/_/k", "Content-Type: c\r\n"), 400,
       json_type, bad_type("Invalid type name")},
  };
}

std::vector<Row> uploads() {
  const auto id = [](const std::string& value) {
    return request("DELETE", "/v1/objects:multipart/u/_/k?upload_id=" + value);
  };
  const std::string bad = "Failed to deserialize query string: ";
  const std::string bad_id = bad + "upload_id: invalid upload_id: ";
  const std::string bad_json = "Failed to parse the request body as JSON: ";
  const std::string bad_shape = "Failed to deserialize the JSON body into the target type: ";
  const std::string media_type = "Expected request with `Content-Type: application/json`";
  const std::string one = R"({"parts":[{"part_number":1,"etag":"e"}]})";
  const auto part = [](const std::string& query, const std::string& headers = "") {
    return put(headers, parts_of + query);
  };
  return {
      {"no_upload_id", request("DELETE", "/v1/objects:multipart/u/_/k"), 400, text_type,
       bad + "missing field `upload_id`"},
      {"two_upload_ids", id("a&upload_id=b"), 400, text_type, bad + "duplicate field `upload_id`"},
      {"id_empty", id(""), 400, text_type, bad_id + "it is empty"},
      {"id_absolute", id("/a"), 400, text_type, bad_id + "it looks like a path"},
      {"id_relative", id("./a"), 400, text_type, bad_id + "it looks like a path"},
      {"id_dot", id("."), 400, text_type, bad_id + "it looks like a path"},
      {"id_parent", id("a/../b"), 400, text_type, bad_id + "it holds a component `..`"},
      {"id_encoded_parent", id("%2e%2e"), 400, text_type, bad_id + "it holds a component `..`"},
      {"no_part_number", part("?upload_id=1"), 400, text_type, bad + "missing field `part_number`"},
      {"part_number_zero", part("?upload_id=1&part_number=0"), 400, text_type,
       bad + "part_number: must be at least 1"},
      {"part_number_word", part("?upload_id=1&part_number=one"), 400, text_type,
       bad + "part_number: not a number"},
      {"part_number_beyond", part("?upload_id=1&part_number=4294967296"), 400, text_type,
       bad + "part_number: number too large"},
      {"two_part_numbers", part("?upload_id=1&part_number=1&part_number=2"), 400, text_type,
       bad + "duplicate field `part_number`"},
      {"max_parts_word", get(parts_of + "?upload_id=1&max_parts=x"), 400, text_type,
       bad + "max_parts: not a number"},
      {"marker_zero", get(parts_of + "?upload_id=1&part_number_marker=0"), 400, text_type,
       bad + "part_number_marker: must be at least 1"},
      {"part_without_length",
       request("PUT", parts_of + "?upload_id=1&part_number=1", "Transfer-Encoding: chunked\r\n") +
           "0\r\n\r\n",
       400, json_type, client_error("Content-Length header is required")},
      {"part_of_unknown_upload", part("?upload_id=none&part_number=1"), 404, json_type,
       service_error("multipart upload not found")},
      {"part_with_wrong_digest", part("?upload_id=upload-1&part_number=1", "Content-MD5: bad\r\n"),
       400, json_type, client_error("BadDigest: not that digest")},
      {"parts_of_unknown_upload", get(parts_of + "?upload_id=none"), 404, json_type,
       service_error("multipart upload not found")},
      {"complete_without_id", post_json(one, "application/json", ""), 400, text_type,
       bad + "missing field `upload_id`"},
      {"complete_without_type", request("POST", complete_of + "?upload_id=1"), 415, text_type,
       media_type},
      {"complete_of_other_type", post_json(one, "text/json"), 415, text_type, media_type},
      {"complete_too_long",
       request("POST", complete_of + "?upload_id=1",
               "Content-Type: application/json\r\nContent-Length: 2097153\r\n"),
       413, text_type, "Failed to buffer the request body: length limit exceeded"},
      {"complete_bad_json", post_json("{"), 400, text_type, bad_json + "*"},
      {"complete_trailing_text", post_json(one + "x"), 400, text_type, bad_json + "*"},
      {"complete_empty", post_json(""), 400, text_type, bad_json + "*"},
      {"complete_of_a_list", post_json("[]"), 422, text_type, bad_shape + "expected an object"},
      {"complete_without_parts", post_json("{}"), 422, text_type,
       bad_shape + "missing field `parts`"},
      {"complete_parts_no_list", post_json(R"({"parts":1})"), 422, text_type,
       bad_shape + "parts: expected a list"},
      {"complete_part_zero", post_json(R"({"parts":[{"part_number":0,"etag":"e"}]})"), 422,
       text_type, bad_shape + "*"},
      {"complete_part_word", post_json(R"({"parts":[{"part_number":"1","etag":"e"}]})"), 422,
       text_type, bad_shape + "*"},
      {"complete_without_etag", post_json(R"({"parts":[{"part_number":1}]})"), 422, text_type,
       bad_shape + "parts[0]: missing field `etag`"},
      {"complete_etag_number", post_json(R"({"parts":[{"part_number":1,"etag":1}]})"), 422,
       text_type, bad_shape + "parts[0].etag: expected a string"},
      {"complete_of_unknown_upload", post_json(one, "application/json", "?upload_id=none"), 200,
       json_type, failed_completion("service error: multipart upload not found")},
      {"complete_in_json_of_a_kind",
       post_json(one, "application/problem+json; a=b", "?upload_id=none"), 200, json_type,
       failed_completion("service error: multipart upload not found")},
      {"no_initiate_here", request("POST", "/v1/objects:multipart/u/_"), 501, json_type,
       not_implemented, Given::no_uploads},
      {"no_initiate_of_key_here", request("PUT", "/v1/objects:multipart/u/_/k"), 501, json_type,
       not_implemented, Given::no_uploads},
      {"no_parts_here", part("?upload_id=1&part_number=1"), 501, json_type, not_implemented,
       Given::no_uploads},
      {"no_list_here", get(parts_of + "?upload_id=1"), 501, json_type, not_implemented,
       Given::no_uploads},
      {"no_abort_here", id("1"), 501, json_type, not_implemented, Given::no_uploads},
      {"no_completion_here", post_json(one), 200, json_type,
       failed_completion("service error: not implemented"), Given::no_uploads},
  };
}

std::vector<Row> credentials() {
  const std::string decode = "failed to decode token: ";
  const std::string read = R"("object.read")";
  const auto given = Given::enforced;
  const auto with = [](const std::string& headers) { return get(object, headers); };
  const auto claims = [&](const std::string& text) { return with(bearer_with_claims(text)); };
  const std::string rest = R"(,"res":{"os:usecase":"u"},"permissions":["object.read"]})";
  const auto decode_row = [&](const char* name, const std::string& request_text,
                              const std::string& why) {
    return Row{name, request_text, 401, json_type, auth_error(decode + why, why), given};
  };
  return {
      {"none", get(object), 400, json_type,
       auth_error("bad request: No authorization token provided"), given},
      {"not_bearer", with("Authorization: Basic abc\r\n"), 400, json_type,
       auth_error("bad request: No authorization token provided"), given},
      decode_row("two_parts", with("Authorization: Bearer a.b\r\n"), "InvalidToken"),
      {"header_base64", with("Authorization: Bearer !.b.c\r\n"), 401, json_type, "*", given},
      {"header_json", with("Authorization: Bearer e30x.b.c\r\n"), 401, json_type, "*", given},
      {"no_kid", with(bearer_with_header(R"({"alg":"EdDSA"})")), 400, json_type,
       auth_error("bad request: JWT header is missing `kid` field"), given},
      {"unknown_kid", with(bearer_with_header(R"({"alg":"EdDSA","kid":"nobody"})")), 401, json_type,
       auth_error("unknown key"), given},
      decode_row("algorithm", with(bearer_with_header(R"({"alg":"HS256","kid":"relay"})")),
                 "InvalidAlgorithm"),
      {"signature", with("X-Os-Auth: Bearer eyJhbGciOiJFZERTQSIsImtpZCI6InJlbGF5In0.e30.AAAA\r\n"),
       401, json_type, auth_error("failed to verify token"), given},
      {"claims", claims("[]"), 401, json_type, "*", given},
      decode_row("no_exp", claims("{" + rest.substr(1)), "Missing required claim: exp"),
      decode_row("expired", with(bearer(read, "u", "1")), "ExpiredSignature"),
      decode_row("issuer", claims(R"({"iss":"eve","exp":)" + far_future + rest), "InvalidIssuer"),
      decode_row("audience", claims(R"({"aud":"eve","exp":)" + far_future + rest),
                 "InvalidAudience"),
      {"permission", request("DELETE", object, bearer(read)), 403, json_type,
       auth_error("operation not allowed"), given},
      {"max_permissions", request("DELETE", object, bearer(R"("object.delete")")), 403, json_type,
       auth_error("operation not allowed"), given},
      {"usecase", with(bearer(read, "other")), 403, json_type, auth_error("operation not allowed"),
       given},
      {"write", put(bearer(read)), 403, json_type, auth_error("operation not allowed"), given},
      {"initiate", request("POST", "/v1/objects:multipart/u/_", bearer(read)), 403, json_type,
       auth_error("operation not allowed"), given},
      {"list_parts", get(parts_of + "?upload_id=1", bearer(read)), 403, json_type,
       auth_error("operation not allowed"), given},
      {"complete",
       request("POST", complete_of + "?upload_id=1",
               bearer(read) + "Content-Type: application/json\r\nContent-Length: 12\r\n") +
           R"({"parts":[]})",
       200, json_type, failed_completion("auth error: operation not allowed"), given},
      {"range_before_permission", get(object, bearer("") + "Range: x\r\n"), 400, json_type, "*",
       given},
      {"metadata_before_permission", put(bearer(read) + "Content-Type: c\r\n"), 400, json_type, "*",
       given},
      {"credential_before_path", get("/v1/objects/u/bad/k"), 400, json_type, "*", given},
      {"query_twice", get(object + "?os_auth=a&os_auth=b"), 400, json_type,
       auth_error("bad request: invalid query string"), given},
      {"signed_put", put("", object + signed_query + "x"), 403, json_type,
       auth_error("presigned URLs are not supported for this method"), given},
      {"signed_without_kid", get(object + "?os_sig=x"), 400, json_type,
       auth_error("bad request: presigned URL has missing or invalid parameters"), given},
      {"signed_by_nobody",
       get(object + "?os_kid=no&os_timestamp=2026-04-20T13:37:00Z&os_duration=60&os_sig=x"), 401,
       json_type, auth_error("unknown key"), given},
      {"signed_for_too_long",
       get(object + "?os_kid=relay&os_timestamp=2026-04-20T13:37:00Z&os_duration=604801&os_sig=x"),
       400, json_type,
       auth_error("bad request: presigned URL validity exceeds the maximum of 1 week"), given},
      {"signed_long_ago",
       get(object + "?os_kid=relay&os_timestamp=2025-04-20T13:37:00Z&os_duration=60&os_sig=x"), 401,
       json_type, auth_error("failed to verify token"), given},
      {"signed_wrongly", get(object + signed_query + "x"), 401, json_type,
       auth_error("failed to verify token"), given},
  };
}

std::vector<Row> limits() {
  const std::string off = "Object access is disabled for this scope through killswitches";
  const std::string one_day = "ttl:1d";
  const auto with_policy = [](const std::string& policy) {
    return put("x-sn-expiration: " + policy + "\r\n");
  };
  return {
      {"switched_off", get(object), 403, text_type, off, Given::switched_off},
      {"batch_switched_off", request("POST", "/v1/objects:batch/u/_/"), 403, text_type, off,
       Given::switched_off},
      {"path_before_switch", get("/v1/objects/u/bad/k"), 400, text_type,
       "Invalid URL: scope must be 'key=value'", Given::switched_off},
      {"rate", get(object), 429, text_type, "Object access is rate limited", Given::no_requests},
      {"rate_of_batch", request("POST", "/v1/objects:batch/u/_/"), 429, text_type,
       "Object access is rate limited", Given::no_requests},
      {"rate_before_range", get(object, "Range: x\r\n"), 429, text_type,
       "Object access is rate limited", Given::no_requests},
      {"capacity", get(object), 429, json_type, service_error("concurrency limit reached"),
       Given::no_operations},
      {"capacity_of_completion", post_json(R"({"parts":[]})"), 200, json_type,
       failed_completion("service error: concurrency limit reached"), Given::no_operations},
      {"policy_kind", put(""), 400, json_type,
       client_error("expiration policy 'manual' is not allowed for use case 'u'"),
       Given::strict_usecase},
      {"policy_maximum", with_policy("ttl:25h"), 400, json_type,
       client_error("expiration duration 1d 1h exceeds maximum of 1d for use case 'u'"),
       Given::strict_usecase},
      {"policy_of_upload", request("PUT", "/v1/objects:multipart/u/_/k"), 400, json_type,
       client_error("expiration policy 'manual' is not allowed for use case 'u'"),
       Given::strict_usecase},
  };
}

// --- the test ------------------------------------------------------------------------------------

ServiceOptions options_of(Given given) {
  ServiceOptions options;
  switch (given) {
    case Given::nothing:
      break;
    case Given::enforced: {
      options.enforce_auth = true;
      KeyRing ring;
      ring.versions = {testing::Signer(testing::vector_seed).public_key()};
      ring.max_permissions = {Permission::object_read, Permission::object_write};
      options.keys.emplace("relay", std::move(ring));
      break;
    }
    case Given::switched_off: {
      Killswitch off;
      off.usecase = "u";
      options.kill_switches = {off};
      break;
    }
    case Given::no_requests:
      options.rate_limits.throughput.global_rps = 0;
      break;
    case Given::no_operations:
      options.concurrency.max_concurrency = 0;
      break;
    case Given::strict_usecase: {
      UsecaseConfig strict;
      strict.manual_allowed = false;
      strict.ttl.max = std::chrono::hours(24);
      options.usecases.emplace("u", strict);
      break;
    }
    case Given::no_uploads:
      options.takes_uploads = false;
      break;
  }
  return options;
}

void expect_shape(const std::string& expected, const std::string& body) {
  if (expected == "*") {
    EXPECT_TRUE(body.starts_with("{\"detail\":\"")) << body;
    EXPECT_TRUE(body.ends_with("}")) << body;
  } else if (expected.ends_with("*")) {
    EXPECT_TRUE(body.starts_with(expected.substr(0, expected.size() - 1))) << body;
  } else {
    EXPECT_EQ(body, expected);
  }
}

class RefusalTable : public ::testing::TestWithParam<Row> {};

TEST_P(RefusalTable, row) {
  const auto& row = GetParam();
  TestServer server({}, options_of(row.given));
  ObjectId id{"u", Scopes(), "empty"};
  server.store.objects[id.storage_path()] = {};
  id.key = "three";
  server.store.objects[id.storage_path()].bytes = "abc";
  id.key = "k";
  server.uploads.started["upload-1"].object = id.storage_path();

  Client client(server);
  const auto answer = client.request(row.request);
  EXPECT_EQ(answer.status, row.status);
  EXPECT_EQ(answer.header("content-type"), row.content_type);
  expect_shape(row.body, answer.body);
  EXPECT_EQ(answer.header("allow"), row.allow);
  EXPECT_EQ(answer.header("server"), "objectstore/0.1.0");
  EXPECT_EQ(answer.header("date"), "Mon, 20 Apr 2026 13:37:00 GMT");
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(server.store.objects.size(), 2U) << "nothing was stored";
  EXPECT_TRUE(server.uploads.completed.empty());
  EXPECT_EQ(server.uploads.started.size(), 1U);
  EXPECT_EQ(server.operations.running(), 0U);
  for (const auto& line : server.logger.lines()) {
    if (line.message == "concurrency limit reached") continue;  // of the limit, not of a request
    EXPECT_NE(line.fields.find("request_id=" + answer.header("x-request-id")), std::string::npos)
        << line.message << " " << line.fields;
  }
}

std::string name_of(const ::testing::TestParamInfo<Row>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Routing, RefusalTable, ::testing::ValuesIn(routing()), name_of);
INSTANTIATE_TEST_SUITE_P(Paths, RefusalTable, ::testing::ValuesIn(paths()), name_of);
INSTANTIATE_TEST_SUITE_P(Ranges, RefusalTable, ::testing::ValuesIn(ranges()), name_of);
INSTANTIATE_TEST_SUITE_P(Metadata, RefusalTable, ::testing::ValuesIn(metadata()), name_of);
INSTANTIATE_TEST_SUITE_P(Uploads, RefusalTable, ::testing::ValuesIn(uploads()), name_of);
INSTANTIATE_TEST_SUITE_P(Credentials, RefusalTable, ::testing::ValuesIn(credentials()), name_of);
INSTANTIATE_TEST_SUITE_P(Limits, RefusalTable, ::testing::ValuesIn(limits()), name_of);

}  // namespace
}  // namespace objectstore
