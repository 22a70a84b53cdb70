#include "testing/protocol_monitor.h"

#include <algorithm>

#include "changelog/change_log.h"

namespace objectstore::testing {

const std::vector<SimCounters::Named>& SimCounters::names() {
  static const std::vector<Named> all = {
      {"commits refused", &SimCounters::commits_refused},
      {"commits beaten by a fence", &SimCounters::commits_fenced},
      {"commits overtaken by another write", &SimCounters::commits_overtaken},
      {"commits with an unknown outcome", &SimCounters::commits_unknown},
      {"fences that found the intent open", &SimCounters::fences_found_open},
      {"fences beaten by the commit", &SimCounters::fences_after_commit},
      {"two recoverers on one entry", &SimCounters::fences_by_several},
      {"claims lost", &SimCounters::claims_lost},
      {"requests applied late or twice", &SimCounters::late_applications},
      {"uploads finished after a discard", &SimCounters::late_uploads},
      {"entries kept to be swept later", &SimCounters::entries_swept_later},
      {"small writes sent again and applied", &SimCounters::resends_applied},
      {"small writes sent again and refused", &SimCounters::resends_refused},
      {"TTI bumps applied", &SimCounters::bumps_applied},
      {"TTI bumps refused", &SimCounters::bumps_refused},
      {"expired redirects removed or overwritten", &SimCounters::expired_overwritten},
      {"blobs that vanished under a reader", &SimCounters::blobs_vanished_for_readers},
      {"uploads in parts held by a completion", &SimCounters::uploads_held},
      {"uploads in parts given back", &SimCounters::uploads_given_back},
      {"uploads in parts that died", &SimCounters::uploads_died},
      {"completions that lost an upload to others", &SimCounters::holds_refused},
  };
  return all;
}

SimCounters& SimCounters::operator+=(const SimCounters& other) {
  for (const auto& named : names())
    this->*named.value += other.*named.value;
  return *this;
}

void ProtocolMonitor::fail(std::string what) {
  if (!violation_) violation_ = std::move(what);
}

bool ProtocolMonitor::is_pointed_to(const Revision& revision) const {
  return points_to(rows_.cells(revision.object_path()).state, revision);
}

void ProtocolMonitor::recorded(const LogEntry& entry) {
  const bool plain = !entry.upload_state;
  if (plain || entry.upload_state->phase == UploadPhase::held) {
    const auto attempt = plain ? entry.change.attempt() : entry.upload_state->attempts.back();
    attempts_[attempt];
    if (entry.change.new_revision) uploader_[*entry.change.new_revision] = attempt;
  }
  if (entry.swept_later) ++counters_.entries_swept_later;
}

void ProtocolMonitor::exchanged(const std::optional<UploadState>& from,
                                const std::optional<LogEntry>& next, bool applied) {
  if (!from || !next) return;
  const bool begins_hold =
      from->phase == UploadPhase::idle && next->upload_state->phase == UploadPhase::held;
  if (!applied) {
    if (begins_hold) ++counters_.holds_refused;
    return;
  }
  recorded(*next);
  if (begins_hold) ++counters_.uploads_held;
  if (from->phase == next->upload_state->phase) return;
  if (next->upload_state->phase == UploadPhase::idle) ++counters_.uploads_given_back;
  if (next->upload_state->phase == UploadPhase::dead) ++counters_.uploads_died;
}

void ProtocolMonitor::commit_sent(const AttemptId& attempt) {
  auto& known = attempts_[attempt];
  known.commit_sent = true;
  if (known.given_up) fail("I4: a commit was sent whose blob had been discarded already");
}

void ProtocolMonitor::commit_arrives(const std::string& key, const AttemptId& attempt,
                                     WallTime now) {
  const auto row = rows_.cells(key);
  const auto* redirect = std::get_if<RedirectRow>(&row.state);
  attempts_[attempt].over_expired =
      redirect != nullptr && redirect->deadline && *redirect->deadline < now;
  const auto intent = row.intents.find(attempt.id);
  if (intent == row.intents.end()) {
    if (!attempts_[attempt].committed) ++counters_.commits_overtaken;
  } else if (!intent->second.open) {
    ++counters_.commits_fenced;
  }
}

void ProtocolMonitor::commit_applied(const AttemptId& attempt, bool matched) {
  if (!matched) return;
  auto& known = attempts_[attempt];
  if (known.fenced) fail("I5: an attempt was committed after it had been fenced");
  if (known.committed) fail("I5: an attempt was committed twice");
  known.committed = true;
  if (known.over_expired) ++counters_.expired_overwritten;
}

void ProtocolMonitor::fence_applied(int process, const AttemptId& attempt, FenceFound found) {
  auto& known = attempts_[attempt];
  if (found == FenceFound::open) {
    if (known.committed) fail("I5: the fence of a committed attempt found it open");
  } else if (known.committed && known.fenced_by.empty()) {
    ++counters_.fences_after_commit;
  }
  known.fenced = true;
  known.fenced_by.insert(process);
  if (known.fenced_by.size() == 2) ++counters_.fences_by_several;
}

void ProtocolMonitor::discard_arrives(const Revision& revision) {
  discarded_.insert(revision);
  if (is_pointed_to(revision)) {
    fail("I4: a blob was deleted to which a row points: " + revision.path());
  }
  const auto uploader = uploader_.find(revision);
  if (uploader == uploader_.end()) return;
  auto& attempt = attempts_[uploader->second];
  if (attempt.committed || attempt.fenced) return;
  const auto row = rows_.cells(revision.object_path());
  const auto intent = row.intents.find(uploader->second.id);
  if (intent == row.intents.end() || !intent->second.open) return;
  // Only the writer itself may know that it will never send its commit.
  attempt.given_up = true;
  if (attempt.commit_sent) fail("I4: a blob was deleted while its commit could still succeed");
}

bool ProtocolMonitor::is_over(const LogEntry& entry) {
  std::vector<AttemptId> named{entry.change.attempt()};
  if (entry.upload_state) named = entry.upload_state->attempts;
  const auto committed = [&](const AttemptId& id) { return attempts_[id].committed; };
  const auto fenced = [&](const AttemptId& id) { return attempts_[id].fenced; };
  // A commit clears the intents of all others.
  return std::any_of(named.begin(), named.end(), committed) ||
         std::all_of(named.begin(), named.end(), fenced);
}

void ProtocolMonitor::removal_arrives(const std::string& key, const std::set<Revision>& blobs,
                                      const std::optional<UploadState>& expected) {
  std::optional<LogEntry> removed;
  std::set<Revision> owned;  // by other entries
  for (const auto& [other, stored] : log_.snapshot()) {
    const auto scanned = scanned_entry(other, stored.time, stored.value, stored.state);
    const auto* entry = std::get_if<LogEntry>(&scanned.content);
    if (entry == nullptr) continue;
    if (other == key) {
      if (!expected || entry->upload_state == expected) removed = *entry;
      continue;
    }
    for (const auto& revision : {entry->change.new_revision, entry->change.old_revision}) {
      if (revision) owned.insert(*revision);
    }
  }
  if (!removed) return;  // a late copy
  if (!is_over(*removed)) {
    fail("I6: an entry was removed whose attempt had neither committed nor been fenced");
  }
  for (const auto& revision : {removed->change.new_revision, removed->change.old_revision}) {
    if (!revision || !blobs.contains(*revision)) continue;
    if (!is_pointed_to(*revision) && !owned.contains(*revision)) {
      fail("I6: an entry was removed before the blob it names: " + revision->path());
    }
  }
}

std::optional<std::string> ProtocolMonitor::uploaded(const Revision& revision) const {
  const auto it = uploaded_.find(revision);
  return it == uploaded_.end() ? std::nullopt : std::optional(it->second);
}

void ProtocolMonitor::finish_applied(const Revision& revision, const std::string& payload,
                                     bool created) {
  if (created) uploaded_[revision] = payload;
  if (created && discarded_.contains(revision)) ++counters_.late_uploads;
}

bool ProtocolMonitor::small_write_sent(const Stamp& stamp) {
  return !small_writes_.insert(stamp).second;
}

}  // namespace objectstore::testing
