// The capability of a long-term store to take a blob in parts, uploaded by many requests over a
// long time. Which of the protocol's steps comes when is decided above (tiered/multipart.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/metadata.h"
#include "model/object_id.h"
#include "runtime/byte_stream.h"
#include "runtime/task.h"

namespace objectstore {

// The store knows no such upload: never opened, completed, aborted or given up.
struct NoSuchUpload {};

// The store refuses the request as it is; the upload stays as it was. Shown to clients.
struct PartRefused {
  std::string code;  // as S3 and GCS name them: InvalidPart, EntityTooSmall, BadDigest, …
  std::string message;
};

struct UploadedPart {
  std::uint32_t number = 0;  // from 1
  std::string etag;          // opaque; may hold quotes
  WallTime last_modified;
  std::uint64_t size = 0;  // bytes
};

struct PartPage {
  std::vector<UploadedPart> parts;  // by ascending number
  bool truncated = false;           // more follow after the last of them
};

struct PartToUpload {
  std::uint32_t number = 0;
  std::uint64_t length = 0;  // bytes that `stream` yields; any other count is client_stream
  ByteStream* stream = nullptr;
  std::optional<std::string> content_md5;  // base64 of the 16 bytes, verified where it is given
};

struct ListParts {
  std::uint32_t after = 0;           // only parts with a greater number
  std::optional<std::uint32_t> max;  // unset: as many as the store gives at once
};

// A part as the client lists it for completion.
struct ListedPart {
  std::uint32_t number = 0;
  std::string etag;
};

struct BlobCompleted {
  std::optional<std::uint64_t> size = {};  // bytes of the payload, where they are known
};

// Any thread may call. Calls on one upload may overlap.
//
// Errors, besides what is said: invalid_argument, payload_too_large, client_stream, out_of_space,
// unavailable, io.
class MultipartBlobs {
 public:
  virtual ~MultipartBlobs() = default;

  // Opens an upload of a blob of that name; the metadata is the blob's. The id is the store's own
  // text, of any form. After an error there may be an upload that nobody knows: abort_all().
  [[nodiscard]] virtual Task<Result<std::string>> initiate(const Revision& name,
                                                           const Metadata& metadata) = 0;

  // Stores or replaces a part; durable, whole and checked against `content_md5` when it has an
  // etag.
  [[nodiscard]] virtual Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_part(
      const Revision& name, std::string_view upload_id, PartToUpload part) = 0;

  [[nodiscard]] virtual Task<Result<std::variant<PartPage, NoSuchUpload>>> list_parts(
      const Revision& name, std::string_view upload_id, ListParts request) = 0;

  // Makes the blob exist from those parts, in that order; refused (InvalidPart, InvalidPartOrder)
  // where one is missing, has another etag, or the numbers don't ascend, and the upload can be used
  // on. Where a blob of that name exists already it is not replaced. On an error it may have been
  // completed, now or later: BlobStore::open() tells.
  [[nodiscard]] virtual Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>>
  complete(const Revision& name, std::string_view upload_id,
           const std::vector<ListedPart>& parts) = 0;

  // Ends the upload with all its parts, for good: it can't be completed any more. Idempotent. A
  // part that was in flight may be stored after it: abort again once that is over.
  [[nodiscard]] virtual Task<Result<void>> abort(const Revision& name,
                                                 std::string_view upload_id) = 0;
  // The same for every upload under that exact name, for whoever doesn't know the id.
  [[nodiscard]] virtual Task<Result<void>> abort_all(const Revision& name) = 0;
};

}  // namespace objectstore
