#include "tiered/multipart.h"

#include <gmock/gmock.h>

#include "changelog/noop_log.h"
#include "changelog/recovery.h"
#include "testing/forwarding_stores.h"
#include "testing/row_values.h"
#include "tiered/test_support.h"

namespace objectstore::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MultipartTest : public TieredTest {
 protected:
  struct Upload {
    std::string id;
    std::vector<ListedPart> parts;
  };

  MultipartObjects& multipart() { return *store_.multipart(); }

  Upload begin(const std::string& key, const std::vector<std::string>& parts,
               Metadata metadata = {}) {
    Upload upload;
    upload.id = wait(multipart().initiate(id(key), std::move(metadata))).value();
    for (const auto& bytes : parts) {
      const auto number = static_cast<std::uint32_t>(upload.parts.size() + 1);
      PieceStream stream(bytes);
      const PartToUpload part{number, bytes.size(), &stream, {}};
      const auto stored = wait(multipart().put_part(id(key), upload.id, part));
      upload.parts.push_back({number, std::get<std::string>(stored.value())});
    }
    return upload;
  }

  // "completed", "no such upload", "refused: <code>", "in progress", or the error's code.
  std::string complete(const std::string& key, const Upload& upload) {
    const auto result = wait(multipart().complete(id(key), upload.id, upload.parts));
    if (!result.ok()) return std::string(to_string(result.error().code()));
    if (const auto* refused = std::get_if<PartRefused>(&*result))
      return "refused: " + refused->code;
    if (std::holds_alternative<BlobCompleted>(*result)) return "completed";
    return std::holds_alternative<NoSuchUpload>(*result) ? "no such upload" : "in progress";
  }

  // All that is in the log.
  std::vector<LogEntry> entries() {
    std::vector<LogEntry> found;
    const auto scanned = run(log_.scan(ScanRequest::all(100)));
    for (const auto& entry : scanned.value())
      found.push_back(std::get<LogEntry>(entry.content));
    return found;
  }
  EntryTime entry_time() { return run(log_.scan(ScanRequest::all(1)))->at(0).time; }

  void expect_nothing_left_but(std::size_t blobs) {
    EXPECT_THAT(entries(), IsEmpty());
    EXPECT_THAT(blobs_.multipart_uploads(), IsEmpty());
    EXPECT_THAT(blobs_.blobs(), SizeIs(blobs));
  }

  // As recovery does with an entry that nobody keeps alive.
  Result<void> recover() {
    const auto found = entries();
    if (found.empty()) return Result<void>();
    return wait(store_.settler().settle_upload(found[0]));
  }
};

TEST_F(MultipartTest, upload_replaces_the_object_when_it_is_completed_and_leaves_nothing_else) {
  for (const auto* before : {"", "small", large.c_str()}) {
    if (*before != '\0') {
      ASSERT_TRUE(put("k", before).ok());
    }
    const auto was = get("k");
    const auto upload = begin("k", {"one ", "two"});
    EXPECT_EQ(get("k"), was);
    ASSERT_THAT(entries(), SizeIs(1));
    EXPECT_EQ(complete("k", upload), "completed");
    EXPECT_EQ(get("k"), "one two");
    expect_nothing_left_but(1);
  }
}

TEST_F(MultipartTest, completing_again_is_a_success_while_the_object_is_still_the_one) {
  const auto upload = begin("k", {"payload"});
  EXPECT_EQ(complete("k", upload), "completed");
  EXPECT_EQ(complete("k", upload), "completed");
  ASSERT_TRUE(put("k", "other").ok());
  EXPECT_EQ(complete("k", upload), "no such upload");
  EXPECT_EQ(get("k"), "other");
  expect_nothing_left_but(0);
}

TEST_F(MultipartTest, refused_parts_leave_the_upload_to_be_completed_later) {
  const auto upload = begin("k", {"payload"});
  const auto due = entry_time();
  auto wrong = upload;
  wrong.parts[0].etag = "\"other\"";
  EXPECT_EQ(complete("k", wrong), "refused: InvalidPart");
  ASSERT_THAT(entries(), SizeIs(1));
  EXPECT_EQ(entries()[0].upload_state->phase, UploadPhase::idle);
  EXPECT_GE(entry_time(), due);
  EXPECT_EQ(complete("k", upload), "completed");
  expect_nothing_left_but(1);
}

TEST_F(MultipartTest, giving_back_keeps_the_upload_for_the_retry_window_at_least) {
  const auto upload = begin("k", {"payload"});
  clock_.advance(TieredSettings().multipart_lifetime - std::chrono::hours(1));
  auto wrong = upload;
  wrong.parts[0].number = 2;
  EXPECT_EQ(complete("k", wrong), "refused: InvalidPart");
  EXPECT_GE(entry_time(), unix_ms(clock_.now() + std::chrono::hours(23)));
}

TEST_F(MultipartTest, an_upload_is_completed_by_one_at_a_time) {
  const auto upload = begin("k", {"payload"});
  rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
    if (name != "commit") return std::nullopt;
    rows_.on_mutation = nullptr;
    EXPECT_EQ(entries()[0].upload_state->phase, UploadPhase::held);
    EXPECT_EQ(complete("k", upload), "in progress");
    const auto aborted = wait(multipart().abort(id("k"), upload.id));
    EXPECT_FALSE(aborted.ok());
    return std::nullopt;
  };
  EXPECT_EQ(complete("k", upload), "completed");
  EXPECT_EQ(get("k"), "payload");
}

TEST_F(MultipartTest, aborted_upload_is_gone_for_good_and_can_be_aborted_again) {
  ASSERT_TRUE(put("k", "before").ok());
  const auto upload = begin("k", {"payload"});
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(wait(multipart().abort(id("k"), upload.id)).ok());
  EXPECT_EQ(complete("k", upload), "no such upload");
  EXPECT_EQ(get("k"), "before");
  expect_nothing_left_but(0);
}

TEST_F(MultipartTest, tokens_are_bound_to_their_object) {
  const auto upload = begin("k", {"payload"});
  EXPECT_EQ(complete("other", upload), "invalid_argument");
  for (const auto* text : {"", "x", "e30", "bnVsbA", "eyJjaGFuZ2UiOjF9"}) {
    EXPECT_EQ(complete("k", Upload{text, upload.parts}), "invalid_argument") << text;
    EXPECT_FALSE(wait(multipart().abort(id("k"), text)).ok()) << text;
  }
  EXPECT_EQ(complete("k", upload), "completed");
}

TEST_F(MultipartTest, token_of_one_upload_does_not_complete_another) {
  const auto one = begin("k", {"one"});
  const auto other = begin("k", {"other"});
  auto mixed = decode_upload_token(id("k"), one.id).value();
  mixed.change = decode_upload_token(id("k"), other.id)->change;
  EXPECT_EQ(complete("k", {encode_upload_token(id("k"), mixed), one.parts}), "no such upload");
  EXPECT_EQ(get("k"), "absent");
}

// Intents would pile up in the row, and keep an object from expiring.
TEST_F(MultipartTest, completions_that_commit_nothing_leave_no_open_intent) {
  ASSERT_TRUE(put("k", "before").ok());
  const auto upload = begin("k", {"payload"});
  auto wrong = upload;
  wrong.parts[0].etag = "\"other\"";
  auto forged = decode_upload_token(id("k"), upload.id).value();
  forged.change = uuid_of(4711);
  const auto open_intents = [this] {
    return wait(memory_rows_.inspect(id("k").storage_path()))->open_intents;
  };
  std::size_t intents = 0;
  rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
    if (name == "intent") ++intents;
    return std::nullopt;
  };
  EXPECT_EQ(complete("k", {encode_upload_token(id("k"), forged), upload.parts}), "no such upload");
  EXPECT_EQ(intents, 0U) << "nor is one opened for an upload that is not there";
  EXPECT_EQ(complete("k", wrong), "refused: InvalidPart");
  EXPECT_EQ(intents, 1U);
  EXPECT_THAT(open_intents(), IsEmpty());

  // Somebody else takes the upload in between.
  rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
    if (name != "intent") return std::nullopt;
    rows_.on_mutation = nullptr;
    EXPECT_TRUE(wait(multipart().abort(id("k"), upload.id)).ok());
    return std::nullopt;
  };
  EXPECT_EQ(complete("k", upload), "in progress");
  EXPECT_THAT(open_intents(), IsEmpty());
  EXPECT_EQ(complete("k", upload), "no such upload");
  EXPECT_EQ(get("k"), "before");
  expect_nothing_left_but(0);
}

TEST_F(MultipartTest, abandoned_upload_is_ended_by_recovery) {
  const auto upload = begin("k", {"payload"});
  ASSERT_TRUE(recover().ok());
  expect_nothing_left_but(0);
  EXPECT_EQ(complete("k", upload), "no such upload");
}

TEST_F(MultipartTest, upload_whose_id_was_never_recorded_is_looked_for_once_more) {
  LogEntry entry;
  entry.change.id = make_uuid_v7(clock_, random_);
  entry.change.object = id("k").storage_path();
  entry.change.new_revision = Revision(entry.change.object, make_uuid_v7(clock_, random_));
  entry.upload_state.emplace();
  ASSERT_TRUE(wait(entries_.create(entry, 1)).ok());
  ASSERT_TRUE(recover().ok());
  ASSERT_THAT(entries(), SizeIs(1));
  EXPECT_TRUE(entries()[0].swept_later);
  EXPECT_GT(entry_time(), unix_ms(clock_.now()));
  // The request that opens it arrives after all.
  ASSERT_TRUE(run(blobs_.initiate(*entry.change.new_revision, Metadata())).ok());
  ASSERT_TRUE(recover().ok());
  expect_nothing_left_but(0);
}

TEST_F(MultipartTest, vanished_holder_is_fenced_and_the_upload_given_back) {
  const auto upload = begin("k", {"payload"});
  std::optional<LogEntry> held;
  rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
    if (name != "commit") return std::nullopt;
    rows_.on_mutation = nullptr;
    // Another process finds the entry stale while this one stands still before its commit.
    EXPECT_TRUE(recover().ok());
    return std::nullopt;
  };
  EXPECT_EQ(complete("k", upload), "unavailable");
  ASSERT_THAT(entries(), SizeIs(1));
  EXPECT_EQ(entries()[0].upload_state->phase, UploadPhase::idle);
  EXPECT_EQ(get("k"), "absent");
  // The blob is there already; the next attempt finds it.
  EXPECT_EQ(complete("k", upload), "completed");
  EXPECT_EQ(get("k"), "payload");
  expect_nothing_left_but(1);
}

TEST_F(MultipartTest, holder_that_vanished_after_its_commit_is_cleaned_up_behind) {
  ASSERT_TRUE(put("k", large).ok());
  const auto upload = begin("k", {"payload"});
  const auto idle = entries()[0];
  EXPECT_EQ(complete("k", upload), "completed");
  // As if the process had died right after the commit: entry and old blob are still there.
  const auto committed = redirect_target(row("k").state)->id();
  LogEntry held = idle;
  held.upload_state->phase = UploadPhase::held;
  held.upload_state->attempts = {AttemptId{make_uuid_v7(clock_, random_)}};
  held.change.old_revision = Revision(idle.change.object, make_uuid_v7(clock_, random_));
  ASSERT_TRUE(wait(entries_.create(held, 1)).ok());
  EXPECT_TRUE(wait(multipart().abort(id("k"), upload.id)).ok())
      << "what is committed can't be aborted, and need not be";
  ASSERT_TRUE(recover().ok());
  EXPECT_EQ(redirect_target(row("k").state)->id(), committed);
  EXPECT_EQ(get("k"), "payload");
  expect_nothing_left_but(1);
}

TEST_F(MultipartTest, unknown_commit_that_was_applied_is_a_success) {
  const auto upload = begin("k", {"payload"});
  rows_.loses_next_commit_reply = true;
  EXPECT_EQ(complete("k", upload), "completed");
  EXPECT_EQ(get("k"), "payload");
  expect_nothing_left_but(1);
}

TEST_F(MultipartTest, unknown_commit_that_was_not_applied_gives_the_upload_back) {
  const auto upload = begin("k", {"payload"});
  rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
    if (name != "commit") return std::nullopt;
    rows_.on_mutation = nullptr;
    return Mutation::unknown(Error(ErrorCode::unavailable, "the reply was lost"));
  };
  EXPECT_EQ(complete("k", upload), "unavailable");
  EXPECT_EQ(entries().at(0).upload_state->phase, UploadPhase::idle);
  EXPECT_EQ(complete("k", upload), "completed");
  expect_nothing_left_but(1);
}

TEST_F(MultipartTest, overtaken_completion_counts_as_done_before_the_other) {
  const auto upload = begin("k", {"payload"});
  rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
    if (name != "commit") return std::nullopt;
    rows_.on_mutation = nullptr;
    EXPECT_TRUE(put("k", "other").ok());
    return std::nullopt;
  };
  EXPECT_EQ(complete("k", upload), "completed");
  EXPECT_EQ(get("k"), "other");
  expect_nothing_left_but(0);
}

// Or a later attempt would make the write happen a second time, after the one that overtook it.
TEST_F(MultipartTest, overtaken_completion_is_no_success_where_recovery_gave_the_upload_back) {
  const auto upload = begin("k", {"payload"});
  rows_.on_mutation = [&](const std::string& name) -> std::optional<Mutation> {
    if (name != "commit") return std::nullopt;
    rows_.on_mutation = nullptr;
    EXPECT_TRUE(recover().ok());  // the holder stands still; it is fenced
    EXPECT_TRUE(put("k", "other").ok());
    return std::nullopt;
  };
  EXPECT_EQ(complete("k", upload), "unavailable");
  EXPECT_EQ(get("k"), "other");
  EXPECT_EQ(complete("k", upload), "completed");
  EXPECT_EQ(get("k"), "payload");
  expect_nothing_left_but(1);
}

TEST_F(MultipartTest, deadline_counts_from_the_start_of_the_upload) {
  Metadata metadata;
  metadata.expiration = policy("ttl:1h");
  metadata.time_expires = *metadata.expiration.deadline_from(clock_.now());
  const auto upload = begin("k", {"payload"}, metadata);
  clock_.advance(std::chrono::minutes(59));
  EXPECT_EQ(complete("k", upload), "completed");
  EXPECT_EQ(get("k"), "payload");
  clock_.advance(std::chrono::minutes(2));
  EXPECT_EQ(get("k"), "absent");
}

// A log whose answers to one kind of request come after days.
class SlowLog final : public ForwardingChangeLog {
 public:
  SlowLog(ChangeLog& inner, ManualClock& clock) : ForwardingChangeLog(inner), clock_(clock) {}

  Task<Mutation> exchange(std::string_view key, const std::optional<UploadState>& expected,
                          const std::optional<LogEntry>& next, EntryTime time) override {
    auto done = co_await inner().exchange(key, expected, next, time);
    if (!expected) clock_.advance(std::chrono::days(9));
    co_return done;
  }

 private:
  ManualClock& clock_;
};

// The entry may be gone by then: an upload that is opened now would be known to nobody, if this
// process ended before it has learned its id.
TEST_F(MultipartTest, no_upload_is_opened_by_a_server_that_stood_still_after_the_record) {
  SlowLog slow(log_, clock_);
  OpenChanges changes(slow, clock_, random_, logger_, ChangeLogSettings{});
  UploadEntries entries(slow, clock_, random_, ChangeLogSettings{});
  TieredStore store(rows_, blobs_, changes, clock_, random_, logger_, TieredSettings{},
                    MultipartParts{&blobs_, &entries});
  const auto begun = wait(store.multipart()->initiate(id("k"), Metadata()));
  ASSERT_FALSE(begun.ok());
  EXPECT_EQ(begun.error().code(), ErrorCode::unavailable);
  EXPECT_THAT(blobs_.multipart_uploads(), IsEmpty());
}

TEST_F(MultipartTest, without_a_durable_log_there_are_no_multipart_uploads) {
  NoopChangeLog noop;
  OpenChanges changes(noop, clock_, random_, logger_, ChangeLogSettings{});
  UploadEntries entries(noop, clock_, random_, ChangeLogSettings{});
  TieredStore store(rows_, blobs_, changes, clock_, random_, logger_, TieredSettings{},
                    MultipartParts{&blobs_, &entries});
  EXPECT_EQ(store.multipart(), nullptr);
}

}  // namespace
}  // namespace objectstore::testing
