#include "app/changelog_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "backends/memory/memory_change_log.h"
#include "changelog/noop_log.h"
#include "testing/manual_clock.h"
#include "testing/row_values.h"
#include "testing/run.h"

namespace objectstore::testing {
namespace {

using Action = ChangelogCommand::Action;
using Json = MaintenanceEvent;
using ::testing::HasSubstr;

class Events final : public CommandOutput {
 public:
  std::vector<Json> all;
  std::size_t most_between_pauses = 0;
  bool read = true;

  void emit(const Json& event) override {
    all.push_back(event);
    most_between_pauses = std::max(most_between_pauses, ++since_pause_);
  }
  Task<bool> ready() override {
    since_pause_ = 0;
    co_return read;
  }

 private:
  std::size_t since_pause_ = 0;
};

class ChangelogCommandTest : public ::testing::Test {
 protected:
  static LogEntry entry_of(std::uint64_t number) {
    LogEntry entry;
    entry.change.id = uuid_of(number);
    entry.change.object = "u/objects/" + std::to_string(number);
    entry.change.new_revision = revision_of(entry.change.object, number);
    return entry;
  }
  static std::string key_of(std::uint64_t number) { return entry_key(uuid_of(number)); }
  void record(const LogEntry& entry) {
    const std::vector<LogEntry> entries(1, entry);
    ASSERT_TRUE(run(log_.record(entries, some_ms)).ok());
  }
  void put_aside(std::uint64_t number) {
    record(entry_of(number));
    ScannedEntry entry;
    entry.key = key_of(number);
    entry.time = some_ms;
    ASSERT_TRUE(run(log_.quarantine(entry, "it never worked", some_ms)).is_applied());
  }
  // The last event; the others in `events_`.
  Json call(Action action, std::string id = "", bool confirmed = false) {
    events_.all.clear();
    run(run_changelog_command(log_, clock_, ChangelogCommand{action, std::move(id), confirmed},
                              events_));
    auto last = events_.all.back();
    events_.all.pop_back();
    return last;
  }
  std::size_t quarantined() { return run(log_.quarantined(UINT64_MAX, "", 1000)).value().size(); }

  ManualClock clock_{from_unix_ms(some_ms + 95'000)};
  MemoryChangeLog log_;
  Events events_;
};

TEST_F(ChangelogCommandTest, every_kind_of_entry_is_listed_as_what_it_is) {
  auto claimed = entry_of(2);
  claimed.owner = "web-3:4121:9f3a";
  claimed.claimed = true;
  auto swept = entry_of(3);
  swept.swept_later = true;
  for (const auto& entry : {entry_of(1), claimed, swept})
    record(entry);
  log_.inject(key_of(4), "not JSON", 10);
  log_.inject(key_of(5), R"({"version":7})", 10);
  put_aside(6);
  const auto done = call(Action::list);
  EXPECT_EQ(done["event"], "done");
  EXPECT_EQ(done["message"], "5 in the log, 1 in quarantine");
  const char* states[] = {"open",       "claimed",         "swept_later",
                          "unreadable", "unknown_version", "quarantined"};
  ASSERT_EQ(events_.all.size(), std::size(states));
  for (std::size_t i = 0; i < std::size(states); ++i) {
    const auto& event = events_.all[i];
    EXPECT_EQ(event["event"], "entry");
    EXPECT_EQ(event["state"], states[i]);
    EXPECT_EQ(event["id"], uuid_of(i + 1).str());
    EXPECT_EQ(event["key"], key_of(i + 1));
    EXPECT_EQ(event["age_s"], 95);
  }
  EXPECT_EQ(events_.all[0]["object"], "u/objects/1");
  EXPECT_EQ(events_.all[0]["new"], entry_of(1).change.new_revision->path());
  EXPECT_EQ(events_.all[0]["old"], nullptr);
  EXPECT_EQ(events_.all[1]["owner"], "web-3:4121:9f3a");
  EXPECT_EQ(events_.all[3]["text"], "not JSON");
  EXPECT_THAT(events_.all[4]["reason"].get<std::string>(), HasSubstr("version 7"));
  EXPECT_EQ(events_.all[5]["reason"], "it never worked");
  EXPECT_EQ(events_.all[5]["object"], "u/objects/6");
}

TEST_F(ChangelogCommandTest, multipart_uploads_are_listed_with_their_state) {
  const auto upload = [](std::uint64_t number, UploadPhase phase, std::uint64_t attempts) {
    auto entry = entry_of(number);
    entry.change.upload = "https://storage.example/secret";
    entry.upload_state = UploadState{phase, uuid_of(100 + number), {}, "secret"};
    for (std::uint64_t attempt = 1; attempt <= attempts; ++attempt)
      entry.upload_state->attempts.push_back(attempt_of(attempt));
    return entry;
  };
  auto swept = upload(4, UploadPhase::dead, 0);
  swept.swept_later = true;
  auto due = upload(1, UploadPhase::idle, 0);
  for (const auto& entry : {upload(2, UploadPhase::held, 2), upload(3, UploadPhase::dead, 1), swept,
                            upload(5, UploadPhase::idle, 1)})
    record(entry);
  const std::vector<LogEntry> later(1, due);
  ASSERT_TRUE(run(log_.record(later, some_ms + 95'000 + 7'500)).ok());
  const auto done = call(Action::list);
  EXPECT_EQ(done["message"], "5 in the log, 2 of them open uploads, 0 in quarantine");
  const char* states[] = {"open_upload", "held_upload", "dead_upload", "swept_later",
                          "open_upload"};
  const int attempts[] = {0, 2, 1, 0, 1};
  ASSERT_EQ(events_.all.size(), std::size(states));
  for (std::size_t i = 0; i < std::size(states); ++i) {
    const auto& event = events_.all[i];
    EXPECT_EQ(event["state"], states[i]);
    EXPECT_EQ(event["attempts"], attempts[i]);
    EXPECT_EQ(event.contains("due_s"), i == 0 || i == 4);
    EXPECT_EQ(event.dump().find("secret"), std::string::npos);
  }
  EXPECT_EQ(events_.all[0]["due_s"], 7);
  EXPECT_EQ(events_.all[4]["due_s"], 0) << "past";
  EXPECT_EQ(events_.all[1]["last_attempt"], uuid_of(2).str());
  EXPECT_EQ(events_.all[3]["upload"], "dead_upload");
  EXPECT_EQ(log_.snapshot().size(), 5U);
}

TEST_F(ChangelogCommandTest, a_quarantined_upload_is_shown_and_retried_with_its_state) {
  auto entry = entry_of(1);
  entry.upload_state = UploadState{UploadPhase::held, uuid_of(2), {attempt_of(3)}, "id"};
  record(entry);
  const auto seen = run(log_.scan(ScanRequest::one(key_of(1)))).value().at(0);
  ASSERT_TRUE(run(log_.quarantine(seen, "it never worked", some_ms)).is_applied());
  EXPECT_EQ(call(Action::show, uuid_of(1).str())["event"], "done");
  ASSERT_EQ(events_.all.size(), 1U);
  EXPECT_EQ(events_.all[0]["state"], "quarantined");
  EXPECT_EQ(events_.all[0]["upload"], "held_upload");
  EXPECT_EQ(call(Action::retry, uuid_of(1).str())["event"], "done");
  EXPECT_EQ(log_.snapshot().at(key_of(1)).state, encode_upload_state(entry));
}

TEST_F(ChangelogCommandTest, both_halves_of_what_can_not_be_read_are_shown) {
  log_.inject(key_of(1), "not JSON", 10, "nor this");
  call(Action::list);
  ASSERT_EQ(events_.all.size(), 1U);
  EXPECT_EQ(events_.all[0]["state"], "unreadable");
  EXPECT_EQ(events_.all[0]["text"], "not JSON\nnor this");
}

TEST_F(ChangelogCommandTest, long_lists_go_page_by_page) {
  for (std::uint64_t number = 0; number < 250; ++number)
    record(entry_of(number));
  for (std::uint64_t number = 1000; number < 1230; ++number)
    put_aside(number);
  EXPECT_EQ(call(Action::list)["message"], "250 in the log, 230 in quarantine");
  EXPECT_EQ(events_.all.size(), 480U);
  EXPECT_LE(events_.most_between_pauses, 100U);
}

TEST_F(ChangelogCommandTest, nobody_is_told_more_than_he_reads) {
  for (std::uint64_t number = 0; number < 250; ++number)
    record(entry_of(number));
  events_.read = false;
  EXPECT_EQ(call(Action::list)["code"], "cancelled");
  EXPECT_EQ(events_.all.size(), 100U);
}

TEST_F(ChangelogCommandTest, one_entry_is_shown_by_its_id_or_key) {
  record(entry_of(1));
  put_aside(2);
  const auto draft = std::string(changelog_prefix) + uuid_of(3).str();
  log_.inject(draft, encode_entry(entry_of(3)), some_ms);
  const std::pair<std::string, std::string> cases[] = {
      {uuid_of(1).str(), "open"},
      {key_of(1), "open"},
      {uuid_of(2).str(), "quarantined"},
      {key_of(2), "quarantined"},
      {quarantine_key(key_of(2)), "quarantined"},
      {uuid_of(3).str(), "open"},
  };
  for (const auto& [id, state] : cases) {
    EXPECT_EQ(call(Action::show, id)["event"], "done") << id;
    ASSERT_EQ(events_.all.size(), 1U) << id;
    EXPECT_EQ(events_.all[0]["state"], state) << id;
  }
}

TEST_F(ChangelogCommandTest, a_retried_entry_is_back_in_the_log_now) {
  put_aside(1);
  EXPECT_EQ(call(Action::retry, uuid_of(1).str())["event"], "done");
  EXPECT_EQ(quarantined(), 0U);
  ASSERT_EQ(log_.snapshot().count(key_of(1)), 1U);
  EXPECT_EQ(log_.snapshot().at(key_of(1)).time, some_ms + 95'000);
}

TEST_F(ChangelogCommandTest, all_are_retried_page_by_page) {
  for (std::uint64_t number = 0; number < 230; ++number)
    put_aside(number);
  EXPECT_EQ(call(Action::retry)["message"], "230 entries are back in the log");
  EXPECT_EQ(quarantined(), 0U);
  EXPECT_EQ(log_.snapshot().size(), 230U);
}

TEST_F(ChangelogCommandTest, a_drop_says_what_is_lost_and_waits_for_a_yes) {
  put_aside(1);
  put_aside(2);
  const auto asked = call(Action::drop, uuid_of(1).str());
  EXPECT_EQ(asked["event"], "error");
  EXPECT_THAT(asked["message"].get<std::string>(), HasSubstr("--yes"));
  ASSERT_EQ(events_.all.size(), 1U);
  EXPECT_EQ(events_.all[0]["new"], entry_of(1).change.new_revision->path());
  EXPECT_EQ(quarantined(), 2U);
  EXPECT_EQ(call(Action::drop, uuid_of(1).str(), true)["event"], "done");
  EXPECT_EQ(quarantined(), 1U);
  EXPECT_TRUE(log_.empty());
}

TEST_F(ChangelogCommandTest, errors_say_what_to_do) {
  record(entry_of(1));
  struct Case {
    Action action;
    std::string id;
    std::string text;
  };
  const Case cases[] = {
      {Action::show, uuid_of(9).str(), "there is no change"},
      {Action::retry, uuid_of(9).str(), "changelog list"},
      {Action::drop, uuid_of(9).str(), "changelog list"},
      {Action::retry, uuid_of(1).str(), "is in the log (open), not in quarantine"},
      {Action::drop, uuid_of(1).str(), "is in the log (open), not in quarantine"},
      {Action::show, "nonsense", "neither the id of a change nor the key"},
      {Action::drop, "nonsense", "neither the id of a change nor the key"},
  };
  for (const auto& [action, id, text] : cases) {
    const auto error = call(action, id, true);
    EXPECT_EQ(error["event"], "error");
    EXPECT_THAT(error["message"].get<std::string>(), HasSubstr(text));
  }
  EXPECT_EQ(log_.snapshot().size(), 1U);
}

TEST_F(ChangelogCommandTest, storage_without_a_log_says_so) {
  NoopChangeLog none;
  run(run_changelog_command(none, clock_, ChangelogCommand{}, events_));
  ASSERT_EQ(events_.all.size(), 1U);
  EXPECT_EQ(events_.all[0]["code"], "unsupported");
}

}  // namespace
}  // namespace objectstore::testing
