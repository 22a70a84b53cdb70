#include "tiered/tiered_store.h"

#include "tiered/payload_head.h"

namespace objectstore {

TieredStore::TieredStore(RowStore& rows, BlobStore& blobs, OpenChanges& changes, Clock& clock,
                         Random& random, Logger& logger, TieredSettings settings,
                         std::optional<MultipartParts> parts)
    : context_(rows, blobs, changes, clock, random, logger, settings),
      settlement_(context_),
      protected_write_(context_, settlement_),
      settler_(settlement_),
      small_write_(context_, protected_write_),
      large_put_(context_, settlement_, protected_write_),
      reader_(context_),
      expiry_deleter_(protected_write_, small_write_) {
  if (!parts) return;
  uploads_.emplace(context_, protected_write_, settlement_, *parts);
  settler_.use(uploads_->settlement);
}

Task<Result<void>> TieredStore::put(const ObjectId& id, Metadata metadata, Upload upload) {
  auto key = id.storage_path();
  CO_TRY(context_.blobs.check_name(key));
  CO_TRY_ASSIGN(auto head, co_await read_payload_head(upload, context_.settings.inline_limit));
  if (!head.complete) {
    co_return co_await large_put_.run(std::move(key), std::move(metadata), std::move(head.bytes),
                                      upload);
  }
  metadata.size = head.bytes.size();
  RowState state = InlineRow{std::move(metadata), SharedBytes(std::move(head.bytes))};
  co_return co_await small_write_.run(std::move(key), std::move(state));
}

Task<Result<GetResult>> TieredStore::get(const ObjectId& id, std::optional<RangeRequest> range) {
  return reader_.get(id.storage_path(), range);
}

Task<Result<std::optional<Metadata>>> TieredStore::head(const ObjectId& id) {
  return reader_.head(id.storage_path());
}

Task<Result<void>> TieredStore::remove(const ObjectId& id) {
  RowState state = AbsentRow{};
  return small_write_.run(id.storage_path(), std::move(state));
}

Task<void> TieredStore::drain() {
  return context_.background.join();
}

}  // namespace objectstore
