#include "changelog/upload_entries.h"

namespace objectstore {

Task<Result<std::optional<LogEntry>>> UploadEntries::find(Uuid change) {
  const auto request = ScanRequest::one(entry_key(change));
  CO_TRY_ASSIGN(auto found, co_await log_.scan(request));
  if (found.empty()) co_return std::optional<LogEntry>();
  auto& content = found.front().content;
  if (const auto* broken = std::get_if<BrokenEntry>(&content)) co_return broken->reason;
  if (std::holds_alternative<UnknownEntryVersion>(content)) {
    co_return Error(ErrorCode::unsupported,
                    "the upload was begun by a later version of this program");
  }
  auto& entry = std::get<LogEntry>(content);
  if (!entry.upload_state) co_return std::optional<LogEntry>();
  co_return std::optional<LogEntry>(std::move(entry));
}

Task<Result<void>> UploadEntries::create(LogEntry& entry, EntryTime due) {
  renew(entry);
  CO_TRY_ASSIGN(const bool created, co_await exchange(entry.change.id, std::nullopt, entry, due));
  if (!created) co_return Error(ErrorCode::internal, "the id of a new upload is taken");
  co_return Result<void>();
}

Task<Result<bool>> UploadEntries::move(const LogEntry& from, LogEntry& to, EntryTime time) {
  renew(to);
  co_return co_await exchange(from.change.id, from.upload_state, to, time);
}

Task<Result<bool>> UploadEntries::remove(const LogEntry& entry) {
  co_return co_await exchange(entry.change.id, entry.upload_state, std::nullopt, 0);
}

Task<Result<bool>> UploadEntries::exchange(Uuid change, std::optional<UploadState> from,
                                           std::optional<LogEntry> to, EntryTime time) {
  const auto key = entry_key(change);
  Backoff backoff(settings_.scan_backoff, random_);
  bool doubtful = false;  // an earlier try may have been applied
  for (int attempt = 1;; ++attempt) {
    const auto exchanged = co_await log_.exchange(key, from, to, time);
    if (exchanged.is_applied()) co_return true;
    if (exchanged.is_refused()) break;
    doubtful = doubtful || exchanged.outcome() == Mutation::Outcome::unknown;
    if (attempt >= settings_.record_attempts || !exchanged.cause().retryable()) {
      co_return exchanged.cause();
    }
    co_await clock_.sleep_for(backoff.next());
  }
  if (!doubtful) co_return false;
  CO_TRY_ASSIGN(const auto present, co_await find(change));
  if (!to) co_return !present.has_value();
  co_return present && present->upload_state == to->upload_state;
}

void UploadEntries::renew(LogEntry& entry) {
  entry.upload_state->nonce = make_uuid_v4(random_);
}

}  // namespace objectstore
