// The entries of the change log and their stored form (docs/formats/changelog.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "base/uuid.h"
#include "model/object_id.h"
#include "storage/row_store.h"

namespace objectstore {

// One mutation of an object that has, or will have, a blob.
struct Change {
  Uuid id;             // version 7; of a large write it is the id of its attempt, too
  std::string object;  // storage path: the key of the row
  std::optional<Revision> new_revision;
  std::optional<Revision> old_revision;

  [[nodiscard]] AttemptId attempt() const { return AttemptId{id}; }
  friend bool operator==(const Change&, const Change&) = default;
};

// Milliseconds since the epoch: the time from which anyone may look at an entry.
using EntryTime = std::uint64_t;

struct LogEntry {
  Change change;
  // The change is settled; at its time the blobs are deleted once more, for an upload that was
  // under way may have finished since.
  bool swept_later = false;
  // Who keeps the change alive, for people; decides nothing. Empty: not told.
  std::string owner = {};
  bool claimed = false;  // `owner` has taken the change over to settle it
  friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

inline constexpr std::string_view changelog_prefix = "~changelog/";
inline constexpr std::string_view quarantine_prefix = "~quarantine/";
inline constexpr unsigned changelog_shards = 256;

// `~changelog/{two hex digits of random bits of the id}/{id}`: recording heats no single tablet.
[[nodiscard]] std::string entry_key(const Uuid& change_id);
// The first key of a shard; `changelog_shards` gives the end of the log.
[[nodiscard]] std::string shard_start(unsigned shard);
// The id in a key of the present form or of the draft's (`~changelog/{id}`).
[[nodiscard]] std::optional<Uuid> change_id_of_key(std::string_view key);

// `{"id":"<path>","new":"<path>"|null,"old":"<path>"|null}`, and `"sweep":true` when swept later,
// `"owner":"<text>"` when told, `"claimed":true` behind it when claimed.
[[nodiscard]] std::string encode_entry(const LogEntry& entry);

// Written by a later version of this program: to be left in place.
struct UnknownEntryVersion {
  std::uint64_t version;
};
// `corrupt` where it is no entry, or where a revision is not one of the entry's own object:
// such an entry permits no deletion.
[[nodiscard]] Result<std::variant<LogEntry, UnknownEntryVersion>> decode_entry(
    std::string_view key, std::string_view json);

}  // namespace objectstore
