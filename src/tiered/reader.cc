#include "tiered/reader.h"

namespace objectstore {

struct Reader::Found {
  Row row;
  std::unique_ptr<BlobReader> blob;  // of a redirect

  [[nodiscard]] Metadata metadata() const {
    if (const auto* value = std::get_if<InlineRow>(&row.state)) return value->metadata;
    const auto& redirect = std::get<RedirectRow>(row.state);
    Metadata metadata = blob->metadata();
    metadata.expiration = redirect.policy;
    metadata.time_expires = redirect.deadline;  // the row's, which bumps move
    metadata.size = blob->size();
    return metadata;
  }
};

Task<Result<GetResult>> Reader::get(std::string key, std::optional<RangeRequest> range) {
  CO_TRY_ASSIGN(auto found, co_await find(key, RowPart::everything));
  if (!found) co_return GetResult(ObjectNotFound{});
  ObjectContent content;
  content.metadata = found->metadata();
  content.size = *content.metadata.size;
  content.range = ByteRange{0, content.size};
  if (range) {
    const auto resolved = resolve(*range, content.size);
    if (!resolved) co_return GetResult(RangeNotSatisfiable{content.size});
    content.range = *resolved;
  }
  if (found->blob) {
    content.body = found->blob->stream(content.range);
  } else {
    content.body = std::get<InlineRow>(found->row.state)
                       .payload.slice(content.range.offset, content.range.length);
  }
  co_await bump_if_due(key, found->row);
  co_return GetResult(std::move(content));
}

Task<Result<Reader::Head>> Reader::head(std::string key) {
  CO_TRY_ASSIGN(auto found, co_await find(key, RowPart::metadata));
  Head head;
  if (!found) co_return std::move(head);
  co_await bump_if_due(key, found->row);
  head.metadata = found->metadata();
  if (found->blob) head.tier = Tier::long_term;
  co_return std::move(head);
}

Task<Result<std::optional<Reader::Found>>> Reader::find(const std::string& key, RowPart part) {
  const auto deadline = context_.request_deadline();
  std::optional<Revision> missing;  // where the last row pointed and no blob was
  while (true) {
    // The time before the reading: a row that is late may have been bumped since.
    const auto now = context_.clock.now();
    CO_TRY_ASSIGN(auto row, co_await context_.read_row(key, part, deadline));
    if (std::holds_alternative<AbsentRow>(row.state)) co_return std::optional<Found>();
    if (const auto* value = std::get_if<InlineRow>(&row.state)) {
      if (is_expired(value->metadata.expiration, value->metadata.time_expires, now)) {
        co_return std::optional<Found>();
      }
      co_return std::optional<Found>(Found{std::move(row), nullptr});
    }
    const auto& redirect = std::get<RedirectRow>(row.state);
    if (is_expired(redirect.policy, redirect.deadline, now)) co_return std::optional<Found>();
    CO_TRY_ASSIGN(auto blob, co_await open_blob(redirect.target));
    if (blob) co_return std::optional<Found>(Found{std::move(row), std::move(blob)});
    // Overwritten and deleted under our eyes, unless a second reading says the same.
    if (missing == redirect.target) {
      context_.logger.error("ALARM: a row points to a blob that is missing",
                            {{"object", key}, {"revision", redirect.target.path()}});
      co_return Error(ErrorCode::corrupt, "the payload of the object is missing");
    }
    missing = redirect.target;
    if (context_.clock.monotonic_now() >= deadline) {
      co_return Error(ErrorCode::deadline_exceeded, "the object is being overwritten too fast");
    }
  }
}

Task<Result<std::unique_ptr<BlobReader>>> Reader::open_blob(const Revision& target) {
  auto blob = co_await context_.blobs.open(target);
  if (!blob.ok() && blob.error().code() == ErrorCode::corrupt) {
    context_.logger.error("a blob is corrupt",
                          {{"revision", target.path()}, {"error", blob.error().describe()}});
  }
  co_return blob;
}

Task<void> Reader::bump_if_due(const std::string& key, const Row& row) {
  ExpirationPolicy policy;
  std::optional<WallTime> current;
  if (const auto* value = std::get_if<InlineRow>(&row.state)) {
    policy = value->metadata.expiration;
    current = value->metadata.time_expires;
  } else if (const auto* redirect = std::get_if<RedirectRow>(&row.state)) {
    policy = redirect->policy;
    current = redirect->deadline;
  }
  if (!current) co_return;
  const auto deadline = policy.bumped_deadline(*current, context_.clock.now());
  if (!deadline) co_return;
  // A reader never waits for cleanups; a bump that is left out is made by the next read.
  co_await context_.try_in_background(bump_task(key, row, *deadline));
}

Task<void> Reader::bump_task(std::string key, Row row, WallTime deadline) {
  // The blob first, acknowledged, then the row: a blob never expires before its row.
  if (const auto* target = redirect_target(row.state)) {
    const auto extended = co_await context_.blobs.extend(*target, deadline);
    if (!extended.ok() || !*extended) co_return;
  }
  const auto bumped = co_await context_.rows.bump(key, row, deadline);
  // Refused: somebody else wrote or bumped; anything else costs one bump, the next read tries
  // again.
  if (!bumped.is_applied() && !bumped.is_refused()) {
    context_.logger.warn("a TTI bump failed",
                         {{"object", key}, {"error", bumped.cause().describe()}});
  }
}

}  // namespace objectstore
