#include "power_cut/workload.h"

#include <array>

#include "power_cut/embedded.h"

namespace objectstore::testing {

namespace {

constexpr std::size_t small = 300;     // stays among the keys
constexpr std::size_t medium = 6000;   // in a file of RocksDB's own; more than a page of its log
constexpr std::size_t large = 20'000;  // a blob
constexpr std::size_t very_large = 400'000;  // one that is written in several steps

constexpr Duration between_actions = std::chrono::seconds(1);

constexpr std::size_t never_acknowledged = SIZE_MAX;

// One write, in the recorder's time.
struct Step {
  std::string object;
  Value value;
  std::size_t begun = 0;
  std::size_t acknowledged = never_acknowledged;
  bool is_seen = true;  // false: no client that comes after the power cut can find it
};

Knowledge knowledge_at(const std::vector<Step>& steps, std::size_t position) {
  Knowledge knowledge;
  for (const auto& step : steps) {
    auto& allowed = knowledge.try_emplace(step.object, std::set<Value>{std::nullopt}).first->second;
    if (!step.is_seen || step.begun >= position) continue;
    if (step.acknowledged <= position) allowed.clear();
    allowed.insert(step.value);
  }
  return knowledge;
}

class Run {
 public:
  Run(const std::filesystem::path& root, std::uint64_t seed)
      : root_(root), random_(seed), disk_(root), recorder_(root) {
    OBJECTSTORE_ASSERT(open());
    opened_ = recorder_.size();
  }

  void fail_disk(const DiskFault& fault) {
    recorder_.fail_calls(fault.first, fault.count, fault.error);
  }

  // False: it failed.
  [[nodiscard]] bool perform(const Action& action) {
    clock_.advance(between_actions);
    auto value = payload(action.object, steps_.size(), action.size);
    switch (action.kind) {
      case Action::Kind::write:
        return write(action.object, std::move(value));
      case Action::Kind::remove:
        return write(action.object, std::nullopt);
      case Action::Kind::break_off:
        unseen(action.object);
        return !embedded_->wait(embedded_->write_and_break_off(action.object, value)).ok();
      case Action::Kind::write_mortal:
        unseen(action.object);
        return embedded_->wait(embedded_->write_mortal(action.object, value)).ok();
      case Action::Kind::sweep:
        clock_.advance(mortal_life);
        return embedded_->sweep().ok();
      case Action::Kind::flush:
        return embedded_->flush().ok();
      case Action::Kind::compact:
        return embedded_->compact().ok();
      case Action::Kind::reopen:
        break;
    }
    embedded_.reset();
    return open();
  }

  [[nodiscard]] bool is_open() const { return embedded_ != nullptr; }
  [[nodiscard]] bool open() {
    auto opened = Embedded::open(root_, clock_, random_);
    if (!opened.ok()) return false;
    embedded_ = std::move(opened).value();
    return true;
  }

  // What is wrong with what a client finds now. A value that it may find to be the old one it may
  // find to be the new one later: a write whose outcome nobody knows waits in RocksDB's log for the
  // next start.
  [[nodiscard]] std::optional<std::string> problem_of_reads() {
    for (const auto& [object, allowed] : knowledge_at(steps_, recorder_.size() + 1)) {
      const auto read = embedded_->read(object);
      if (!read.ok()) return "can't read " + object + ": " + read.error().describe();
      if (!allowed.contains(*read)) return object + " holds what it must not";
    }
    return std::nullopt;
  }

  Recording finish() {
    embedded_.reset();
    Recording recording;
    recording.before = std::move(disk_);
    recording.calls = recorder_.take();
    recording.opened = opened_;
    recording.knowledge = [steps = std::move(steps_)](std::size_t position) {
      return knowledge_at(steps, position);
    };
    recording.end = clock_.now();
    return recording;
  }

 private:
  bool write(const std::string& object, Value value) {
    steps_.push_back({object, std::move(value), recorder_.size(), never_acknowledged});
    auto acknowledged = [](Embedded& embedded, const DiskRecorder& recorder,
                           Step& step) -> Task<bool> {
      const auto written = co_await embedded.write(step.object, step.value);
      if (written.ok()) step.acknowledged = recorder.size();
      co_return written.ok();
    };
    return embedded_->wait(acknowledged(*embedded_, recorder_, steps_.back()));
  }

  void unseen(const std::string& object) {
    Step step{object, std::nullopt};
    step.is_seen = false;
    steps_.push_back(std::move(step));
  }

  std::filesystem::path root_;
  ManualClock clock_;
  SeededRandom random_;
  Disk disk_;
  DiskRecorder recorder_;
  std::size_t opened_ = 0;
  std::unique_ptr<Embedded> embedded_;
  std::vector<Step> steps_;
};

bool is_write(const Action& action) {
  return action.kind == Action::Kind::write || action.kind == Action::Kind::remove;
}

// Whether the stores take writes again by themselves.
bool writes_come_back(Run& run) {
  constexpr int patience = 10;
  for (int tries = 0; tries < patience; ++tries) {
    if (run.perform({Action::Kind::write, "after the fault", large})) return true;
  }
  return false;
}

}  // namespace

Plan every_transition() {
  using Kind = Action::Kind;
  Plan plan;
  const std::vector<std::size_t> sizes = {0, small, medium, large};  // 0: absent
  const auto put = [&plan](const std::string& object, std::size_t size) {
    plan.push_back({size == 0 ? Kind::remove : Kind::write, object, size});
  };
  for (const auto before : sizes) {
    for (const auto after : sizes) {
      const auto object = std::to_string(before) + " to " + std::to_string(after);
      put(object, before);
      put(object, after);
    }
    plan.push_back({Kind::break_off, "broken over " + std::to_string(before), very_large});
    plan.push_back({before == 0 ? Kind::compact : Kind::flush, "", 0});
    plan.push_back({Kind::write_mortal, "mortal " + std::to_string(before), before});
    if (before == medium) plan.push_back({Kind::reopen, "", 0});
  }
  plan.push_back({Kind::sweep, "", 0});
  put("large to large", very_large);
  plan.push_back({Kind::break_off, "large to large", large});
  put("large to large", large);
  put("large to large", very_large);
  plan.push_back({Kind::compact, "", 0});
  put("300 to 20000", 0);
  return plan;
}

Plan random_plan(std::uint64_t seed) {
  using Kind = Action::Kind;
  SeededRandom random(seed);
  Plan plan;
  const auto actions = 15 + random.below(25);
  const std::vector<std::size_t> sizes = {small, medium, large, large, very_large};
  for (std::size_t i = 0; i < actions; ++i) {
    const auto object = "object " + std::to_string(random.below(6));
    const auto size = 1 + random.below(sizes[random.below(sizes.size())]);
    const auto dice = random.below(100);
    if (dice < 60) {
      plan.push_back({Kind::write, object, size});
    } else if (dice < 72) {
      plan.push_back({Kind::remove, object, 0});
    } else if (dice < 80) {
      plan.push_back({Kind::break_off, object, std::max(size, large)});
    } else if (dice < 87) {
      plan.push_back({Kind::write_mortal, std::string("mortal ") + object, size});
    } else {
      const std::array kinds = {Kind::sweep, Kind::flush, Kind::compact, Kind::reopen};
      plan.push_back({kinds[random.below(kinds.size())], "", 0});
    }
  }
  return plan;
}

Recording record(const std::filesystem::path& root, const Plan& plan, std::uint64_t seed) {
  Run run(root, seed);
  for (const auto& action : plan) {
    const bool done = run.perform(action);
    OBJECTSTORE_ASSERT(done);
  }
  return run.finish();
}

FaultyRecording record_with_fault(const std::filesystem::path& root, const Plan& plan,
                                  std::uint64_t seed, const DiskFault& fault) {
  FaultyRecording faulty;
  Run run(root, seed);
  run.fail_disk(fault);
  const auto read = [&] {
    if (const auto problem = run.problem_of_reads()) faulty.problems.push_back(*problem);
  };
  for (const auto& action : plan) {
    // A start that fails is tried again.
    while (!run.is_open())
      (void)run.open();
    const bool done = run.perform(action);
    if (!done && is_write(action)) ++faulty.refused_writes;
    if (!done && run.is_open()) read();
  }
  run.fail_disk({1, 0, 0});
  if (!run.is_open() || !writes_come_back(run)) {
    faulty.restarted = true;
    (void)run.perform({Action::Kind::reopen, "", 0});
    if (!run.is_open()) {
      faulty.problems.emplace_back("the stores don't open after the fault");
    } else if (!writes_come_back(run)) {
      faulty.problems.emplace_back("writes fail after a restart");
    }
  }
  if (run.is_open()) read();
  faulty.recording = run.finish();
  return faulty;
}

std::string payload(const std::string& object, std::size_t write, std::size_t size) {
  auto text = object + " #" + std::to_string(write) + " ";
  SeededRandom random(write);
  while (text.size() < size) {
    const auto word = random.next();
    text.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  text.resize(std::max<std::size_t>(size, 1));
  return text;
}

}  // namespace objectstore::testing
