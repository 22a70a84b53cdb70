#include "tiered/blob_object_store_multipart.h"

#include "base/base64url.h"
#include "base/checksum.h"
#include "base/encoding.h"
#include "tiered/blob_object_store.h"

namespace objectstore {

namespace {

struct Token {
  std::uint64_t created_us = 0;  // 0: not known
  std::string upload_id;
};

std::uint64_t created_us(const Metadata& metadata) {
  if (!metadata.time_created) return 0;
  const auto since = metadata.time_created->time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::microseconds>(since).count());
}

std::string encode(const Revision& name, const Token& token) {
  std::string bytes;
  append_u64(bytes, checksum64(name.path()));
  append_u64(bytes, token.created_us);
  bytes.append(token.upload_id);
  return base64url_encode(bytes);
}

// nullopt: no token of this object.
std::optional<Token> decode(const Revision& name, std::string_view text) {
  const auto bytes = base64url_decode(text);
  if (!bytes) return std::nullopt;
  Decoder decoder(*bytes);
  const auto checksum = decoder.u64();
  const auto created = decoder.u64();
  if (!created || *checksum != checksum64(name.path())) return std::nullopt;
  return Token{*created, std::string(decoder.rest())};
}

}  // namespace

Task<Result<std::string>> BlobMultipartObjects::initiate(const ObjectId& id, Metadata metadata) {
  CO_TRY_ASSIGN(const auto name, single_tier_name(blobs_, id));
  Token token;
  token.created_us = created_us(metadata);
  CO_TRY_ASSIGN(token.upload_id, co_await multipart_.initiate(name, metadata));
  co_return encode(name, token);
}

Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> BlobMultipartObjects::put_part(
    const ObjectId& id, std::string_view upload_id, PartToUpload part) {
  using Outcome = std::variant<std::string, NoSuchUpload, PartRefused>;
  CO_TRY_ASSIGN(const auto name, single_tier_name(blobs_, id));
  const auto token = decode(name, upload_id);
  if (!token) co_return Outcome(NoSuchUpload{});
  co_return co_await multipart_.put_part(name, token->upload_id, part);
}

Task<Result<std::variant<PartPage, NoSuchUpload>>> BlobMultipartObjects::list_parts(
    const ObjectId& id, std::string_view upload_id, ListParts request) {
  using Outcome = std::variant<PartPage, NoSuchUpload>;
  CO_TRY_ASSIGN(const auto name, single_tier_name(blobs_, id));
  const auto token = decode(name, upload_id);
  if (!token) co_return Outcome(NoSuchUpload{});
  co_return co_await multipart_.list_parts(name, token->upload_id, request);
}

Task<Result<CompleteResult>> BlobMultipartObjects::complete(const ObjectId& id,
                                                            std::string_view upload_id,
                                                            const std::vector<ListedPart>& parts) {
  CO_TRY_ASSIGN(const auto name, single_tier_name(blobs_, id));
  const auto token = decode(name, upload_id);
  if (!token) co_return CompleteResult(NoSuchUpload{});
  const auto completed = co_await multipart_.complete(name, token->upload_id, parts);
  if (completed.ok() && !std::holds_alternative<NoSuchUpload>(*completed)) {
    if (const auto* refused = std::get_if<PartRefused>(&*completed)) {
      co_return CompleteResult(*refused);
    }
    co_return CompleteResult(BlobCompleted{});
  }
  // Its answer may have been lost, this time or an earlier one.
  const auto done = co_await is_completed(name, token->created_us);
  if (done.ok() && *done) co_return CompleteResult(BlobCompleted{});
  if (!completed.ok()) co_return completed.error();
  CO_TRY(done);
  co_return CompleteResult(NoSuchUpload{});
}

Task<Result<void>> BlobMultipartObjects::abort(const ObjectId& id, std::string_view upload_id) {
  CO_TRY_ASSIGN(const auto name, single_tier_name(blobs_, id));
  const auto token = decode(name, upload_id);
  if (!token) co_return Result<void>();
  co_return co_await multipart_.abort(name, token->upload_id);
}

Task<Result<bool>> BlobMultipartObjects::is_completed(const Revision& name, std::uint64_t created) {
  if (created == 0) co_return false;
  CO_TRY_ASSIGN(const auto blob, co_await blobs_.open(name));
  co_return blob != nullptr&& created_us(blob->metadata()) == created;
}

}  // namespace objectstore
