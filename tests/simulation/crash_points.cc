#include "simulation/crash_points.h"

#include <algorithm>
#include <deque>
#include <memory>

#include "simulation/crash_points_process.h"
#include "testing/sim_server.h"

namespace objectstore::testing {

namespace {

constexpr Duration patience = std::chrono::hours(4);
// How long nothing must be left to do before that is believed.
constexpr Duration quiet = std::chrono::seconds(15);
constexpr Duration undeletable_for = std::chrono::minutes(5);

// Process 0 is other clients' server, which nothing happens to; 1 runs the operation under test;
// the later ones recover, each started when none of the earlier ones runs.
constexpr std::size_t observer_id = 0;
constexpr std::size_t actor_id = 1;

const std::string object = "object";

std::optional<std::string> payload(Content content, const std::string& name) {
  if (content == Content::absent) return std::nullopt;
  if (content == Content::small) return name;
  return name + std::string(2 * crash_inline_limit, '.');
}

// Of the object that is there before.
ExpirationPolicy policy_for(Action action) {
  if (action == Action::bump) return *ExpirationPolicy::parse("tti:1d");
  if (action == Action::sweep) return *ExpirationPolicy::parse("ttl:1m");
  return ExpirationPolicy();
}

// How long after it was written the operation begins.
Duration age_for(Action action) {
  if (action == Action::bump) return std::chrono::hours(12);
  if (action == Action::sweep) return std::chrono::minutes(2);
  return std::chrono::seconds(1);
}

// When everything is recovered, and where that happens, swept later.
Duration late_by(LateUploads late_uploads) {
  return std::chrono::minutes(late_uploads == LateUploads::possible ? 15 : 6);
}

class CrashRun {
 public:
  explicit CrashRun(const CrashScenario& scenario)
      : scenario_(scenario),
        world_(1),
        backends_(world_, scenario.late_uploads),
        plan_(world_, late_by(scenario.late_uploads)),
        stage_{world_, backends_, plan_, scenario.rules, scenario.discards_lie} {
    plan_.spare(observer_id);
    start(false);
  }

  CrashResult run(const std::vector<PlannedFault>& faults) {
    write_before();
    if (scenario_.crashed_at) {
      crash();
      arm(faults);
    } else {
      arm(faults);
      act();
    }
    come_to_rest();
    audit();
    CrashResult result;
    result.calls = plan_.calls();
    result.fired = plan_.fired();
    result.violation = std::move(violation_);
    result.trace = world_.lines();
    return result;
  }

 private:
  // What was asked of a process, until the history has learnt how it ended.
  struct Asked {
    std::optional<std::size_t> in_history;
    bool writes = false;
    std::optional<Result<void>> written;
    std::optional<Seen> seen;
    bool noted = false;
  };

  // --- processes ---------------------------------------------------------------------------------

  CrashProcess& start(bool recovers) {
    CrashProcessSettings settings;
    settings.recovers = recovers;
    settings.sweeps = scenario_.action == Action::sweep;
    settings.beats = !processes_.empty();
    if (scenario_.undeletable) settings.cleanup_attempts = 2;
    const auto id = static_cast<int>(processes_.size());
    processes_.push_back(std::make_unique<CrashProcess>(id, stage_, settings));
    return *processes_.back();
  }
  [[nodiscard]] CrashProcess& observer() { return *processes_[observer_id]; }
  [[nodiscard]] CrashProcess& actor() { return *processes_[actor_id]; }

  // Once the operation has ended or something has gone wrong, somebody recovers.
  void see_to_recovery() {
    if (plan_.fired() == 0 && actor().runs() && !actor().idle()) return;
    const bool recovering = std::any_of(processes_.begin() + actor_id + 1, processes_.end(),
                                        [](const auto& process) { return process->runs(); });
    if (!recovering) start(true);
  }

  // --- what is asked of them ---------------------------------------------------------------------

  Asked& ask_to_write(CrashProcess& process, std::optional<std::string> value, Sending sending,
                      ExpirationPolicy policy) {
    auto& asked = asked_.emplace_back();
    asked.writes = true;
    // Of a body that breaks off, nothing may ever be seen.
    if (sending != Sending::cut_off) asked.in_history = history_.begin_write(object, value);
    process.begin(value ? process.put(*std::move(value), sending, policy, &asked.written)
                        : process.remove(&asked.written));
    return asked;
  }
  Asked& ask_to_read(CrashProcess& process) {
    auto& asked = asked_.emplace_back();
    asked.in_history = history_.begin_read(object);
    process.begin(process.get(&asked.seen));
    return asked;
  }

  void note_answers() {
    for (auto& asked : asked_) {
      if (asked.noted || !(asked.written || asked.seen)) continue;
      asked.noted = true;
      if (!asked.in_history) continue;
      if (asked.writes && asked.written->ok()) history_.end_write(object, *asked.in_history);
      if (!asked.writes && asked.seen->answered) {
        history_.end_read(object, *asked.in_history, asked.seen->value);
      }
    }
  }

  void write_before() {
    const auto before = payload(scenario_.before, "before");
    if (before) {
      const auto& asked =
          ask_to_write(observer(), before, Sending::whole, policy_for(scenario_.action));
      step_while([&] { return !asked.noted || !observer().idle(); });
    }
    const auto begun = world_.now() + age_for(scenario_.action);
    world_.after(age_for(scenario_.action), [] {});
    step_while([&] { return world_.now() < begun; });
    if (before && scenario_.action == Action::sweep) history_.expire(object, *before);
    stage_.old_blobs = backends_.blobs.blobs();
  }

  void arm(const std::vector<PlannedFault>& faults) {
    plan_.arm(faults);
    if (scenario_.undeletable) stage_.undeletable_until = world_.now() + undeletable_for;
  }

  void act() {
    start(false);
    switch (scenario_.action) {
      case Action::get:
      case Action::bump:
        ask_to_read(actor());
        return;
      case Action::head:
        head_ = &asked_.emplace_back();
        actor().begin(actor().head(&head_->seen));
        return;
      case Action::put_small:
        ask_to_write(actor(), payload(Content::small, "after"), Sending::whole, {});
        return;
      case Action::put_large:
        ask_to_write(actor(), payload(Content::large, "after"), Sending::whole, {});
        return;
      case Action::put_cut_off:
        ask_to_write(actor(), payload(Content::large, "cut off"), Sending::cut_off, {});
        return;
      case Action::put_unheard:
        // Its answer reaches nobody.
        ask_to_write(actor(), payload(Content::large, "after"), Sending::whole, {}).noted = true;
        return;
      case Action::put_slow:
        ask_to_write(actor(), payload(Content::large, "after"), Sending::slowly, {});
        return;
      case Action::remove:
        ask_to_write(actor(), std::nullopt, Sending::whole, {});
        return;
      case Action::sweep:
        actor().begin(actor().sweep());
        return;
    }
  }

  void crash() {
    PlannedFault fault;
    fault.call = scenario_.crashed_at->call;
    fault.fault.fate =
        scenario_.crashed_at->applied ? CallFate::Kind::normal : CallFate::Kind::dropped;
    fault.fault.then = Then::killed;
    plan_.arm({fault});
    act();
    step_while([&] { return actor().process().alive() && !actor().idle(); });
    step_while([&] { return world_.now() <= plan_.last_arrival(); });
    if (plan_.fired() != 1) violation_ = "the crash to recover from did not happen";
  }

  void on_fault() {
    if (scenario_.meanwhile && faults_seen_ == 1) {
      ask_to_write(observer(), payload(*scenario_.meanwhile, "meanwhile"), Sending::whole, {});
    }
    ask_to_read(observer());
  }

  // --- time --------------------------------------------------------------------------------------

  template <class Condition>
  void step_while(Condition condition) {
    while (!violation_ && condition() && world_.step()) {
      note_answers();
      if (checked_ == world_.requests_applied()) continue;
      checked_ = world_.requests_applied();
      violation_ = what_is_wrong();
    }
  }

  [[nodiscard]] std::optional<std::string> what_is_wrong() const {
    if (scenario_.rules == CommitRules::protocol) return check_rows(backends_);
    // Other rules break what is asked of single requests; what counts is what they lose.
    const auto blobs = backends_.blobs.blobs();
    for (const auto& [key, row] : backends_.rows.snapshot()) {
      const auto* target = redirect_target(row.state);
      if (target != nullptr && !blobs.contains(*target)) {
        return "row " + key + " points to a blob that does not exist";
      }
    }
    return std::nullopt;
  }

  void come_to_rest() {
    const auto end = world_.now() + patience;
    auto busy_until = world_.now();
    step_while([&] {
      if (faults_seen_ != plan_.fired()) {
        faults_seen_ = plan_.fired();
        on_fault();
      }
      see_to_recovery();
      if (!at_rest()) busy_until = world_.now();
      return world_.now() < std::min(end, busy_until + quiet);
    });
  }

  [[nodiscard]] bool at_rest() {
    for (const auto& process : processes_) {
      if (process->process().alive() && (process->process().paused() || !process->idle())) {
        return false;
      }
    }
    return world_.now() > plan_.last_arrival() && backends_.log.empty() && quarantined() == 0 &&
           !something_has_expired();
  }
  [[nodiscard]] std::size_t quarantined() {
    return world_.immediately(backends_.log.quarantined(UINT64_MAX, "", 100))->size();
  }
  [[nodiscard]] bool something_has_expired() const {
    for (const auto& [key, row] : backends_.rows.snapshot()) {
      const auto deadline = deadline_of(row.state);
      if (deadline && *deadline < world_.wall()) return true;
    }
    return false;
  }

  void audit() {
    const auto& last = ask_to_read(observer());
    step_while([&] { return !last.noted; });
    if (!violation_ && scenario_.rules == CommitRules::protocol) {
      violation_ = check_at_rest(backends_);
    }
    if (!violation_ && quarantined() != 0) violation_ = "an entry is left in quarantine";
    if (!violation_ && something_has_expired()) violation_ = "an expired object is left";
    if (!violation_ && !last.seen->answered) violation_ = "the object can't be read";
    if (!violation_) violation_ = history_.violation();
    const bool undisturbed = plan_.fired() == 0 && !scenario_.crashed_at;
    if (!violation_ && undisturbed && !backends_.blobs.uploads().empty()) {
      violation_ = "an upload is left";
    }
    if (violation_ || head_ == nullptr || !head_->seen || !head_->seen->answered) return;
    const bool right = head_->seen->value.has_value() == (scenario_.before != Content::absent);
    if (!right && !scenario_.meanwhile) violation_ = "head told the opposite of what is";
  }

  const CrashScenario& scenario_;
  SimWorld world_;
  SimBackends backends_;
  FaultPlan plan_;
  CrashStage stage_;
  History history_;
  std::deque<Asked> asked_;
  Asked* head_ = nullptr;
  std::optional<std::string> violation_;
  std::size_t faults_seen_ = 0;
  std::uint64_t checked_ = 0;
  std::vector<std::unique_ptr<CrashProcess>> processes_;
};

}  // namespace

CrashResult run_crash_points(const CrashScenario& scenario,
                             const std::vector<PlannedFault>& faults) {
  return CrashRun(scenario).run(faults);
}

std::string to_string(Action action) {
  constexpr const char* names[] = {"get",       "head",        "bump",        "put small",
                                   "put large", "put cut off", "put unheard", "put slow",
                                   "remove",    "sweep"};
  return names[static_cast<std::size_t>(action)];
}

std::string to_string(const CrashScenario& scenario) {
  auto text = to_string(scenario.action) + " over " + to_string(scenario.before);
  if (scenario.late_uploads == LateUploads::possible) text += ", late uploads possible";
  if (scenario.crashed_at) {
    text += ", recovery after a kill at call " + std::to_string(scenario.crashed_at->call) +
            (scenario.crashed_at->applied ? " (applied)" : " (not applied)");
  }
  if (scenario.undeletable) text += ", the old blob undeletable at first";
  if (scenario.meanwhile) text += ", meanwhile " + to_string(*scenario.meanwhile);
  return text;
}

}  // namespace objectstore::testing
