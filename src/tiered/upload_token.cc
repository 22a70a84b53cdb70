#include "tiered/upload_token.h"

#include <nlohmann/json.hpp>

#include "base/base64url.h"
#include "model/whole_json.h"

namespace objectstore {

namespace {

using Json = nlohmann::ordered_json;

Error no_token(std::string_view why) {
  std::string text = "invalid upload_id: ";
  text += why;
  return Error(ErrorCode::invalid_argument, std::move(text));
}

const std::string* text_member(const Json& json, const char* name) {
  const auto member = json.find(name);
  return member == json.end() ? nullptr : member->get_ptr<const std::string*>();
}

}  // namespace

std::string encode_upload_token(const ObjectId& object, const UploadToken& token) {
  std::string revision = object.key;
  revision += '/';
  revision += token.revision.id().str();
  Json json;
  json["change"] = token.change.str();
  json["revision"] = revision;
  json["upload_id"] = token.upload_id;
  return base64url_encode(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<UploadToken> decode_upload_token(const ObjectId& object, std::string_view text) {
  const auto bytes = base64url_decode(text);
  if (!bytes) return no_token("not base64url");
  const auto json = parse_whole_json<Json>(*bytes);
  if (!json.is_object()) return no_token("not one that this service has given");
  const auto* change_text = text_member(json, "change");
  const auto* revision = text_member(json, "revision");
  const auto* upload_id = text_member(json, "upload_id");
  if (change_text == nullptr || revision == nullptr || upload_id == nullptr) {
    return no_token("not one that this service has given");
  }
  const auto change = Uuid::parse(*change_text);
  const auto slash = revision->rfind('/');
  if (!change || slash == std::string::npos) return no_token("not one that this service has given");
  const auto id = Uuid::parse(std::string_view(*revision).substr(slash + 1));
  if (!id) return no_token("not one that this service has given");
  if (std::string_view(*revision).substr(0, slash) != object.key) {
    return no_token("it belongs to another object");
  }
  return UploadToken{*change, Revision(object.storage_path(), *id), *upload_id};
}

}  // namespace objectstore
