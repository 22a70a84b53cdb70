// The store calls of every operation and of every recovery, written by hand from the change
// protocol, against those that are made: a crash point that is added, lost or moved shows here.
#include <gtest/gtest.h>

#include "simulation/crash_points.h"

namespace objectstore::testing {
namespace {

// What recovery has to do when the process is killed just after a call was applied. Consecutive
// scans count as one: how many it takes until an entry is stale is a matter of timing.
enum class Recovers : std::uint8_t {
  nothing,     // no entry, or no longer
  entry,       // neither blob is there to be deleted
  old_blob,    // the change was committed: the row points to the new state
  new_blob,    // it was not
  by_sweep,    // no entry; the next sweep finds the object
  then_sweep,  // the entry goes, and the next sweep finds the object
};

struct Step {
  const char* call;
  Recovers recovers;
};

struct OperationRow {
  Content before;
  Action action;
  std::vector<Step> steps;
};

std::vector<OperationRow> operations() {
  constexpr auto absent = Content::absent;
  constexpr auto small = Content::small;
  constexpr auto large = Content::large;
  constexpr auto nothing = Recovers::nothing;
  constexpr auto entry = Recovers::entry;
  constexpr auto old_blob = Recovers::old_blob;
  constexpr auto new_blob = Recovers::new_blob;
  constexpr auto by_sweep = Recovers::by_sweep;
  constexpr auto then_sweep = Recovers::then_sweep;

  // Reads: the row; of a redirect, the blob.
  std::vector<OperationRow> rows = {
      {absent, Action::get, {{"read", nothing}}},
      {small, Action::get, {{"read", nothing}}},
      {large, Action::get, {{"read", nothing}, {"open", nothing}}},
      {absent, Action::head, {{"read", nothing}}},
      {small, Action::head, {{"read", nothing}}},
      {large, Action::head, {{"read", nothing}, {"open", nothing}}},
      // TTI: the blob first, then the row.
      {absent, Action::bump, {{"read", nothing}}},
      {small, Action::bump, {{"read", nothing}, {"bump", nothing}}},
      {large,
       Action::bump,
       {{"read", nothing}, {"open", nothing}, {"extend", nothing}, {"bump", nothing}}},
  };

  // Small puts and deletes: one request; over a redirect it is refused, and a large write with no
  // new blob follows.
  for (const auto action : {Action::put_small, Action::remove}) {
    for (const auto before : {absent, small})
      rows.push_back({before, action, {{"small", nothing}}});
    rows.push_back({large,
                    action,
                    {{"small", nothing},
                     {"read", nothing},
                     {"intent", nothing},
                     {"record", entry},
                     {"commit", old_blob},
                     {"discard old", old_blob},
                     {"remove", nothing}}});
  }

  // Large puts: read, intent, record, the upload beside them, its end after the record, commit;
  // then, behind the client's back, the old blob and the entry. Whether anybody hears the answer
  // makes no difference.
  for (const auto action : {Action::put_large, Action::put_unheard}) {
    for (const auto before : {absent, small, large}) {
      std::vector<Step> steps = {{"create", nothing}, {"read", nothing},   {"append", nothing},
                                 {"append", nothing}, {"intent", nothing}, {"record", new_blob},
                                 {"finish", new_blob}};
      if (before == large) {
        steps.push_back({"commit", old_blob});
        steps.push_back({"discard old", old_blob});
      } else {
        steps.push_back({"commit", entry});
      }
      steps.push_back({"remove", nothing});
      rows.push_back({before, action, steps});
    }
  }

  // The client goes in the middle of the body: what was uploaded goes at once, then the change is
  // settled: fence, read, delete, entry.
  for (const auto before : {absent, small, large}) {
    rows.push_back({before,
                    Action::put_cut_off,
                    {{"create", nothing},
                     {"read", nothing},
                     {"append", nothing},
                     {"intent", nothing},
                     {"record", new_blob},
                     {"discard new", new_blob},
                     {"fence", new_blob},
                     {"read", new_blob},
                     {"discard new", new_blob},
                     {"remove", nothing}}});
  }

  // The body takes longer than a heartbeat.
  for (const auto before : {absent, small, large}) {
    std::vector<Step> steps = {{"create", nothing},  {"read", nothing},    {"append", nothing},
                               {"intent", nothing},  {"record", new_blob}, {"beat", new_blob},
                               {"append", new_blob}, {"finish", new_blob}};
    if (before == large) {
      steps.push_back({"commit", old_blob});
      steps.push_back({"discard old", old_blob});
    } else {
      steps.push_back({"commit", entry});
    }
    steps.push_back({"remove", nothing});
    rows.push_back({before, Action::put_slow, steps});
  }

  // Expiry: rows that hold their payload go in the sweep itself; a redirect is deleted by the
  // protocol, on the row as the sweep has read it.
  rows.push_back({small, Action::sweep, {{"sweep", nothing}}});
  rows.push_back({large,
                  Action::sweep,
                  {{"sweep", by_sweep},
                   {"intent", by_sweep},
                   {"record", then_sweep},
                   {"commit", old_blob},
                   {"discard old", old_blob},
                   {"remove", nothing}}});
  return rows;
}

std::vector<std::string> recovery_calls(Recovers recovers, LateUploads late_uploads) {
  const std::vector<std::string> sweep = {"sweep",  "intent",      "record",
                                          "commit", "discard old", "remove"};
  switch (recovers) {
    case Recovers::nothing:
      return {};
    case Recovers::entry:
      return {"scan", "claim", "fence", "read", "remove"};
    case Recovers::old_blob:
      return {"scan", "claim", "fence", "read", "discard old", "remove"};
    case Recovers::new_blob:
      break;
    case Recovers::by_sweep:
      return sweep;
    case Recovers::then_sweep: {
      std::vector<std::string> calls = {"scan", "claim", "fence", "read", "remove"};
      calls.insert(calls.end(), sweep.begin(), sweep.end());
      return calls;
    }
  }
  if (late_uploads == LateUploads::prevented) {
    return {"scan", "claim", "fence", "read", "discard new", "remove"};
  }
  // The upload may still finish: the entry is kept until that is over.
  return {"scan", "claim", "fence", "read", "discard new", "keep",
          "scan", "claim", "fence", "read", "discard new", "remove"};
}

std::string in_lines(const std::vector<std::string>& calls) {
  std::string text;
  std::string last;
  for (const auto& call : calls) {
    if (call != "scan" || last != "scan") text += call + "\n";
    last = call;
  }
  return text;
}

TEST(CrashPointsTable, operations_make_the_calls_of_the_protocol) {
  std::size_t calls = 0;
  for (const auto& row : operations()) {
    std::vector<std::string> expected;
    for (const auto& step : row.steps)
      expected.emplace_back(step.call);
    for (const auto late_uploads : {LateUploads::prevented, LateUploads::possible}) {
      CrashScenario scenario;
      scenario.before = row.before;
      scenario.action = row.action;
      scenario.late_uploads = late_uploads;
      const auto result = run_crash_points(scenario, {});
      EXPECT_EQ(in_lines(expected), in_lines(result.calls)) << to_string(scenario);
      EXPECT_EQ(result.violation, std::nullopt) << to_string(scenario);
    }
    calls += expected.size();
  }
  std::cout << calls << " calls in " << operations().size() << " operations\n";
}

TEST(CrashPointsTable, recoveries_make_the_calls_of_the_protocol) {
  std::size_t recoveries = 0;
  for (const auto& row : operations()) {
    for (const auto late_uploads : {LateUploads::prevented, LateUploads::possible}) {
      for (std::size_t call = 0; call < row.steps.size(); ++call) {
        CrashScenario scenario;
        scenario.before = row.before;
        scenario.action = row.action;
        scenario.late_uploads = late_uploads;
        scenario.crashed_at = CrashedAt{call, true};
        const auto result = run_crash_points(scenario, {});
        const auto expected = recovery_calls(row.steps[call].recovers, late_uploads);
        EXPECT_EQ(in_lines(expected), in_lines(result.calls)) << to_string(scenario);
        EXPECT_EQ(result.violation, std::nullopt) << to_string(scenario);
        if (!expected.empty()) ++recoveries;
      }
    }
  }
  std::cout << recoveries << " recoveries\n";
}

// An entry whose blob can't be deleted: two tries, each of two discards, spend its budget; it is
// looked at where it lies, put aside, found again after the time for that, and settled.
TEST(CrashPointsTable, quarantine_makes_the_calls_of_the_protocol) {
  CrashScenario scenario;
  scenario.before = Content::large;
  scenario.action = Action::remove;
  scenario.crashed_at = CrashedAt{4, true};  // the commit
  scenario.undeletable = true;
  const std::vector<std::string> expected = {
      "scan", "claim",      "fence",       "read",    "discard old", "discard old",
      "scan", "claim",      "fence",       "read",    "discard old", "discard old",
      "scan", "quarantine", "quarantined", "release",  //
      "scan", "claim",      "fence",       "read",    "discard old", "remove"};
  const auto result = run_crash_points(scenario, {});
  EXPECT_EQ(in_lines(expected), in_lines(result.calls));
  EXPECT_EQ(result.violation, std::nullopt);
}

}  // namespace
}  // namespace objectstore::testing
