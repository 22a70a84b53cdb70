#include "changelog/entry.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "model/whole_json.h"

namespace objectstore {

namespace {

using Json = nlohmann::ordered_json;
using Decoded = std::variant<LogEntry, UnknownEntryVersion>;

constexpr std::uint64_t state_version = 1;
constexpr std::pair<UploadPhase, std::string_view> phase_names[] = {
    {UploadPhase::idle, "idle"}, {UploadPhase::held, "held"}, {UploadPhase::dead, "dead"}};

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

Result<bool> flag_member(std::string_view key, const Json& json, const char* name) {
  const auto it = json.find(name);
  if (it == json.end()) return false;
  if (!it->is_boolean()) return corrupt(key, std::string(name) + " is no boolean");
  return it->get<bool>();
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// The address goes into requests that end uploads.
Result<std::string> upload_member(std::string_view key, const Json& json) {
  const auto it = json.find("upload");
  if (it == json.end()) return std::string();
  if (!it->is_string()) return corrupt(key, "upload is no string");
  auto address = it->get<std::string>();
  if (address.size() > max_upload_text) return corrupt(key, "upload is too long");
  if (!is_printable(address)) return corrupt(key, "upload is not printable");
  return address;
}

std::optional<Uuid> uuid_of(const Json& json) {
  return json.is_string() ? Uuid::parse(json.get_ref<const std::string&>()) : std::nullopt;
}

Result<std::uint64_t> version_of(std::string_view key, const Json& version) {
  if (!version.is_number_unsigned()) return corrupt(key, "version is no number");
  return version.get<std::uint64_t>();
}

// What isn't as this program writes it fails here, or is found out by its text.
std::optional<UploadState> state_members(const Json& json) {
  const auto phase = json.find("phase");
  const auto nonce = json.find("nonce");
  const auto attempts = json.find("attempts");
  const auto upload_id = json.find("upload_id");
  for (const auto& member : {phase, nonce, attempts, upload_id}) {
    if (member == json.end()) return std::nullopt;
  }
  if (!phase->is_string() || !attempts->is_array() || !upload_id->is_string()) return std::nullopt;
  const auto* named = std::find_if(
      std::begin(phase_names), std::end(phase_names),
      [&](const auto& name) { return name.second == phase->get_ref<const std::string&>(); });
  const auto id = uuid_of(*nonce);
  if (named == std::end(phase_names) || !id) return std::nullopt;
  UploadState state{named->first, *id, {}, upload_id->get<std::string>()};
  if (attempts->size() > max_upload_attempts || state.upload_id.size() > max_upload_text) {
    return std::nullopt;
  }
  state.attempts.reserve(attempts->size());
  for (const auto& attempt : *attempts) {
    const auto attempt_id = uuid_of(attempt);
    if (!attempt_id) return std::nullopt;
    state.attempts.push_back(AttemptId{*attempt_id});
  }
  if (state.phase == UploadPhase::held && state.attempts.empty()) return std::nullopt;
  return state;
}

Result<std::variant<UploadState, UnknownEntryVersion>> decode_state(std::string_view key,
                                                                    std::string_view text) {
  using State = std::variant<UploadState, UnknownEntryVersion>;
  const auto json = parse_whole_json<Json>(text);
  if (!json.is_object()) return corrupt(key, "its state is no JSON object");
  const auto version = json.find("version");
  if (version == json.end()) return corrupt(key, "its state has no version");
  TRY_ASSIGN(const auto number, version_of(key, *version));
  if (number > state_version) return State(UnknownEntryVersion{number});
  auto state = state_members(json);
  // Who exchanges it must be able to name what is stored.
  if (!state || encode_upload_state(*state) != text) return corrupt(key, "its state is malformed");
  return State(*std::move(state));
}

// Beside an entry that is readable so far.
Result<Decoded> with_state(std::string_view key, LogEntry entry, bool multipart,
                           std::string_view text) {
  if (multipart && !entry.change.new_revision) return corrupt(key, "an upload of no revision");
  if (text.empty()) {
    // No attempt that could be fenced is known, so nothing may be made of it any more.
    if (multipart) entry.upload_state = UploadState{UploadPhase::dead, Uuid(), {}, {}};
    return Decoded(std::move(entry));
  }
  TRY_ASSIGN(auto state, decode_state(key, text));
  if (const auto* unknown = std::get_if<UnknownEntryVersion>(&state)) return Decoded(*unknown);
  if (!multipart) return corrupt(key, "a state beside what is no multipart upload");
  entry.upload_state = std::get<UploadState>(std::move(state));
  return Decoded(std::move(entry));
}

}  // namespace

bool is_open_upload(const LogEntry& entry) {
  return entry.upload_state && entry.upload_state->phase == UploadPhase::idle;
}

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
  if (!entry.change.upload.empty()) json["upload"] = entry.change.upload;
  if (entry.upload_state) json["multipart"] = true;
  if (entry.swept_later) json["sweep"] = true;
  if (!entry.owner.empty()) json["owner"] = entry.owner;
  if (!entry.owner.empty() && entry.claimed) json["claimed"] = true;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string encode_upload_state(const UploadState& state) {
  if (state.nonce == Uuid()) return std::string();
  Json json;
  json["version"] = state_version;
  for (const auto& [phase, name] : phase_names) {
    if (phase == state.phase) json["phase"] = name;
  }
  json["nonce"] = state.nonce.str();
  json["attempts"] = Json::array();
  for (const auto& attempt : state.attempts)
    json["attempts"].push_back(attempt.id.str());
  json["upload_id"] = state.upload_id;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string encode_upload_state(const LogEntry& entry) {
  return entry.upload_state ? encode_upload_state(*entry.upload_state) : std::string();
}

Result<std::variant<LogEntry, UnknownEntryVersion>> decode_entry(std::string_view key,
                                                                 std::string_view text,
                                                                 std::string_view state) {
  const auto id = change_id_of_key(key);
  if (!id) return corrupt(key, "its key holds no change id");
  if (text.empty() && !state.empty()) return corrupt(key, "its state lies there alone");
  const auto json = parse_whole_json<Json>(text);
  if (!json.is_object()) return corrupt(key, "not a JSON object");
  if (const auto version = json.find("version"); version != json.end()) {
    TRY_ASSIGN(const auto number, version_of(key, *version));
    return Decoded(UnknownEntryVersion{number});
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
  TRY_ASSIGN(entry.change.upload, upload_member(key, json));
  TRY_ASSIGN(const bool multipart, flag_member(key, json, "multipart"));
  TRY_ASSIGN(entry.swept_later, flag_member(key, json, "sweep"));
  read_owner(json, entry);
  return with_state(key, std::move(entry), multipart, state);
}

}  // namespace objectstore
