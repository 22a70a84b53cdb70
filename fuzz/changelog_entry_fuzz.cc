// Entries of the change log: what is read permits deletions, so it must say what was written.
#include "changelog/entry.h"

#include <algorithm>

#include "fuzz.h"

namespace objectstore {
namespace {

constexpr std::string_view some_id = "0190b36f-9d2c-7abc-8def-0123456789ab";

void check_revision(const std::optional<Revision>& revision, const Change& change) {
  if (revision) FUZZ_CHECK(revision->object_path() == change.object);
}

void check_state(const LogEntry& entry, std::string_view state) {
  FUZZ_CHECK(encode_upload_state(entry) == state);
  if (!entry.upload_state) return;
  FUZZ_CHECK(entry.change.new_revision.has_value());
  FUZZ_CHECK(entry.upload_state->attempts.size() <= max_upload_attempts);
  FUZZ_CHECK(entry.upload_state->upload_id.size() <= max_upload_text);
}

void check_entry(std::string_view key, std::string_view text, std::string_view state) {
  const auto decoded = decode_entry(key, text, state);
  if (!decoded.ok()) {
    FUZZ_CHECK(decoded.error().code() == ErrorCode::corrupt);
    FUZZ_CHECK(decoded.error().message().size() < 128 + key.size());
    return;
  }
  const auto* entry = std::get_if<LogEntry>(&*decoded);
  if (entry == nullptr) return;
  const auto& change = entry->change;
  FUZZ_CHECK(change_id_of_key(key) == change.id);
  FUZZ_CHECK(ObjectId::parse_storage_path(change.object).has_value());
  FUZZ_CHECK(change.upload.size() <= max_upload_text);
  check_revision(change.new_revision, change);
  check_revision(change.old_revision, change);
  check_state(*entry, state);

  const auto again =
      decode_entry(entry_key(change.id), encode_entry(*entry), encode_upload_state(*entry));
  FUZZ_CHECK(again.ok());
  const auto* same = std::get_if<LogEntry>(&*again);
  FUZZ_CHECK(same != nullptr && *same == *entry);
}

LogEntry some_upload() {
  LogEntry entry;
  entry.change.id = *Uuid::parse(some_id);
  entry.change.object = "u/objects/k";
  entry.change.new_revision = Revision(entry.change.object, entry.change.id);
  entry.upload_state.emplace();
  return entry;
}

}  // namespace

// A key, the entry's text and, unless empty, its state's, one a line; or one of the texts alone.
FUZZ_TARGET(input) {
  const auto newline = input.find('\n');
  if (newline != std::string_view::npos) {
    const auto key = input.substr(0, newline);
    if (const auto id = change_id_of_key(key)) {
      FUZZ_CHECK(change_id_of_key(entry_key(*id)) == id);
      FUZZ_CHECK(entry_key(*id).starts_with(shard_start(id->low_byte())));
    }
    const auto texts = input.substr(newline + 1);
    const auto end = std::min(texts.find('\n'), texts.size());
    check_entry(key, texts.substr(0, end), texts.substr(std::min(end + 1, texts.size())));
  }
  const auto upload = some_upload();
  const auto key = entry_key(upload.change.id);
  check_entry(key, input, {});
  check_entry(key, encode_entry(upload), input);
}

}  // namespace objectstore
