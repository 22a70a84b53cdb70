#include "app/changelog_command.h"

#include <nlohmann/json.hpp>

namespace objectstore {

namespace {

using Json = MaintenanceEvent;

constexpr std::size_t page_size = 100;
constexpr std::size_t shown_text = 4096;  // bytes of what can't be read
// Of a quarantined entry that can't be read itself: no time can be told.
constexpr EntryTime no_time = UINT64_MAX;

Json path_or_null(const std::optional<Revision>& revision) {
  return revision ? Json(revision->path()) : Json(nullptr);
}

std::string_view state_of(const UploadState& upload) {
  switch (upload.phase) {
    case UploadPhase::idle:
      return "open_upload";
    case UploadPhase::held:
      return "held_upload";
    case UploadPhase::dead:
      break;
  }
  return "dead_upload";
}

// The addresses of uploads are left out: who knows one may write to it.
void describe(Json& json, const LogEntry& entry) {
  json["object"] = entry.change.object;
  json["new"] = path_or_null(entry.change.new_revision);
  json["old"] = path_or_null(entry.change.old_revision);
  json["owner"] = entry.owner;
  if (!entry.upload_state) return;
  const auto& attempts = entry.upload_state->attempts;
  json["upload"] = state_of(*entry.upload_state);
  json["attempts"] = attempts.size();
  if (!attempts.empty()) json["last_attempt"] = attempts.back().id.str();
}

std::string_view state_of(const ScannedEntry& entry) {
  if (const auto* known = std::get_if<LogEntry>(&entry.content)) {
    if (known->swept_later) return "swept_later";
    if (known->upload_state) return state_of(*known->upload_state);
    return known->claimed ? "claimed" : "open";
  }
  return std::holds_alternative<BrokenEntry>(entry.content) ? "unreadable" : "unknown_version";
}

Json begin_event(std::string_view state, const std::string& key, EntryTime time, WallTime now) {
  const auto id = change_id_of_key(key);
  const auto begun = id ? id->unix_ms() : time;
  const auto now_ms = unix_ms(now);
  Json json;
  json["event"] = "entry";
  json["state"] = state;
  json["id"] = id ? id->str() : std::string();
  json["key"] = key;
  json["time_ms"] = time;
  json["age_s"] = now_ms > begun ? (now_ms - begun) / 1000 : 0;
  return json;
}

std::string shown(const std::string& text, const std::string& state) {
  return state.empty() ? text.substr(0, shown_text)
                       : text.substr(0, shown_text) + '\n' + state.substr(0, shown_text);
}

// What lies under one key.
struct Found {
  std::optional<ScannedEntry> logged;
  std::optional<QuarantinedEntry> quarantined;
  [[nodiscard]] bool any() const { return logged || quarantined; }
};

Task<Result<std::optional<QuarantinedEntry>>> find_quarantined(ChangeLog& log, std::string key) {
  auto after = key.substr(0, key.size() - 1);
  while (true) {
    CO_TRY_ASSIGN(auto page, co_await log.quarantined(UINT64_MAX, after, page_size));
    for (auto& entry : page) {
      if (entry.key == key) co_return std::optional(std::move(entry));
    }
    if (page.size() < page_size || page.back().key > key) {
      co_return std::optional<QuarantinedEntry>();
    }
    after = page.back().key;
  }
}

Task<Result<Found>> find_key(ChangeLog& log, std::string key) {
  Found found;
  const auto request = ScanRequest::one(key);
  CO_TRY_ASSIGN(auto logged, co_await log.scan(request));
  if (!logged.empty()) found.logged = std::move(logged.front());
  CO_TRY_ASSIGN(found.quarantined, co_await find_quarantined(log, quarantine_key(key)));
  co_return std::move(found);
}

// By a change's id, or by an entry's key as it is listed.
Task<Result<Found>> find(ChangeLog& log, const std::string& id) {
  std::vector<std::string> keys;
  if (const auto uuid = Uuid::parse(id)) {
    keys.push_back(entry_key(*uuid));
    keys.push_back(std::string(changelog_prefix) + id);  // the draft's form
  } else if (id.starts_with(changelog_prefix)) {
    keys.push_back(id);
  } else if (id.starts_with(quarantine_prefix)) {
    keys.push_back(key_before_quarantine(id));
  } else {
    co_return Error(ErrorCode::invalid_argument,
                    id + " is neither the id of a change nor the key of an entry; `objectstore "
                         "changelog list` shows both");
  }
  for (auto& key : keys) {
    CO_TRY_ASSIGN(auto found, co_await find_key(log, std::move(key)));
    if (found.any()) co_return std::move(found);
  }
  co_return Error(ErrorCode::invalid_argument,
                  "there is no change " + id +
                      " in the log or in quarantine: it is settled by now, or mistyped; "
                      "`objectstore changelog list` shows what there is");
}

Task<Result<QuarantinedEntry>> find_only_quarantined(ChangeLog& log, const std::string& id) {
  CO_TRY_ASSIGN(auto found, co_await find(log, id));
  if (found.quarantined) co_return *std::move(found.quarantined);
  co_return Error(ErrorCode::invalid_argument,
                  "change " + id + " is in the log (" + std::string(state_of(*found.logged)) +
                      "), not in quarantine: a running server settles it by itself once it is "
                      "stale or due");
}

class ChangelogRun {
 public:
  ChangelogRun(ChangeLog& log, Clock& clock, CommandOutput& output)
      : log_(log), clock_(clock), output_(output) {}

  Task<Result<std::string>> list() {
    CO_TRY(co_await list_log());
    std::uint64_t quarantined = 0;
    std::string after;
    while (true) {
      CO_TRY_ASSIGN(const auto page, co_await log_.quarantined(UINT64_MAX, after, page_size));
      for (const auto& entry : page)
        output_.emit(entry_event(entry, clock_.now()));
      quarantined += page.size();
      const bool read = co_await output_.ready();
      if (!read) co_return Error(ErrorCode::cancelled, "stopped");
      if (page.size() < page_size) break;
      after = page.back().key;
    }
    auto counted = std::to_string(logged_) + " in the log, ";
    if (open_uploads_ > 0) counted += std::to_string(open_uploads_) + " of them open uploads, ";
    co_return counted + std::to_string(quarantined) + " in quarantine";
  }

  Task<Result<std::string>> show(std::string id) {
    CO_TRY_ASSIGN(const auto found, co_await find(log_, id));
    if (found.logged) output_.emit(entry_event(*found.logged, clock_.now()));
    if (found.quarantined) output_.emit(entry_event(*found.quarantined, clock_.now()));
    co_return std::string();
  }

  Task<Result<std::string>> retry(std::string id) {
    CO_TRY_ASSIGN(const auto entry, co_await find_only_quarantined(log_, id));
    if (entry.time == no_time) {
      co_return Error(ErrorCode::corrupt, entry.reason + "; it can only be dropped");
    }
    CO_TRY(co_await log_.release(entry, unix_ms(clock_.now())));
    co_return "change " + id + " is back in the log; a running server settles it within a minute";
  }

  Task<Result<std::string>> retry_all() {
    std::uint64_t released = 0;
    std::string after;
    while (true) {
      CO_TRY_ASSIGN(const auto page, co_await log_.quarantined(UINT64_MAX, after, page_size));
      for (const auto& entry : page) {
        if (entry.time == no_time) {
          output_.emit(note_event(entry.key + " can't be tried again: " + entry.reason));
          continue;
        }
        CO_TRY(co_await log_.release(entry, unix_ms(clock_.now())));
        ++released;
      }
      const bool read = co_await output_.ready();
      if (!read) co_return Error(ErrorCode::cancelled, "stopped");
      if (page.size() < page_size) break;
      after = page.back().key;
    }
    co_return std::to_string(released) + " entries are back in the log";
  }

  Task<Result<std::string>> drop(std::string id, bool confirmed) {
    CO_TRY_ASSIGN(const auto entry, co_await find_only_quarantined(log_, id));
    output_.emit(entry_event(entry, clock_.now()));
    if (!confirmed) {
      co_return Error(ErrorCode::invalid_argument,
                      "nothing was dropped; dropping forgets this entry for good: a blob of it "
                      "that no row points to stays until `objectstore scrub --repair` finds it. "
                      "To do it, add --yes");
    }
    const auto dropped = co_await log_.drop(entry);
    if (dropped.is_applied()) co_return "dropped " + id;
    if (dropped.is_refused()) {
      co_return Error(ErrorCode::conflict, "change " + id + " was moved meanwhile; look again");
    }
    co_return dropped.cause();
  }

 private:
  Task<Result<void>> list_log() {
    auto request = ScanRequest::all(page_size);
    while (true) {
      CO_TRY_ASSIGN(const auto page, co_await log_.scan(request));
      for (const auto& entry : page) {
        output_.emit(entry_event(entry, clock_.now()));
        const auto* known = std::get_if<LogEntry>(&entry.content);
        if (known != nullptr && is_open_upload(*known)) ++open_uploads_;
      }
      logged_ += page.size();
      const bool read = co_await output_.ready();
      if (!read) co_return Error(ErrorCode::cancelled, "stopped");
      if (page.size() < page_size) co_return Result<void>();
      request.from = key_after(page.back().key);
    }
  }

  ChangeLog& log_;
  Clock& clock_;
  CommandOutput& output_;
  std::uint64_t logged_ = 0;
  std::uint64_t open_uploads_ = 0;  // of those
};

Task<Result<std::string>> carry_out(ChangelogRun& run, ChangelogCommand command) {
  switch (command.action) {
    case ChangelogCommand::Action::list:
      return run.list();
    case ChangelogCommand::Action::show:
      return run.show(std::move(command.id));
    case ChangelogCommand::Action::retry:
      return command.id.empty() ? run.retry_all() : run.retry(std::move(command.id));
    case ChangelogCommand::Action::drop:
      break;
  }
  return run.drop(std::move(command.id), command.confirmed);
}

}  // namespace

MaintenanceEvent entry_event(const ScannedEntry& entry, WallTime now) {
  auto json = begin_event(state_of(entry), entry.key, entry.time, now);
  if (const auto* known = std::get_if<LogEntry>(&entry.content)) {
    describe(json, *known);
    const auto now_ms = unix_ms(now);
    if (is_open_upload(*known))
      json["due_s"] = entry.time > now_ms ? (entry.time - now_ms) / 1000 : 0;
  } else if (const auto* broken = std::get_if<BrokenEntry>(&entry.content)) {
    json["reason"] = broken->reason.describe();
    json["text"] = shown(broken->value, broken->state);
  } else {
    const auto version = std::get<UnknownEntryVersion>(entry.content).version;
    json["reason"] = "written by a later program, version " + std::to_string(version);
  }
  return json;
}

MaintenanceEvent entry_event(const QuarantinedEntry& entry, WallTime now) {
  const auto key = key_before_quarantine(entry.key);
  auto json = begin_event("quarantined", key, entry.time, now);
  json["reason"] = entry.reason;
  const auto content = decode_entry(key, entry.text, entry.state);
  const auto* known = content.ok() ? std::get_if<LogEntry>(&*content) : nullptr;
  if (known != nullptr) {
    describe(json, *known);
  } else {
    json["text"] = shown(entry.text, entry.state);
  }
  return json;
}

Task<void> run_changelog_command(ChangeLog& log, Clock& clock, ChangelogCommand command,
                                 CommandOutput& output) {
  if (!log.durable()) {
    const Error none(ErrorCode::unsupported,
                     "this storage keeps no change log: set changelog.type to have one");
    output.emit(event_of(none));
    co_return;
  }
  ChangelogRun run(log, clock, output);
  const auto done = co_await carry_out(run, std::move(command));
  output.emit(done.ok() ? done_event(*done) : event_of(done.error()));
}

}  // namespace objectstore
