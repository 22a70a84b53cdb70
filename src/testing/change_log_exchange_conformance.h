// What every change log does with the entries of multipart uploads: ChangeLog::exchange(), and the
// other calls on such entries. Instantiate ChangeLogExchanges with one ChangeLogCase a backend.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "testing/change_log_conformance.h"

namespace objectstore::testing {

// Entries of one upload that differ in their nonces.
inline LogEntry upload_entry(std::uint64_t number, std::uint64_t nonce,
                             UploadPhase phase = UploadPhase::idle) {
  const std::string object = "usecase/objects/" + std::to_string(number);
  LogEntry entry;
  entry.change.id = uuid_of(number);
  entry.change.object = object;
  entry.change.new_revision = revision_of(object, number);
  entry.upload_state = UploadState{phase, uuid_of(nonce), {}, "upload"};
  if (phase == UploadPhase::held) entry.upload_state->attempts.push_back(attempt_of(nonce));
  return entry;
}

class ChangeLogExchanges : public ChangeLogConformance {
 protected:
  // From the state of `expected` to `next`; unset: no entry.
  Outcome exchange(const std::optional<LogEntry>& expected, const std::optional<LogEntry>& next,
                   EntryTime time, const std::string& key = key_of(1)) {
    const auto state = expected ? expected->upload_state : std::nullopt;
    return run(log().exchange(key, state, next, time)).outcome();
  }
  Outcome begin(const LogEntry& first, EntryTime time) {
    return exchange(std::nullopt, first, time, entry_key(first.change.id));
  }
  // The log holds this entry alone, as of that time.
  void expect_only(const LogEntry& entry, EntryTime time) {
    const auto found = scan(everything());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].key, entry_key(entry.change.id));
    EXPECT_EQ(found[0].time, time);
    ASSERT_TRUE(std::holds_alternative<LogEntry>(found[0].content));
    EXPECT_EQ(std::get<LogEntry>(found[0].content), entry);
  }
};

TEST_P(ChangeLogExchanges, an_upload_is_recorded_only_where_there_is_no_entry) {
  const auto first = upload_entry(1, 100);
  ASSERT_EQ(begin(first, 10), Outcome::applied);
  expect_only(first, 10);
  EXPECT_EQ(begin(upload_entry(1, 101), 20), Outcome::refused);
  EXPECT_EQ(begin(first, 20), Outcome::refused) << "the same request again";
  expect_only(first, 10);

  ASSERT_TRUE(run(log().remove(key_of(1))).ok());
  record({1}, 30);
  EXPECT_EQ(begin(first, 40), Outcome::refused) << "a plain entry is one, too";
  expect_only(entry_of(1), 30);
}

TEST_P(ChangeLogExchanges, an_exchange_needs_the_exact_state) {
  auto present = upload_entry(1, 100, UploadPhase::held);
  ASSERT_EQ(begin(present, 10), Outcome::applied);
  auto phase = present, nonce = present, attempts = present, upload_id = present;
  phase.upload_state->phase = UploadPhase::dead;
  nonce.upload_state->nonce = uuid_of(101);
  attempts.upload_state->attempts.push_back(attempt_of(7));
  upload_id.upload_state->upload_id += "2";
  const auto next = upload_entry(1, 102, UploadPhase::dead);
  for (const auto& other : {phase, nonce, attempts, upload_id}) {
    EXPECT_EQ(exchange(other, next, 20), Outcome::refused);
    EXPECT_EQ(exchange(other, std::nullopt, 20), Outcome::refused);
    expect_only(present, 10);
  }
  EXPECT_EQ(exchange(present, next, 20), Outcome::applied);
  expect_only(next, 20);
  EXPECT_EQ(exchange(present, upload_entry(1, 103), 30), Outcome::refused) << "the state it had";
  expect_only(next, 20);
}

TEST_P(ChangeLogExchanges, an_entry_that_is_gone_is_not_brought_back) {
  const auto first = upload_entry(1, 100);
  EXPECT_EQ(exchange(first, upload_entry(1, 101), 10), Outcome::refused);
  EXPECT_TRUE(scan(everything()).empty());
  ASSERT_EQ(begin(first, 10), Outcome::applied);
  EXPECT_EQ(exchange(first, std::nullopt, 20), Outcome::applied);
  EXPECT_TRUE(scan(everything()).empty());
  EXPECT_EQ(exchange(first, std::nullopt, 20), Outcome::refused);
  EXPECT_EQ(exchange(first, upload_entry(1, 101), 20), Outcome::refused);
  EXPECT_TRUE(scan(everything()).empty());
}

TEST_P(ChangeLogExchanges, requests_that_arrive_again_change_nothing) {
  const auto first = upload_entry(1, 100);
  const auto second = upload_entry(1, 101, UploadPhase::held);
  const auto third = upload_entry(1, 102);
  ASSERT_EQ(begin(first, 10), Outcome::applied);
  ASSERT_EQ(exchange(first, second, 20), Outcome::applied);
  EXPECT_EQ(exchange(first, second, 20), Outcome::refused);
  ASSERT_EQ(exchange(second, third, 30), Outcome::applied);
  EXPECT_EQ(begin(first, 10), Outcome::refused);
  EXPECT_EQ(exchange(first, second, 20), Outcome::refused);
  EXPECT_EQ(exchange(second, std::nullopt, 20), Outcome::refused);
  expect_only(third, 30);
}

TEST_P(ChangeLogExchanges, the_time_is_written_forwards_and_back) {
  const auto first = upload_entry(1, 100);
  const auto second = upload_entry(1, 101);
  const auto third = upload_entry(1, 102);
  auto request = everything();
  request.before = 50;
  ASSERT_EQ(begin(first, 100), Outcome::applied);
  EXPECT_TRUE(scan(request).empty());
  ASSERT_EQ(exchange(first, second, 49), Outcome::applied);
  ASSERT_EQ(scan(request).size(), 1U);
  EXPECT_EQ(std::get<LogEntry>(scan(request)[0].content), second);
  expect_only(second, 49);
  ASSERT_EQ(exchange(second, third, 50), Outcome::applied);
  EXPECT_TRUE(scan(request).empty());
  expect_only(third, 50);
}

TEST_P(ChangeLogExchanges, other_entries_are_left_alone) {
  record({2}, 10);
  const auto upload = upload_entry(1, 100);
  const auto other = upload_entry(3, 300);
  ASSERT_EQ(begin(upload, 10), Outcome::applied);
  ASSERT_EQ(begin(other, 10), Outcome::applied);
  ASSERT_EQ(exchange(upload, upload_entry(1, 101), 20), Outcome::applied);
  EXPECT_EQ(time_of(key_of(2)), 10U);
  EXPECT_EQ(time_of(key_of(3)), 10U);
  record({2}, 30);
  ASSERT_TRUE(run(log().remove(key_of(2))).ok());
  ASSERT_EQ(exchange(other, std::nullopt, 0, key_of(3)), Outcome::applied);
  expect_only(upload_entry(1, 101), 20);
}

TEST_P(ChangeLogExchanges, the_limit_of_a_scan_counts_uploads_once) {
  for (const std::uint64_t number : {1, 2, 3})
    ASSERT_EQ(begin(upload_entry(number, number), 10), Outcome::applied);
  auto request = everything();
  request.limit = 2;
  const auto page = scan(request);
  ASSERT_EQ(page.size(), 2U);
  for (const auto& entry : page)
    EXPECT_TRUE(std::get<LogEntry>(entry.content).upload_state.has_value());
}

TEST_P(ChangeLogExchanges, uploads_come_back_as_they_were_written) {
  auto full = upload_entry(1, 100, UploadPhase::held);
  full.change.old_revision = revision_of(full.change.object, 99);
  full.change.upload = "https://storage.example/upload?name=a%2Fb&id=\"1\"";
  full.swept_later = true;
  full.owner = "web-3:4121:9f3a";
  full.upload_state->upload_id = "\"quoted\" \\ \xc3\xa9 \xf0\x9f\x98\x80 \n\x01";
  auto many = full;
  for (std::uint64_t number = 1; number < max_upload_attempts; ++number)
    many.upload_state->attempts.push_back(attempt_of(number));
  many.upload_state->nonce = uuid_of(101);
  auto empty = upload_entry(1, 102, UploadPhase::dead);
  empty.upload_state->upload_id.clear();
  const LogEntry* before = nullptr;
  for (const auto* entry : {&full, &many, &empty}) {
    const auto expected = before == nullptr ? std::nullopt : std::optional(*before);
    ASSERT_EQ(exchange(expected, *entry, 10), Outcome::applied);
    expect_only(*entry, 10);
    before = entry;
  }
}

TEST_P(ChangeLogExchanges, recording_writes_an_entry_with_its_state_or_without) {
  const auto upload = upload_entry(1, 100);
  ASSERT_TRUE(run(log().record({upload}, 10)).ok());
  expect_only(upload, 10);
  ASSERT_TRUE(run(log().record({upload_entry(1, 101)}, 5)).ok());
  expect_only(upload_entry(1, 101), 5);
  record({1}, 20);
  expect_only(entry_of(1), 20);
}

TEST_P(ChangeLogExchanges, a_claim_keeps_the_state) {
  const auto upload = upload_entry(1, 100);
  ASSERT_EQ(begin(upload, 10), Outcome::applied);
  auto seen = scan(everything()).at(0);
  seen.time = 9;
  EXPECT_EQ(run(log().claim(seen, 20)).outcome(), Outcome::refused);
  seen.time = 10;
  EXPECT_EQ(run(log().claim(seen, 20)).outcome(), Outcome::applied);
  expect_only(upload, 20);
}

TEST_P(ChangeLogExchanges, quarantine_keeps_the_state_and_release_brings_it_back) {
  auto upload = upload_entry(1, 100, UploadPhase::held);
  upload.change.upload = "address";
  upload.upload_state->upload_id = "\"\xc3\xa9\"";
  ASSERT_EQ(begin(upload, 10), Outcome::applied);
  ASSERT_EQ(quarantine(scan(everything()).at(0), 30), Outcome::applied);
  EXPECT_TRUE(scan(everything()).empty());
  EXPECT_EQ(exchange(upload, upload_entry(1, 101), 35), Outcome::refused);
  const auto aside = quarantined();
  ASSERT_EQ(aside.size(), 1U);
  EXPECT_EQ(aside[0].text, encode_entry(upload));
  EXPECT_EQ(aside[0].state, encode_upload_state(upload));
  ASSERT_TRUE(run(log().release(aside[0], 40)).ok());
  EXPECT_TRUE(quarantined().empty());
  expect_only(upload, 40);
  EXPECT_EQ(exchange(upload, std::nullopt, 50), Outcome::applied);
}

TEST_P(ChangeLogExchanges, a_quarantined_upload_is_dropped) {
  ASSERT_EQ(begin(upload_entry(1, 100), 10), Outcome::applied);
  ASSERT_EQ(quarantine(scan(everything()).at(0), 30), Outcome::applied);
  const auto aside = quarantined().at(0);
  EXPECT_EQ(run(log().drop(aside)).outcome(), Outcome::applied);
  EXPECT_EQ(run(log().drop(aside)).outcome(), Outcome::refused);
  EXPECT_TRUE(quarantined().empty());
}

TEST_P(ChangeLogExchanges, a_release_never_takes_an_upload_back_to_an_earlier_state) {
  ASSERT_EQ(begin(upload_entry(1, 100), 10), Outcome::applied);
  ASSERT_EQ(quarantine(scan(everything()).at(0), 30), Outcome::applied);
  const auto later = upload_entry(1, 101, UploadPhase::dead);
  ASSERT_EQ(begin(later, 35), Outcome::applied);
  ASSERT_TRUE(run(log().release(quarantined().at(0), 40)).ok());
  EXPECT_TRUE(quarantined().empty());
  expect_only(later, 35);
}

TEST_P(ChangeLogExchanges, halves_that_do_not_belong_together_are_broken) {
  const auto plain = encode_entry(entry_of(1));
  const auto upload = upload_entry(1, 100);
  const auto state = encode_upload_state(upload);
  struct Case {
    const char* name;
    std::string value;
    std::string state;
  };
  const Case cases[] = {{"a state alone", "", state},
                        {"a state beside a plain entry", plain, state},
                        {"a malformed state", encode_entry(upload), "{}"}};
  for (const auto& [name, value, beside] : cases) {
    store_->put(key_of(1), 10, value, beside);
    auto found = scan(everything());
    ASSERT_EQ(found.size(), 1U) << name;
    EXPECT_EQ(found[0].time, 10U) << name;
    const auto* broken = std::get_if<BrokenEntry>(&found[0].content);
    ASSERT_NE(broken, nullptr) << name;
    EXPECT_EQ(broken->value, value) << name;
    EXPECT_EQ(broken->state, beside) << name;
    EXPECT_EQ(broken->reason.code(), ErrorCode::corrupt) << name;
    EXPECT_EQ(begin(upload, 20), Outcome::refused) << name;

    ASSERT_EQ(quarantine(found[0], 30), Outcome::applied) << name;
    EXPECT_TRUE(scan(everything()).empty()) << name;
    ASSERT_TRUE(run(log().release(quarantined().at(0), 40)).ok()) << name;
    found = scan(everything());
    ASSERT_EQ(found.size(), 1U) << name;
    broken = std::get_if<BrokenEntry>(&found[0].content);
    ASSERT_NE(broken, nullptr) << name;
    EXPECT_EQ(broken->value, value) << name;
    EXPECT_EQ(broken->state, beside) << name;
    ASSERT_TRUE(run(log().remove(key_of(1))).ok());
  }
}

TEST_P(ChangeLogExchanges, a_state_of_a_later_version_is_left_in_place) {
  const std::string later = R"({"version":2,"anything":1})";
  store_->put(key_of(1), 10, encode_entry(upload_entry(1, 100)), later);
  const auto found = scan(everything());
  ASSERT_EQ(found.size(), 1U);
  ASSERT_TRUE(std::holds_alternative<UnknownEntryVersion>(found[0].content));
  EXPECT_EQ(exchange(upload_entry(1, 100), std::nullopt, 20), Outcome::refused);
  EXPECT_EQ(begin(upload_entry(1, 100), 20), Outcome::refused);
}

TEST_P(ChangeLogExchanges, an_upload_that_has_lost_its_state_is_dead_and_can_be_moved_on) {
  auto upload = upload_entry(1, 100);
  store_->put(key_of(1), 10, encode_entry(upload), "");
  auto dead = upload;
  dead.upload_state = UploadState{UploadPhase::dead, Uuid(), {}, {}};
  expect_only(dead, 10);
  EXPECT_EQ(exchange(upload, std::nullopt, 20), Outcome::refused);
  const auto next = upload_entry(1, 101, UploadPhase::dead);
  EXPECT_EQ(exchange(dead, next, 20), Outcome::applied);
  expect_only(next, 20);
  EXPECT_EQ(exchange(dead, std::nullopt, 30), Outcome::refused) << "it has a state again";
  expect_only(next, 20);
}

}  // namespace objectstore::testing
