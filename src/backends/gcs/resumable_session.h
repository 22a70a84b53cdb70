// Resumable uploads of the JSON API: a session's address is all that its bytes, its end and its
// cancellation need.
//
// Source: "Perform resumable uploads" of the documentation of Cloud Storage. A session lives a
// week; the object exists once a request has told the total and all bytes are there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "backends/gcs/requests.h"
#include "cloud/abandonable_body.h"
#include "cloud/spool_file.h"

namespace objectstore {

// Opens a session for an object of that name; its address is a secret by which anyone may upload. A
// lost answer leaves one that nobody knows and nothing can come of.
[[nodiscard]] Task<Result<std::string>> open_session(const GcsContext& context, std::string name,
                                                     const Metadata& metadata);

struct SessionChunk {
  const SpoolFile* bytes = nullptr;  // of this chunk; outlives the call. Null: none
  std::uint64_t offset = 0;          // of its first byte in the object
  // Makes it the last one. Others have a multiple of 256 KiB.
  std::optional<std::uint64_t> total;
  std::string crc32c;  // of the whole object, in base64; with the last one
  // Set to true, it ends the call soon, with `cancelled`.
  Abandoned abandoned;
};

struct ChunkStored {};  // with more to come
// The precondition failed: an object of that name exists. It may be the one of this session, whose
// answer was lost.
struct NameTaken {};
using ChunkOutcome = std::variant<ChunkStored, StoredObject, NameTaken>;

// Sends the chunk until the store has all of it, going on where it has got to. Errors: unavailable
// where the session is gone or gets nowhere.
[[nodiscard]] Task<Result<ChunkOutcome>> send_chunk(const GcsContext& context, std::string session,
                                                    SessionChunk chunk);

// Sees to it that nothing can come of the session any more: it is cancelled, finished or gone.
[[nodiscard]] Task<Result<void>> end_session(const GcsContext& context, std::string session);

}  // namespace objectstore
