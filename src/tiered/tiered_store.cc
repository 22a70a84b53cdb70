#include "tiered/tiered_store.h"

#include "tiered/payload_head.h"

namespace objectstore {

TieredStore::TieredStore(RowStore& rows, BlobStore& blobs, OpenChanges& changes, Clock& clock,
                         Random& random, Logger& logger, TieredSettings settings,
                         std::optional<MultipartParts> parts, TieredMetrics metrics)
    : context_(rows, blobs, changes, clock, random, logger, settings, std::move(metrics)),
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
  auto* meter = context_.metrics.of(id.usecase);
  const auto begun = now();
  if (meter != nullptr && !metadata.origin) meter->origin_missing();
  auto stored = co_await store(id.storage_path(), std::move(metadata), upload, meter);
  if (meter != nullptr) {
    const auto tier = stored.ok() ? std::optional(stored->tier) : std::nullopt;
    meter->ended(TimedCall::put, tier, stored.ok(), now() - begun);
    if (stored.ok()) meter->stored(stored->tier, UploadType::direct, stored->bytes);
  }
  if (!stored.ok()) co_return std::move(stored).error();
  co_return Result<void>();
}

Task<Result<TieredStore::Stored>> TieredStore::store(std::string key, Metadata metadata,
                                                     Upload upload, UsecaseMetrics* meter) {
  const auto begun = now();
  CO_TRY(context_.blobs.check_name(key));
  CO_TRY_ASSIGN(auto head, co_await read_payload_head(upload, context_.settings.inline_limit));
  if (meter != nullptr) meter->first_chunk(head.complete, now() - begun);
  if (!head.complete) {
    CO_TRY_ASSIGN(const auto bytes, co_await large_put_.run(std::move(key), std::move(metadata),
                                                            std::move(head.bytes), upload));
    co_return Stored{Tier::long_term, bytes};
  }
  const auto bytes = head.bytes.size();
  metadata.size = bytes;
  RowState state = InlineRow{std::move(metadata), SharedBytes(std::move(head.bytes))};
  CO_TRY(co_await small_write_.run(std::move(key), std::move(state)));
  co_return Stored{Tier::high_volume, bytes};
}

Task<Result<GetResult>> TieredStore::get(const ObjectId& id, std::optional<RangeRequest> range) {
  auto* meter = context_.metrics.of(id.usecase);
  const auto begun = now();
  auto got = co_await reader_.get(id.storage_path(), range);
  if (meter == nullptr) co_return got;
  std::optional<Tier> tier;
  if (got.ok()) {
    // What is not there, the rows have told.
    if (std::holds_alternative<ObjectNotFound>(*got)) tier = Tier::high_volume;
    if (const auto* content = std::get_if<ObjectContent>(&*got)) {
      const bool in_row = std::holds_alternative<SharedBytes>(content->body);
      tier = in_row ? Tier::high_volume : Tier::long_term;
      meter->served(*tier, content->range.length);
    }
  }
  meter->ended(TimedCall::get, tier, got.ok(), now() - begun);
  co_return got;
}

Task<Result<std::optional<Metadata>>> TieredStore::head(const ObjectId& id) {
  auto* meter = context_.metrics.of(id.usecase);
  const auto begun = now();
  auto found = co_await reader_.head(id.storage_path());
  if (meter != nullptr) {
    const auto tier = found.ok() ? std::optional(found->tier) : std::nullopt;
    meter->ended(TimedCall::head, tier, found.ok(), now() - begun);
  }
  if (!found.ok()) co_return std::move(found).error();
  co_return std::move(found->metadata);
}

Task<Result<void>> TieredStore::remove(const ObjectId& id) {
  auto* meter = context_.metrics.of(id.usecase);
  const auto begun = now();
  RowState state = AbsentRow{};
  auto removed = co_await small_write_.run(id.storage_path(), std::move(state));
  if (meter != nullptr) {
    const auto tier = removed.ok() ? std::optional(*removed) : std::nullopt;
    meter->ended(TimedCall::remove, tier, removed.ok(), now() - begun);
  }
  if (!removed.ok()) co_return std::move(removed).error();
  co_return Result<void>();
}

Task<void> TieredStore::drain() {
  return context_.background.join();
}

}  // namespace objectstore
