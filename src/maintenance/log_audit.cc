#include "maintenance/log_audit.h"

namespace objectstore {

namespace {

// What should have happened to it at its time.
std::string_view awaited(const LogEntry& entry) {
  if (entry.swept_later) return "due for its last sweep since ";
  return is_open_upload(entry) ? "an upload to be given up since " : "not renewed since ";
}

}  // namespace

Task<Result<std::string>> LogAudit::open_entries(std::string from) {
  CO_TRY_ASSIGN(auto page, co_await log_page(context_, std::move(from)));
  for (const auto& entry : page.entries)
    CO_TRY(co_await check(entry));
  co_return std::move(page.next);
}

Task<Result<void>> LogAudit::check(const ScannedEntry& entry) {
  auto& totals = context_.report.totals;
  ++totals.entries;
  if (std::holds_alternative<UnknownEntryVersion>(entry.content)) ++totals.unknown_versions;
  const auto* content = std::get_if<LogEntry>(&entry.content);
  if (content != nullptr && content->swept_later) ++totals.swept_later;
  if (content != nullptr && is_open_upload(*content)) ++totals.open_uploads;
  const auto* broken = std::get_if<BrokenEntry>(&entry.content);
  if (broken == nullptr && !overdue(entry)) co_return Result<void>();

  // Recovery may be at work on it this very moment.
  CO_TRY_ASSIGN(const auto now, co_await look_up(context_, entry.key));
  if (now.empty() || now.front().time != entry.time) co_return Result<void>();
  if (content != nullptr) tell_stale(entry, *content);
  if (broken != nullptr) {
    Finding finding;
    finding.kind = Finding::Kind::unreadable_entry;
    finding.name = entry.key;
    finding.bytes = broken->value.size() + broken->state.size();
    finding.detail = broken->reason.describe();
    context_.tell(finding);
  }
  co_return Result<void>();
}

bool LogAudit::overdue(const ScannedEntry& entry) const {
  if (!std::holds_alternative<LogEntry>(entry.content)) return false;
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(
      context_.options.overdue + context_.options.clock_skew);
  const auto now = unix_ms(context_.parts.clock.now());
  return entry.time < now && now - entry.time > static_cast<std::uint64_t>(limit.count());
}

void LogAudit::tell_stale(const ScannedEntry& entry, const LogEntry& content) {
  const auto seconds = (unix_ms(context_.parts.clock.now()) - entry.time) / 1000;
  Finding finding;
  finding.kind = Finding::Kind::stale_entry;
  finding.object = content.change.object;
  finding.name = entry.key;
  finding.detail = awaited(content);
  finding.detail += std::to_string(seconds) + " s";
  if (!content.owner.empty()) finding.detail += ", last by " + content.owner;
  context_.tell(finding);
}

Task<Result<std::string>> LogAudit::quarantined_entries(std::string from) {
  CO_TRY_ASSIGN(auto page, co_await quarantine_page(context_, std::move(from)));
  for (const auto& quarantined : page.entries) {
    Finding finding;
    finding.kind = Finding::Kind::quarantined_entry;
    finding.name = quarantined.key;
    finding.bytes = quarantined.text.size() + quarantined.state.size();
    finding.detail = quarantined.reason;
    const auto entry = entry_of(quarantined);
    if (const auto* content = std::get_if<LogEntry>(&entry.content)) {
      finding.object = content->change.object;
    }
    context_.tell(finding);
  }
  co_return std::move(page.next);
}

}  // namespace objectstore
