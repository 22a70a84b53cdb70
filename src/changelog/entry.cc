#include "changelog/entry.h"

#include <nlohmann/json.hpp>

namespace objectstore {

namespace {

using Json = nlohmann::ordered_json;

Error corrupt(std::string_view key, std::string_view why) {
  return Error(ErrorCode::corrupt,
               "change log entry " + std::string(key) + " can't be read: " + std::string(why));
}

Json revision_json(const std::optional<Revision>& revision) {
  if (!revision) return nullptr;
  return revision->path();
}

// The revision in a member, which must belong to `object`.
Result<std::optional<Revision>> revision_member(std::string_view key, const Json& json,
                                                const char* name, const std::string& object) {
  const auto it = json.find(name);
  if (it == json.end()) return corrupt(key, std::string("no member ") + name);
  if (it->is_null()) return std::optional<Revision>();
  if (!it->is_string()) return corrupt(key, std::string(name) + " is no string");
  // Only what is replaced can be a blob that no revision's id is part of.
  const auto& path = it->get_ref<const std::string&>();
  if (path == object && name == std::string_view("old")) {
    return std::optional<Revision>(Revision::unnumbered(object));
  }
  auto revision = Revision::parse(path);
  if (!revision) return corrupt(key, std::string(name) + " is no revision");
  if (revision->object_path() != object) {
    return corrupt(key, std::string(name) + " is a revision of another object");
  }
  return revision;
}

// For people only, so nothing in it makes an entry unusable.
void read_owner(const Json& json, LogEntry& entry) {
  const auto owner = json.find("owner");
  if (owner == json.end() || !owner->is_string()) return;
  entry.owner = owner->get<std::string>();
  const auto claimed = json.find("claimed");
  entry.claimed = claimed != json.end() && claimed->is_boolean() && claimed->get<bool>();
}

}  // namespace

std::string entry_key(const Uuid& change_id) {
  return shard_start(change_id.low_byte()) + change_id.str();
}

std::string shard_start(unsigned shard) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string key(changelog_prefix);
  if (shard >= changelog_shards) {
    key.back() = '/' + 1;
    return key;
  }
  key += digits[shard >> 4];
  key += digits[shard & 15];
  key += '/';
  return key;
}

std::optional<Uuid> change_id_of_key(std::string_view key) {
  if (!key.starts_with(changelog_prefix)) return std::nullopt;
  key.remove_prefix(changelog_prefix.size());
  if (key.size() > 3 && key[2] == '/') {
    const auto id = Uuid::parse(key.substr(3));
    return id && entry_key(*id).substr(changelog_prefix.size()) == key ? id : std::nullopt;
  }
  return Uuid::parse(key);
}

std::string encode_entry(const LogEntry& entry) {
  Json json;
  json["id"] = entry.change.object;
  json["new"] = revision_json(entry.change.new_revision);
  json["old"] = revision_json(entry.change.old_revision);
  if (entry.swept_later) json["sweep"] = true;
  if (!entry.owner.empty()) json["owner"] = entry.owner;
  if (!entry.owner.empty() && entry.claimed) json["claimed"] = true;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::variant<LogEntry, UnknownEntryVersion>> decode_entry(std::string_view key,
                                                                 std::string_view text) {
  using Decoded = std::variant<LogEntry, UnknownEntryVersion>;
  const auto id = change_id_of_key(key);
  if (!id) return corrupt(key, "its key holds no change id");
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return corrupt(key, "not a JSON object");
  if (const auto version = json.find("version"); version != json.end()) {
    if (!version->is_number_unsigned()) return corrupt(key, "version is no number");
    return Decoded(UnknownEntryVersion{version->get<std::uint64_t>()});
  }
  const auto object = json.find("id");
  if (object == json.end() || !object->is_string()) return corrupt(key, "no object id");

  LogEntry entry;
  entry.change.id = *id;
  entry.change.object = object->get<std::string>();
  if (!ObjectId::parse_storage_path(entry.change.object)) {
    return corrupt(key, "its object id is no storage path");
  }
  TRY_ASSIGN(entry.change.new_revision, revision_member(key, json, "new", entry.change.object));
  TRY_ASSIGN(entry.change.old_revision, revision_member(key, json, "old", entry.change.object));
  if (const auto sweep = json.find("sweep"); sweep != json.end()) {
    if (!sweep->is_boolean()) return corrupt(key, "sweep is no boolean");
    entry.swept_later = sweep->get<bool>();
  }
  read_owner(json, entry);
  return Decoded(std::move(entry));
}

}  // namespace objectstore
