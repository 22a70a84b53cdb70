#include "maintenance/log_pages.h"

namespace objectstore {

namespace {

void note(const ScannedEntry& entry, const std::set<Revision>& wanted, Mentions& mentions) {
  const auto* known = std::get_if<LogEntry>(&entry.content);
  if (known == nullptr) {
    mentions.whole = false;
    return;
  }
  for (const auto* revision : {&known->change.new_revision, &known->change.old_revision}) {
    if (*revision && wanted.contains(**revision)) mentions.named.insert(**revision);
  }
}

Task<Result<void>> note_log(ScrubContext& context, const std::set<Revision>& wanted,
                            Mentions& mentions) {
  std::string from;
  do {
    CO_TRY_ASSIGN(auto page, co_await log_page(context, std::move(from)));
    for (const auto& entry : page.entries)
      note(entry, wanted, mentions);
    from = std::move(page.next);
    CO_TRY(co_await context.go_on());
  } while (!from.empty());
  co_return Result<void>();
}

Task<Result<void>> note_quarantine(ScrubContext& context, const std::set<Revision>& wanted,
                                   Mentions& mentions) {
  std::string after;
  do {
    CO_TRY_ASSIGN(auto page, co_await quarantine_page(context, std::move(after)));
    for (const auto& entry : page.entries)
      note(entry_of(entry), wanted, mentions);
    after = std::move(page.next);
    CO_TRY(co_await context.go_on());
  } while (!after.empty());
  co_return Result<void>();
}

}  // namespace

Task<Result<EntryPage<ScannedEntry>>> log_page(ScrubContext& context, std::string from) {
  auto request = ScanRequest::all(context.options.page);
  if (!from.empty()) request.from = std::move(from);
  auto ask = [&context, &request] { return context.parts.log.scan(request); };
  EntryPage<ScannedEntry> page;
  CO_TRY_ASSIGN(page.entries, co_await context.insist(ask));
  if (page.entries.size() >= request.limit) page.next = key_after(page.entries.back().key);
  co_return std::move(page);
}

Task<Result<EntryPage<QuarantinedEntry>>> quarantine_page(ScrubContext& context,
                                                          std::string after) {
  const auto limit = context.options.page;
  auto ask = [&context, &after, limit] {
    return context.parts.log.quarantined(UINT64_MAX, after, limit);
  };
  EntryPage<QuarantinedEntry> page;
  CO_TRY_ASSIGN(page.entries, co_await context.insist(ask));
  if (page.entries.size() >= limit) page.next = page.entries.back().key;
  co_return std::move(page);
}

Task<Result<std::vector<ScannedEntry>>> look_up(ScrubContext& context, std::string key) {
  const auto request = ScanRequest::one(std::move(key));
  auto ask = [&context, &request] { return context.parts.log.scan(request); };
  co_return co_await context.insist(ask);
}

ScannedEntry entry_of(const QuarantinedEntry& quarantined) {
  std::string key;
  if (quarantined.key.starts_with(quarantine_prefix)) key = key_before_quarantine(quarantined.key);
  return scanned_entry(std::move(key), quarantined.time, quarantined.text, quarantined.state);
}

Task<Result<Mentions>> find_mentions(ScrubContext& context, const std::set<Revision>& wanted) {
  // Twice through the quarantine, before and after the log: an entry that goes from one to the
  // other meanwhile is met in one of them.
  Mentions mentions;
  CO_TRY(co_await note_quarantine(context, wanted, mentions));
  CO_TRY(co_await note_log(context, wanted, mentions));
  CO_TRY(co_await note_quarantine(context, wanted, mentions));
  co_return std::move(mentions);
}

}  // namespace objectstore
