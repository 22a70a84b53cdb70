#include "changelog/entry.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <tuple>

#include "changelog/change_log.h"

namespace objectstore {
namespace {

const std::string id_text = "0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77";
const Uuid id = Uuid::parse(id_text).value();
const Uuid other_id = Uuid::parse("0196523c-7b2b-7d3e-9c51-0d2f6a1b4e78").value();
const std::string key = "~changelog/77/" + id_text;

LogEntry owned(LogEntry entry, std::string owner, bool claimed) {
  entry.owner = std::move(owner);
  entry.claimed = claimed;
  return entry;
}

LogEntry sent_to(LogEntry entry, std::string address) {
  entry.change.upload = std::move(address);
  return entry;
}

LogEntry entry_of(bool has_new, bool has_old, bool sweep) {
  LogEntry entry;
  entry.change.id = id;
  entry.change.object = "u/org.1/objects/k";
  if (has_new) entry.change.new_revision = Revision("u/org.1/objects/k", id);
  if (has_old) entry.change.old_revision = Revision("u/org.1/objects/k", other_id);
  entry.swept_later = sweep;
  return entry;
}

UploadState held_state() {
  return UploadState{
      UploadPhase::held, other_id, {AttemptId{id}, AttemptId{other_id}}, "2~\"a\"\xc3\xa9"};
}

LogEntry upload_entry(UploadState state) {
  auto entry = entry_of(true, false, false);
  entry.upload_state = std::move(state);
  return entry;
}

// docs/formats/changelog.md
TEST(Entry, golden_values) {
  const std::string object = R"({"id":"u/org.1/objects/k","new":)";
  const std::string fresh = R"("u/org.1/objects/k/0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77")";
  const std::string old = R"("u/org.1/objects/k/0196523c-7b2b-7d3e-9c51-0d2f6a1b4e78")";
  const std::pair<LogEntry, std::string> cases[] = {
      {entry_of(true, false, false), object + fresh + R"(,"old":null})"},
      {entry_of(true, true, false), object + fresh + R"(,"old":)" + old + "}"},
      {entry_of(false, true, false), object + R"(null,"old":)" + old + "}"},
      {entry_of(true, false, true), object + fresh + R"(,"old":null,"sweep":true})"},
      {owned(entry_of(true, false, false), "web-3:4121:9f3a", false),
       object + fresh + R"(,"old":null,"owner":"web-3:4121:9f3a"})"},
      {owned(entry_of(true, false, false), "web-3:4121:9f3a", true),
       object + fresh + R"(,"old":null,"owner":"web-3:4121:9f3a","claimed":true})"},
      {owned(sent_to(entry_of(true, false, true), "https://s.example/up?id=1&n=\"b\""),
             "web-3:4121:9f3a", false),
       object + fresh +
           R"(,"old":null,"upload":"https://s.example/up?id=1&n=\"b\"","sweep":true,)" +
           R"("owner":"web-3:4121:9f3a"})"},
  };
  for (const auto& [entry, text] : cases) {
    EXPECT_EQ(encode_entry(entry), text);
    const auto decoded = decode_entry(key, text);
    ASSERT_TRUE(decoded.ok()) << decoded.error().describe();
    EXPECT_EQ(std::get<LogEntry>(*decoded), entry);
  }
}

TEST(Entry, golden_states) {
  const auto head = R"({"version":1,"phase":")";
  const auto nonce = R"(","nonce":"0196523c-7b2b-7d3e-9c51-0d2f6a1b4e78","attempts":[)";
  const std::pair<UploadState, std::string> cases[] = {
      {{UploadPhase::idle, other_id, {}, ""},
       head + std::string("idle") + nonce + R"(],"upload_id":""})"},
      {held_state(),
       head + std::string("held") + nonce + R"("0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77",)" +
           R"("0196523c-7b2b-7d3e-9c51-0d2f6a1b4e78"],"upload_id":"2~\"a\")" + "\xc3\xa9\"}"},
      {{UploadPhase::dead, other_id, {AttemptId{id}}, "\n"},
       head + std::string("dead") + nonce +
           R"("0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77"],"upload_id":"\n"})"},
  };
  for (const auto& [state, text] : cases) {
    EXPECT_EQ(encode_upload_state(state), text);
    const auto entry = upload_entry(state);
    EXPECT_EQ(encode_upload_state(entry), text);
    const auto half = R"({"id":"u/org.1/objects/k","new":"u/org.1/objects/k/)" + id_text +
                      R"(","old":null,"multipart":true})";
    EXPECT_EQ(encode_entry(entry), half);
    const auto decoded = decode_entry(key, half, text);
    ASSERT_TRUE(decoded.ok()) << decoded.error().describe();
    EXPECT_EQ(std::get<LogEntry>(*decoded), entry);
  }
}

TEST(Entry, an_upload_without_its_state_is_dead) {
  const UploadState missing{UploadPhase::dead, Uuid(), {}, {}};
  EXPECT_EQ(encode_upload_state(missing), "");
  EXPECT_EQ(encode_upload_state(entry_of(true, false, false)), "");
  const auto decoded = decode_entry(key, encode_entry(upload_entry(held_state())));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<LogEntry>(*decoded), upload_entry(missing));
}

// Whatever can't be written again letter for letter could never be exchanged.
TEST(Entry, what_is_no_state_makes_its_entry_corrupt) {
  const auto entry = encode_entry(upload_entry(held_state()));
  const auto good = encode_upload_state(held_state());
  const auto with = [&good](const std::string& from, const std::string& to) {
    auto text = good;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  ASSERT_TRUE(decode_entry(key, entry, good).ok());
  auto many = held_state();
  many.attempts.assign(max_upload_attempts, AttemptId{id});
  many.upload_id.assign(max_upload_text, 'u');
  ASSERT_TRUE(decode_entry(key, entry, encode_upload_state(many)).ok());
  many.attempts.push_back(AttemptId{id});
  auto long_id = held_state();
  long_id.upload_id.assign(max_upload_text + 1, 'u');
  auto nobody = held_state();
  nobody.attempts.clear();

  const std::string states[] = {
      "x",
      "null",
      "[]",
      "{}",
      good + " ",
      good + "}",
      with(R"("version":1,)", ""),
      with(R"("version":1)", R"("version":0)"),
      with(R"("version":1)", R"("version":"1")"),
      with(R"("version":1)", R"("version":-1)"),
      with(R"("version":1,"phase":"held")", R"("phase":"held","version":1)"),
      with(R"("version":1,)", R"("version":1,"more":1,)"),
      with(R"("version":1)", R"("version": 1)"),
      with(R"("phase":"held",)", ""),
      with("held", "lost"),
      with("held", "Held"),
      with(R"("held")", "1"),
      with(other_id.str(), "0196523C-7B2B-7D3E-9C51-0D2F6A1B4E78"),
      with(other_id.str(), Uuid().str()),
      with(other_id.str(), "no uuid"),
      with(R"("nonce":")" + other_id.str() + '"', R"("nonce":null)"),
      with(id_text, "no uuid"),
      with('"' + id_text + '"', "1"),
      with("[", "{"),
      with(R"(,"upload_id":"2~\"a\")", R"(,"upload_id":"2~\u0022a\")"),
      with(R"(,"upload_id":")", R"(,"upload":")"),
      good.substr(0, good.find(R"(,"upload_id)")) + R"(,"upload_id":null})",
      encode_upload_state(many),
      encode_upload_state(long_id),
      encode_upload_state(nobody),
  };
  for (const auto& state : states) {
    const auto decoded = decode_entry(key, entry, state);
    ASSERT_FALSE(decoded.ok()) << state;
    EXPECT_EQ(decoded.error().code(), ErrorCode::corrupt) << state;
    const auto scanned = scanned_entry(key, 7, entry, state);
    ASSERT_TRUE(std::holds_alternative<BrokenEntry>(scanned.content)) << state;
    EXPECT_EQ(std::get<BrokenEntry>(scanned.content).value, entry);
    EXPECT_EQ(std::get<BrokenEntry>(scanned.content).state, state);
  }
}

TEST(Entry, halves_that_do_not_belong_together_are_corrupt) {
  const auto state = encode_upload_state(held_state());
  auto nothing_new = upload_entry(held_state());
  nothing_new.change.new_revision.reset();
  const std::tuple<std::string, std::string, std::string> cases[] = {
      {"", state, "its state lies there alone"},
      {encode_entry(entry_of(true, false, false)), state, "beside what is no multipart upload"},
      {encode_entry(nothing_new), state, "an upload of no revision"},
      {encode_entry(nothing_new), "", "an upload of no revision"},
      {"not JSON", state, "not a JSON object"},
      {encode_entry(upload_entry(held_state())) + std::string("\0x", 2), state,
       "not a JSON object"},
      {encode_entry(upload_entry(held_state())), state + std::string("\0x", 2), "no JSON object"},
  };
  for (const auto& [text, beside, reason] : cases) {
    const auto decoded = decode_entry(key, text, beside);
    ASSERT_FALSE(decoded.ok()) << reason;
    EXPECT_EQ(decoded.error().code(), ErrorCode::corrupt);
    EXPECT_NE(decoded.error().message().find(reason), std::string::npos)
        << decoded.error().message();
  }
}

TEST(Entry, what_is_replaced_may_be_a_blob_that_has_the_objects_own_name) {
  auto entry = entry_of(false, true, false);
  entry.change.old_revision = Revision::unnumbered("u/org.1/objects/k");
  const std::string text = R"({"id":"u/org.1/objects/k","new":null,"old":"u/org.1/objects/k"})";
  EXPECT_EQ(encode_entry(entry), text);
  const auto decoded = decode_entry(key, text);
  ASSERT_TRUE(decoded.ok()) << decoded.error().describe();
  EXPECT_EQ(std::get<LogEntry>(*decoded), entry);
  // No such blob is ever made anew.
  EXPECT_FALSE(
      decode_entry(key, R"({"id":"u/org.1/objects/k","new":"u/org.1/objects/k","old":null})").ok());
}

TEST(Entry, members_in_any_order_and_unknown_ones_are_read) {
  const auto decoded = decode_entry(
      key, R"({"extra":[1],"old":null,"sweep":false,"new":null,"id":"u/org.1/objects/k"})");
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<LogEntry>(*decoded), entry_of(false, false, false));
}

TEST(Entry, an_owner_that_is_none_makes_no_entry_unusable) {
  const std::string rest = R"({"id":"u/org.1/objects/k","new":null,"old":null,)";
  const std::pair<std::string, LogEntry> cases[] = {
      {rest + R"("owner":7,"claimed":true})", entry_of(false, false, false)},
      {rest + R"("owner":"a","claimed":"yes"})", owned(entry_of(false, false, false), "a", false)},
      {rest + R"("claimed":true})", entry_of(false, false, false)},
  };
  for (const auto& [text, entry] : cases) {
    const auto decoded = decode_entry(key, text);
    ASSERT_TRUE(decoded.ok()) << text;
    EXPECT_EQ(std::get<LogEntry>(*decoded), entry) << text;
  }
}

TEST(Entry, keys_begin_with_random_bits_of_the_id) {
  EXPECT_EQ(entry_key(id), key);
  EXPECT_EQ(shard_start(0), "~changelog/00/");
  EXPECT_EQ(shard_start(0x77), "~changelog/77/");
  EXPECT_EQ(shard_start(255), "~changelog/ff/");
  EXPECT_GT(shard_start(changelog_shards), "~changelog/ff/" + id_text);
  EXPECT_LT(shard_start(0x77), key);
  EXPECT_GT(shard_start(0x78), key);
}

TEST(Entry, the_drafts_keys_lie_inside_the_scan) {
  for (const std::string first : {"0", "9", "a", "f"}) {
    const auto draft = std::string(changelog_prefix) + first + id_text.substr(1);
    EXPECT_GE(draft, std::string(changelog_prefix));
    EXPECT_LT(draft, shard_start(changelog_shards));
    EXPECT_TRUE(change_id_of_key(draft).has_value());
  }
}

TEST(Entry, ids_of_keys) {
  const std::pair<std::string, bool> cases[] = {
      {key, true},
      {"~changelog/" + id_text, true},
      {"~changelog/78/" + id_text, false},  // the shard of another id
      {"~changelog/7/" + id_text, false},
      {"~changelog/77/" + id_text + "x", false},
      {"~changelog/77/", false},
      {"~changelog/", false},
      {"~quarantine/77/" + id_text, false},
      {"changelog/77/" + id_text, false},
      {"", false},
  };
  for (const auto& [text, is_key] : cases) {
    const auto found = change_id_of_key(text);
    EXPECT_EQ(found.has_value(), is_key) << text;
    EXPECT_TRUE(!found || *found == id) << text;
  }
}

TEST(Entry, quarantine_keeps_the_key) {
  const auto draft = std::string(changelog_prefix) + id_text;
  for (const auto& original : {key, draft}) {
    const auto aside = quarantine_key(original);
    EXPECT_TRUE(aside.starts_with(quarantine_prefix));
    EXPECT_EQ(key_before_quarantine(aside), original);
    // Outside the scan of the log.
    EXPECT_TRUE(aside < std::string(changelog_prefix) || aside >= shard_start(changelog_shards));
  }
}

TEST(Entry, what_is_no_entry_is_corrupt_and_names_its_key) {
  const std::string path = "u/org.1/objects/k";
  const std::string good = R"(")" + path + "/" + id_text + R"(")";
  const auto with = [&](const std::string& object, const std::string& fresh,
                        const std::string& old) {
    return R"({"id":)" + object + R"(,"new":)" + fresh + R"(,"old":)" + old + "}";
  };
  const auto object = '"' + path + '"';
  ASSERT_TRUE(decode_entry(key, with(object, good, "null")).ok());
  const std::string longest(max_upload_text, 'u');
  ASSERT_TRUE(decode_entry(key, with(object, good, R"(null,"upload":")" + longest + '"')).ok());
  const std::pair<std::string, std::string> cases[] = {
      {key, ""},
      {key, "{"},
      {key, "null"},
      {key, "[]"},
      {key, "1"},
      {key, "\"text\""},
      {key, "{}"},
      {key, with(object, good, "null") + "x"},
      {key, std::string("\xff\xfe{}")},
      {key, with("1", "null", "null")},
      {key, with("null", "null", "null")},
      {key, with("\"no path\"", "null", "null")},
      {key, with("\"u/objects/\"", "null", "null")},
      {key, with("\"\xff/objects/k\"", "null", "null")},
      {key, R"({"id":)" + object + R"(,"new":null})"},
      {key, R"({"id":)" + object + R"(,"old":null})"},
      {key, with(object, "1", "null")},
      {key, with(object, "null", "{}")},
      {key, with(object, "true", "null")},
      {key, with(object, "\"\"", "null")},
      {key, with(object, object, "null")},
      {key, with(object, "\"" + path + "/not-a-uuid\"", "null")},
      {key, with(object, "\"" + path + "/" + id_text + "0\"", "null")},
      {key, with(object, "\"" + path + "/0196523C-7B2A-7D3E-9C51-0D2F6A1B4E77\"", "null")},
      {key, with(object, "\"u/org.2/objects/k/" + id_text + "\"", "null")},
      {key, with(object, "null", "\"" + path + "/deeper/" + id_text + "\"")},
      {key, R"({"id":)" + object + R"(,"new":null,"old":null,"sweep":1})"},
      {key, with(object, good, R"(null,"multipart":1)")},
      {key, with(object, good, R"(null,"upload":1)")},
      {key, with(object, good, R"(null,"upload":null)")},
      {key, with(object, good, R"(null,"upload":"a\nb")")},
      {key, with(object, good, R"(null,"upload":"\u007f")")},
      {key, with(object, good, "null,\"upload\":\"\xc3\xa9\"")},
      {key, with(object, good, R"(null,"upload":")" + std::string(max_upload_text + 1, 'u') + '"')},
      {key, R"({"version":"2"})"},
      {key, R"({"version":-1})"},
      {"~changelog/77/no-uuid", with(object, good, "null")},
      {"~changelog/78/" + id_text, with(object, good, "null")},
  };
  for (const auto& [stored_under, text] : cases) {
    const auto decoded = decode_entry(stored_under, text);
    ASSERT_FALSE(decoded.ok()) << text;
    EXPECT_EQ(decoded.error().code(), ErrorCode::corrupt) << text;
    EXPECT_NE(decoded.error().message().find(stored_under), std::string::npos);
    const auto scanned = scanned_entry(stored_under, 7, text);
    EXPECT_EQ(scanned.key, stored_under);
    EXPECT_EQ(scanned.time, 7U);
    ASSERT_TRUE(std::holds_alternative<BrokenEntry>(scanned.content)) << text;
    EXPECT_EQ(std::get<BrokenEntry>(scanned.content).value, text);
  }
}

TEST(Entry, later_versions_are_known_as_such) {
  for (const std::string text : {R"({"version":2})", R"({"version":2,"id":5,"new":"?"})"}) {
    const auto decoded = decode_entry(key, text);
    ASSERT_TRUE(decoded.ok());
    ASSERT_TRUE(std::holds_alternative<UnknownEntryVersion>(*decoded));
    EXPECT_EQ(std::get<UnknownEntryVersion>(*decoded).version, 2U);
    EXPECT_TRUE(std::holds_alternative<UnknownEntryVersion>(scanned_entry(key, 7, text).content));
  }
  const std::string later = R"({"version":3,"phase":1})";
  for (const auto& entry : {upload_entry(held_state()), entry_of(true, false, false)}) {
    const auto decoded = decode_entry(key, encode_entry(entry), later);
    ASSERT_TRUE(decoded.ok());
    ASSERT_TRUE(std::holds_alternative<UnknownEntryVersion>(*decoded));
    EXPECT_EQ(std::get<UnknownEntryVersion>(*decoded).version, 3U);
  }
}

rc::Gen<std::string> text_of(const std::vector<std::string>& alphabet, int least, int most) {
  return rc::gen::exec([=] {
    std::string text;
    const int count = *rc::gen::inRange(least, most + 1);
    for (int i = 0; i < count; ++i)
      text += *rc::gen::elementOf(alphabet);
    return text;
  });
}

RC_GTEST_PROP(EntryProperty, every_entry_is_read_back, ()) {
  const auto plain = text_of({"a", "Z", "0", "-", "_"}, 1, 6);
  ObjectId object;
  object.usecase = *plain;
  std::vector<Scope> scopes;
  const int count = *rc::gen::inRange(0, 3);
  scopes.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    scopes.push_back(Scope{*plain, *plain});
  object.scopes = Scopes(std::move(scopes));
  object.key = *text_of({"a", "/", "\"", "\\", ".", "..", "\n", "\x01", "\xc3\xa9",
                         "\xf0\x9f\x98\x80", "objects", "%", ";"},
                        1, 12);
  const auto uuid = [] {
    return Uuid::v7(*rc::gen::inRange<std::uint64_t>(0, 1ULL << 48),
                    *rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<std::uint64_t>());
  };
  LogEntry entry;
  entry.change.id = uuid();
  entry.change.object = object.storage_path();
  if (*rc::gen::arbitrary<bool>()) {
    entry.change.new_revision = Revision(entry.change.object, uuid());
  }
  if (*rc::gen::arbitrary<bool>()) {
    entry.change.old_revision = Revision(entry.change.object, uuid());
  }
  entry.swept_later = *rc::gen::arbitrary<bool>();
  entry.change.upload = *text_of({"a", "/", "\"", "\\", " ", "~", "%20"}, 0, 8);
  if (entry.change.new_revision && *rc::gen::arbitrary<bool>()) {
    UploadState state;
    state.phase = *rc::gen::element(UploadPhase::idle, UploadPhase::held, UploadPhase::dead);
    state.nonce = uuid();
    const int least = state.phase == UploadPhase::held ? 1 : 0;
    const int attempts = *rc::gen::inRange(least, 4);
    for (int i = 0; i < attempts; ++i)
      state.attempts.push_back(AttemptId{uuid()});
    state.upload_id = *text_of({"a", "\"", "\\", "\n", "\x01", "\xc3\xa9", "/", "+="}, 0, 8);
    entry.upload_state = std::move(state);
  }
  const auto draft = std::string(changelog_prefix) + entry.change.id.str();
  for (const auto& stored_under : {entry_key(entry.change.id), draft}) {
    const auto decoded =
        decode_entry(stored_under, encode_entry(entry), encode_upload_state(entry));
    RC_ASSERT(decoded.ok());
    RC_ASSERT(std::get<LogEntry>(*decoded) == entry);
  }
}

RC_GTEST_PROP(EntryProperty, any_text_is_an_entry_or_corrupt, ()) {
  const auto text = *text_of({"{", "}", "\"id\"", "\"new\"", ":", ",", "null", "\"version\"", "1",
                              "[", "]", "\"u/objects/k\"", "\"old\"", "\\u0000", " ", "\xff"},
                             0, 30);
  const auto upload = encode_entry(upload_entry(held_state()));
  for (const auto& decoded : {decode_entry(key, text), decode_entry(key, upload, text)}) {
    if (!decoded.ok()) RC_ASSERT(decoded.error().code() == ErrorCode::corrupt);
  }
}

}  // namespace
}  // namespace objectstore
