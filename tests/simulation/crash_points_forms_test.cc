// Entries and rows that can't be read, in every form: they are kept or put aside, and permit no
// deletion.
#include <gtest/gtest.h>

#include "backends/rocksdb/test_support.h"
#include "base/checksum.h"
#include "base/encoding.h"
#include "simulation/crash_points_wreck.h"
#include "tiered/tiered_store.h"

namespace objectstore::testing {
namespace {

// --- entries that can't be read ------------------------------------------------------------------

struct Form {
  std::string name;
  std::string text;
};

std::vector<Form> broken_forms(const LogEntry& entry) {
  const auto valid = encode_entry(entry);
  const auto object = entry.change.object;
  const auto revision = entry.change.new_revision->path();
  const auto other = revision_of("sim/objects/other", 7).path();
  const auto with = [&](const std::string& id, const std::string& fresh, const std::string& old) {
    return R"({"id":)" + id + R"(,"new":)" + fresh + R"(,"old":)" + old + "}";
  };
  const auto quoted = [](const std::string& text) { return '"' + text + '"'; };
  std::vector<Form> forms = {
      {"not JSON", "garbage"},
      {"NULs", std::string(valid.size(), '\0')},
      {"null", "null"},
      {"a number", "1"},
      {"a string", quoted(object)},
      {"an array", "[" + valid + "]"},
      {"two objects", valid + valid},
      {"no id", R"({"new":null,"old":null})"},
      {"no new", R"({"id":)" + quoted(object) + R"(,"old":null})"},
      {"no old", R"({"id":)" + quoted(object) + R"(,"new":null})"},
      {"id no string", with("7", quoted(revision), "null")},
      {"id no path", with(quoted("nowhere"), quoted(revision), "null")},
      {"id empty", with(quoted(""), quoted(revision), "null")},
      {"new no string", with(quoted(object), "true", "null")},
      {"new no revision", with(quoted(object), quoted(object), "null")},
      {"new of another object", with(quoted(object), quoted(other), "null")},
      {"old of another object", with(quoted(object), quoted(revision), quoted(other))},
      {"sweep no boolean", valid.substr(0, valid.size() - 1) + R"(,"sweep":1})"},
      {"version 2", valid.substr(0, valid.size() - 1) + R"(,"version":2})"},
      {"version a string", valid.substr(0, valid.size() - 1) + R"(,"version":"2"})"},
      {"version negative", valid.substr(0, valid.size() - 1) + R"(,"version":-1})"},
      {"version alone", R"({"version":2})"},
  };
  for (std::size_t size = 0; size < valid.size(); ++size)
    forms.push_back({"cut at " + std::to_string(size), valid.substr(0, size)});
  return forms;
}

TEST(BrokenEntries, are_kept_and_permit_no_deletion) {
  Wreck wreck;
  std::vector<std::pair<Form, LogEntry>> all;
  const auto count = broken_forms(wreck.abandoned(0, 0)).size();
  for (std::uint64_t number = 1; number <= count; ++number) {
    const auto entry = wreck.abandoned(number, static_cast<unsigned>(number % changelog_shards));
    const auto form = broken_forms(entry)[number - 1];
    wreck.inject(entry, form.text);
    all.emplace_back(form, entry);
  }
  const auto good = wreck.abandoned(9999, 3);
  wreck.inject(good);
  wreck.recover();
  // Released every hour, and put aside again.
  wreck.pass_time(std::chrono::hours(3) + std::chrono::minutes(1));
  std::size_t aside = 0;
  for (const auto& [form, entry] : all) {
    EXPECT_TRUE(wreck.has_both_blobs(entry)) << form.name;
    const bool put_aside = wreck.in_quarantine(entry);
    if (put_aside) ++aside;
    EXPECT_NE(put_aside, wreck.in_log(entry)) << form.name;
  }
  EXPECT_FALSE(wreck.has_both_blobs(good)) << "or nothing was put to the test";
  EXPECT_EQ(aside, count - 2) << "all but those of a later version";
  std::cout << count << " forms\n";
}

// --- rows that can't be read ---------------------------------------------------------------------

// On the real row format: settling a change whose row is corrupt.
class BrokenRows : public ::testing::Test {
 protected:
  Change change() {
    Change change;
    change.id = uuid_of(5);
    change.object = key_;
    change.new_revision = revision_of(key_, 2);
    change.old_revision = revision_of(key_, 1);
    return change;
  }
  void put_blobs() {
    for (const auto number : {1U, 2U}) {
      auto writer = run(blobs_.create(revision_of(key_, number), Metadata{}));
      (void)run((*writer)->finish());
    }
  }
  // Whether the settle of the change, with the stored row replaced, went through.
  bool settles_with(const std::string& row) {
    parts_.put_raw(Column::rows, key_, row);
    LogEntry entry;
    entry.change = change();
    log_.inject(entry_key(entry.change.id), encode_entry(entry), 1);
    return run(store_.settler().settle(changes_.adopt(entry), false)).ok();
  }

  const std::string key_ = "u/objects/k";
  ScratchDirectory directory_;
  ManualClock clock_;
  RecordingLogger logger_;
  SeededRandom random_;
  RocksDbParts parts_{directory_.path() / "rows", clock_};
  MemoryBlobStore blobs_{LateUploads::prevented};
  MemoryChangeLog log_;
  OpenChanges changes_{log_, clock_, random_, logger_, ChangeLogSettings{}};
  TieredStore store_{parts_.rows, blobs_, changes_, clock_, random_, logger_, TieredSettings{}};
};

TEST_F(BrokenRows, permit_no_deletion) {
  // The row points to the old blob: the change was not committed, its new blob is to go.
  const auto attempt = attempt_of(9);
  const RowState state = redirect_state(key_, 1);
  ASSERT_TRUE(run(parts_.rows.open_intent(key_, attempt, IntentCondition{})).is_applied());
  ASSERT_TRUE(run(parts_.rows.commit(key_, attempt, state, stamp_of(1))).is_applied());
  const auto whole = parts_.raw(Column::rows, key_);
  put_blobs();

  std::vector<Form> forms;
  for (std::size_t size = 0; size < whole.size(); ++size)
    forms.push_back({"cut at " + std::to_string(size), whole.substr(0, size)});
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    auto flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    forms.push_back({"bit " + std::to_string(bit) + " flipped", flipped});
  }
  forms.push_back({"longer", whole + '\0'});
  auto later = whole.substr(0, whole.size() - 8);
  later[0] = static_cast<char>(later[0] + 1);
  append_u64(later, checksum64(later, checksum64(key_)));
  forms.push_back({"a later version, its checksum right", later});

  const auto entry = entry_key(change().id);
  for (const auto& form : forms) {
    EXPECT_FALSE(settles_with(form.text)) << form.name;
    ASSERT_EQ(blobs_.blobs().size(), 2U) << form.name;
    EXPECT_TRUE(log_.snapshot().contains(entry)) << form.name;
    EXPECT_EQ(parts_.raw(Column::rows, key_), form.text) << form.name << ": not written over";
  }
  EXPECT_TRUE(settles_with(whole));
  EXPECT_EQ(blobs_.blobs(), std::set<Revision>{revision_of(key_, 1)});
  EXPECT_TRUE(log_.empty());
  std::cout << forms.size() << " forms\n";
}

}  // namespace
}  // namespace objectstore::testing
