#include "maintenance/blob_audit.h"

#include "maintenance/log_pages.h"

namespace objectstore {

namespace {

// Whose row is written each time it is looked at is left to a later run.
constexpr int rounds = 4;

}  // namespace

Task<Result<BlobPage>> BlobAudit::list(const std::string& from) {
  auto ask = [this, &from] { return context_.parts.blobs.list_blobs(from, context_.options.page); };
  co_return co_await context_.insist(ask);
}

Task<Result<std::string>> BlobAudit::page(std::string from) {
  CO_TRY_ASSIGN(auto page, co_await list(from));
  std::vector<Suspect> suspects;
  std::set<std::string> unreadable;
  for (auto& blob : page.blobs) {
    CO_TRY(co_await context_.go_on());
    ++context_.report.totals.blobs;
    if (!blob.revision) {
      unreadable.insert(blob.name);
      continue;
    }
    CO_TRY_ASSIGN(const auto row, co_await context_.inspect(blob.revision->object_path()));
    const bool pointed_to = points_to(row.row.state, *blob.revision);
    // What a row points to was looked at with the row.
    if (!blob.problem.empty() && !pointed_to) unreadable.insert(blob.name);
    if (may_be_orphan(blob, row)) suspects.push_back(Suspect{std::move(blob), row.row});
  }
  if (!unreadable.empty()) CO_TRY(co_await tell_unreadable(from, std::move(unreadable)));
  for (int round = 0; round < rounds && !suspects.empty(); ++round) {
    CO_TRY_ASSIGN(suspects, co_await judge(std::move(suspects)));
  }
  co_return std::move(page.next);
}

Task<Result<void>> BlobAudit::tell_unreadable(const std::string& from,
                                              std::set<std::string> names) {
  CO_TRY_ASSIGN(const auto again, co_await list(from));
  for (const auto& blob : again.blobs) {
    if (blob.problem.empty() || !names.contains(blob.name)) continue;
    Finding finding;
    finding.kind = Finding::Kind::unreadable_blob;
    if (blob.revision) finding.object = blob.revision->object_path();
    finding.name = blob.name;
    finding.bytes = blob.size;
    finding.detail = blob.problem;
    context_.tell(finding);
  }
  co_return Result<void>();
}

bool BlobAudit::may_commit(const AttemptId& attempt) const {
  // What became of an intent whose reply was lost nobody knows: it may stay for days.
  return !context_.parts.log.durable() || attempt.id.unix_ms() > unix_ms(settled_before());
}

bool BlobAudit::expires_by_itself(const ListedBlob& blob) const {
  if (!blob.expires) return false;
  const auto now = context_.parts.clock.now();
  const auto& options = context_.options;
  return *blob.expires - options.clock_skew <= now && now <= *blob.expires + options.expiry_lag;
}

bool BlobAudit::may_be_orphan(const ListedBlob& blob, const ListedRow& row) const {
  if (!row.problem.empty()) return false;
  for (const auto& attempt : row.open_intents) {
    if (may_commit(attempt)) return false;
  }
  if (points_to(row.row.state, *blob.revision)) return false;
  if (blob.written > settled_before() || expires_by_itself(blob)) return false;
  // Without a log, only its age tells that nobody is about to delete what a write has replaced.
  if (context_.parts.log.durable() || !row.row.stamp) return true;
  return row.row.stamp->number / 1000 < unix_ms(settled_before());
}

Task<Result<std::vector<BlobAudit::Suspect>>> BlobAudit::judge(std::vector<Suspect> suspects) {
  std::set<Revision> wanted;
  for (const auto& suspect : suspects)
    wanted.insert(suspect.revision());
  CO_TRY_ASSIGN(const auto mentions, co_await find_mentions(context_, wanted));
  std::vector<Suspect> changed;
  for (auto& suspect : suspects) {
    CO_TRY(co_await context_.go_on());
    if (mentions.named.contains(suspect.revision())) continue;
    CO_TRY_ASSIGN(auto row, co_await context_.inspect(suspect.revision().object_path()));
    if (!may_be_orphan(suspect.blob, row)) continue;
    if (!same_write(suspect.row, row.row)) {
      suspect.row = std::move(row.row);
      changed.push_back(std::move(suspect));
      continue;
    }
    const auto opened = co_await context_.open(suspect.revision());
    if (!opened.ok() && opened.error().code() != ErrorCode::corrupt) co_return opened.error();
    if (opened.ok() && *opened == nullptr) continue;
    co_await tell_orphan(suspect.blob, mentions.whole);
  }
  co_return std::move(changed);
}

Task<void> BlobAudit::tell_orphan(const ListedBlob& blob, bool proven) {
  Finding finding;
  finding.kind = Finding::Kind::orphaned_blob;
  finding.object = blob.revision->object_path();
  finding.name = blob.name;
  finding.bytes = blob.size;
  finding.detail = "nobody points to revision " + blob.revision->id().str();
  if (!proven) {
    finding.detail += ", unless it is one of the log's entries that can't be read";
  } else if (context_.options.repair) {
    const auto removed = co_await remove(*blob.revision);
    finding.repaired = removed.ok();
    finding.detail += removed.ok() ? "; deleted" : "; not deleted: " + removed.error().describe();
  }
  context_.tell(finding);
}

// As a change that has failed after its upload: whoever comes later finds its entry and goes on.
Task<Result<void>> BlobAudit::remove(const Revision& revision) {
  if (!ObjectId::parse_storage_path(revision.object_path())) {
    co_return Error(ErrorCode::unsupported, "its object's path can't be told in the change log");
  }
  Change change;
  change.id = make_uuid_v7(context_.parts.clock, context_.parts.random);
  change.object = revision.object_path();
  change.new_revision = revision;
  CO_TRY_ASSIGN(auto guard, co_await context_.parts.changes.open(std::move(change)));
  co_return co_await context_.parts.settler.settle(std::move(guard), false);
}

}  // namespace objectstore
