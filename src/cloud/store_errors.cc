#include "cloud/store_errors.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <utility>

#include "base/trim.h"
#include "cloud/shown_text.h"

namespace objectstore {

namespace {

constexpr std::size_t longest_code = 64;
constexpr std::size_t longest_message = 300;

// Empty where it is no string.
std::string text_of(const nlohmann::json& object, const char* member) {
  if (!object.is_object()) return {};
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void read_json(std::string_view body, StoreRefusal& refusal) {
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return;
  const auto error = json.find("error");
  if (error == json.end()) return;
  if (error->is_string()) {  // as token servers say it (RFC 6749, 5.2)
    refusal.code = text_of(json, "error");
    refusal.message = text_of(json, "error_description");
    return;
  }
  refusal.message = text_of(*error, "message");
  if (!error->is_object()) return;
  const auto errors = error->find("errors");
  if (errors == error->end() || !errors->is_array() || errors->empty()) return;
  refusal.code = text_of(errors->front(), "reason");
}

void read_xml(std::string_view body, StoreRefusal& refusal) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return;
  const auto error = document.child("Error");
  refusal.code = error.child_value("Code");
  refusal.message = error.child_value("Message");
}

bool is_json(const HttpReply& reply) {
  const auto type = find_header(reply.headers, "content-type").value_or("");
  if (type.find("json") != std::string_view::npos) return true;
  if (type.find("xml") != std::string_view::npos) return false;
  return reply.body.starts_with('{');
}

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

ErrorCode error_code(const StoreRefusal& refusal) {
  const auto status = refusal.status;
  if (status == 413 || refusal.code == "EntityTooLarge") return ErrorCode::payload_too_large;
  if (status == 507) return ErrorCode::out_of_space;
  if (status == 412 || status == 409) return ErrorCode::conflict;
  const bool passing = status == 408 || status == 429 || status >= 500;
  if (passing || refusal.code == "RequestTimeout") return ErrorCode::unavailable;
  return ErrorCode::io;
}

// What an operator can do about it; empty: nothing is known.
std::string_view remedy(const StoreRefusal& refusal) {
  const auto& code = refusal.code;
  const auto says = [&](std::string_view text) {
    return refusal.message.find(text) != std::string::npos;
  };
  if (code == "NoSuchBucket" || (refusal.status == 404 && says("bucket does not exist"))) {
    return "create the bucket, or correct its name in the configuration";
  }
  if (is_one_of(code, {"AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect",
                       "IllegalLocationConstraintException"}) ||
      refusal.status == 301 || refusal.status == 307) {
    return "the bucket may be in another region than the configured one";
  }
  if (code == "RequestTimeTooSkewed" || says("clock")) {
    return "this machine's clock differs from the store's: synchronize it";
  }
  if (is_one_of(code, {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSecurity"})) {
    return "check the access key and its secret";
  }
  if (is_one_of(code, {"ExpiredToken", "InvalidToken", "TokenRefreshRequired"}) ||
      refusal.status == 401) {
    return "the store does not accept the credentials: they may have expired";
  }
  if (refusal.status == 403 || code == "AccessDenied") {
    return "check that the credentials have the permissions needed on the bucket";
  }
  return {};
}

}  // namespace

StoreRefusal read_refusal(const HttpReply& reply) {
  StoreRefusal refusal;
  refusal.status = reply.status;
  if (is_json(reply)) {
    read_json(reply.body, refusal);
  } else {
    read_xml(reply.body, refusal);
  }
  refusal.code = shown_text(trimmed(refusal.code), longest_code);
  refusal.message = shown_text(trimmed(refusal.message), longest_message);
  return refusal;
}

Error refusal_error(std::string_view store, std::string_view action, const StoreRefusal& refusal) {
  std::string text(store);
  text.append(": `").append(action).append("` failed: status ");
  text.append(std::to_string(refusal.status));
  for (const auto* part : {&refusal.code, &refusal.message}) {
    if (!part->empty()) text.append(": ").append(*part);
  }
  if (const auto help = remedy(refusal); !help.empty()) {
    while (text.ends_with('.'))
      text.pop_back();
    text.append("; ").append(help);
  }
  return Error(error_code(refusal), std::move(text));
}

}  // namespace objectstore
