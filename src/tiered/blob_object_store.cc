#include "tiered/blob_object_store.h"

namespace objectstore {

namespace {

Task<Result<void>> copy_body(const Upload& upload, BlobWriter& writer) {
  std::uint64_t size = 0;
  while (true) {
    CO_TRY_ASSIGN(const auto bytes, co_await upload.stream->next());
    if (bytes.empty()) break;
    size += bytes.size();
    CO_TRY(co_await writer.append(bytes));
  }
  if (upload.length && size != *upload.length) {
    co_return Error(ErrorCode::client_stream, "the body is not as long as announced");
  }
  co_return Result<void>();
}

Metadata metadata_of(const BlobReader& blob) {
  auto metadata = blob.metadata();
  metadata.size = blob.size();
  return metadata;
}

}  // namespace

Result<Revision> single_tier_name(const BlobStore& blobs, const ObjectId& id) {
  auto path = id.storage_path();
  TRY(blobs.check_name(path));
  return Revision::unnumbered(std::move(path));
}

Task<Result<void>> BlobObjectStore::put(const ObjectId& id, Metadata metadata, Upload upload) {
  CO_TRY_ASSIGN(const auto name, single_tier_name(blobs_, id));
  CO_TRY_ASSIGN(const auto writer, co_await blobs_.create(name, metadata));
  CO_TRY(co_await begin_unrecorded(*writer));
  CO_TRY(co_await copy_body(upload, *writer));
  co_return co_await writer->finish();
}

Task<Result<GetResult>> BlobObjectStore::get(const ObjectId& id,
                                             std::optional<RangeRequest> range) {
  CO_TRY_ASSIGN(const auto name, single_tier_name(blobs_, id));
  CO_TRY_ASSIGN(const auto blob, co_await find(name));
  if (!blob) co_return GetResult(ObjectNotFound{});
  ObjectContent content;
  content.metadata = metadata_of(*blob);
  content.size = blob->size();
  content.range = ByteRange{0, content.size};
  if (range) {
    const auto resolved = resolve(*range, content.size);
    if (!resolved) co_return GetResult(RangeNotSatisfiable{content.size});
    content.range = *resolved;
  }
  CO_TRY_ASSIGN(const bool there, co_await bump_if_due(name, content.metadata));
  if (!there) co_return GetResult(ObjectNotFound{});
  content.body = blob->stream(content.range);
  co_return GetResult(std::move(content));
}

Task<Result<std::optional<Metadata>>> BlobObjectStore::head(const ObjectId& id) {
  CO_TRY_ASSIGN(const auto name, single_tier_name(blobs_, id));
  CO_TRY_ASSIGN(const auto blob, co_await find(name));
  if (!blob) co_return std::optional<Metadata>();
  auto metadata = metadata_of(*blob);
  CO_TRY_ASSIGN(const bool there, co_await bump_if_due(name, metadata));
  if (!there) co_return std::optional<Metadata>();
  co_return std::optional(std::move(metadata));
}

Task<Result<void>> BlobObjectStore::remove(const ObjectId& id) {
  CO_TRY_ASSIGN(const auto name, single_tier_name(blobs_, id));
  // Uploads of it that finish later are puts that came after this.
  const std::string no_upload;
  CO_TRY(co_await blobs_.discard(name, no_upload));
  co_return Result<void>();
}

Task<Result<std::unique_ptr<BlobReader>>> BlobObjectStore::find(const Revision& name) {
  CO_TRY_ASSIGN(auto blob, co_await blobs_.open(name));
  if (blob) {
    const auto& metadata = blob->metadata();
    if (is_expired(metadata.expiration, metadata.time_expires, clock_.now())) blob.reset();
  }
  co_return std::move(blob);
}

Task<Result<bool>> BlobObjectStore::bump_if_due(const Revision& name, const Metadata& metadata) {
  if (!metadata.time_expires) co_return true;
  const auto deadline = metadata.expiration.bumped_deadline(*metadata.time_expires, clock_.now());
  if (!deadline) co_return true;
  co_return co_await blobs_.extend(name, *deadline);
}

}  // namespace objectstore
