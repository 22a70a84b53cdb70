// Entries of the change log: what is read permits deletions, so it must say what was written.
#include "changelog/entry.h"

#include "fuzz.h"

namespace objectstore {
namespace {

constexpr std::string_view some_id = "0190b36f-9d2c-7abc-8def-0123456789ab";

void check_revision(const std::optional<Revision>& revision, const Change& change) {
  if (revision) FUZZ_CHECK(revision->object_path() == change.object);
}

void check_entry(std::string_view key, std::string_view text) {
  const auto decoded = decode_entry(key, text);
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
  check_revision(change.new_revision, change);
  check_revision(change.old_revision, change);

  const auto again = decode_entry(entry_key(change.id), encode_entry(*entry));
  FUZZ_CHECK(again.ok());
  const auto* same = std::get_if<LogEntry>(&*again);
  FUZZ_CHECK(same != nullptr && *same == *entry);
}

}  // namespace

// A key, a newline, the entry's text; or the text alone.
FUZZ_TARGET(input) {
  const auto newline = input.find('\n');
  if (newline != std::string_view::npos) {
    const auto key = input.substr(0, newline);
    if (const auto id = change_id_of_key(key)) {
      FUZZ_CHECK(change_id_of_key(entry_key(*id)) == id);
      FUZZ_CHECK(entry_key(*id).starts_with(shard_start(id->low_byte())));
    }
    check_entry(key, input.substr(newline + 1));
  }
  check_entry(entry_key(*Uuid::parse(some_id)), input);
}

}  // namespace objectstore
