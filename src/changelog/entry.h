// The entries of the change log and their stored form (docs/formats/changelog.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

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
  // Where the upload of `new_revision` can be ended, as BlobWriter::begin() gave it; or empty.
  std::string upload = {};

  [[nodiscard]] AttemptId attempt() const { return AttemptId{id}; }
  friend bool operator==(const Change&, const Change&) = default;
};

// Milliseconds since the epoch: the time from which anyone may look at an entry.
using EntryTime = std::uint64_t;

// What a multipart upload's entry is in (docs/adr/0001-change-protocol.md, "Multipart uploads").
enum class UploadPhase : std::uint8_t {
  idle,  // nobody completes it now; its time is when it is given up
  held,  // by the last of its attempts, which keeps it alive
  dead,  // for good: it can only be cleaned up
};

// The second half of a multipart upload's entry. Each write of the entry carries a fresh nonce, so
// that the state's exact value tells whether the entry is still the one that was read.
struct UploadState {
  UploadPhase phase = UploadPhase::idle;
  Uuid nonce;  // nil: stands for a state that is missing where there should be one
  std::vector<AttemptId> attempts;  // all that ever held it, the last one last
  std::string upload_id;            // the long-term store's own; empty: not opened, or not known
  friend bool operator==(const UploadState&, const UploadState&) = default;
};

// Entries that hold more are corrupt: who writes one keeps to it.
inline constexpr std::size_t max_upload_text = 2048;  // bytes of Change::upload, of an upload's id
inline constexpr std::size_t max_upload_attempts = 1000;

struct LogEntry {
  Change change;
  // The change is settled; at its time the blobs are deleted once more, for an upload that was
  // under way may have finished since.
  bool swept_later = false;
  // Who keeps the change alive, for people; decides nothing. Empty: not told.
  std::string owner = {};
  bool claimed = false;  // `owner` has taken the change over to settle it
  // Set for multipart uploads, whose entries are written by ChangeLog::exchange() only.
  std::optional<UploadState> upload_state = {};
  friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

// A multipart upload that nobody completes at this moment: until its time, no cause for concern.
[[nodiscard]] bool is_open_upload(const LogEntry& entry);

inline constexpr std::string_view changelog_prefix = "~changelog/";
inline constexpr std::string_view quarantine_prefix = "~quarantine/";
inline constexpr unsigned changelog_shards = 256;

// `~changelog/{two hex digits of random bits of the id}/{id}`: recording heats no single tablet.
[[nodiscard]] std::string entry_key(const Uuid& change_id);
// The first key of a shard; `changelog_shards` gives the end of the log.
[[nodiscard]] std::string shard_start(unsigned shard);
// The id in a key of the present form or of the draft's (`~changelog/{id}`).
[[nodiscard]] std::optional<Uuid> change_id_of_key(std::string_view key);

// `{"id":"<path>","new":"<path>"|null,"old":"<path>"|null}`, and `"upload":"<address>"` when there
// is one, `"multipart":true` for multipart uploads, `"sweep":true` when swept later,
// `"owner":"<text>"` when told, `"claimed":true` behind it when claimed.
[[nodiscard]] std::string encode_entry(const LogEntry& entry);
// The state beside it: `{"version":1,"phase":"idle"|"held"|"dead","nonce":"<uuid>",
// "attempts":["<uuid>",…],"upload_id":"<text>"}`. A state has one text, which tells it from every
// other within its first 4096 bytes; that of a missing one is empty.
[[nodiscard]] std::string encode_upload_state(const UploadState& state);
// Of the entry's state; empty for plain entries.
[[nodiscard]] std::string encode_upload_state(const LogEntry& entry);

// Written by a later version of this program: to be left in place.
struct UnknownEntryVersion {
  std::uint64_t version;
};
// `corrupt` where it is no entry, or where a revision is not one of the entry's own object:
// such an entry permits no deletion. `state` is the text of its state, empty where the store has
// none: a multipart upload without it is dead, with no attempts and a nil nonce.
[[nodiscard]] Result<std::variant<LogEntry, UnknownEntryVersion>> decode_entry(
    std::string_view key, std::string_view json, std::string_view state = {});

}  // namespace objectstore
