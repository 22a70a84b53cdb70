#include "simulation/scenario.h"

#include <algorithm>
#include <memory>

namespace objectstore::testing {

namespace {

constexpr auto frozen_for = std::chrono::minutes(10);
constexpr auto patience = std::chrono::hours(6);
// Longer than an upload can last here, the freeze included.
constexpr auto late_upload_window = std::chrono::minutes(20);
// How long nothing must be left to do before that is believed.
constexpr auto quiet = std::chrono::minutes(1);

std::optional<std::string> payload(Content content, const std::string& name) {
  switch (content) {
    case Content::absent:
      return std::nullopt;
    case Content::small:
      return name;
    case Content::large:
      break;
  }
  return name + std::string(3 * sim_inline_limit, '.');
}

// Stops process 0 at the chosen point of its operation; everything else goes its usual way.
class StopPolicy final : public CallPolicy {
 public:
  explicit StopPolicy(const Scenario& scenario) : scenario_(scenario) {}

  // From now on the requests of process 0 are counted.
  void arm() { armed_ = true; }
  [[nodiscard]] const std::vector<std::string>& requests() const { return requests_; }
  [[nodiscard]] bool stopped() const { return stopped_; }

  CallFate next(SimProcess& process, const std::string& what) override {
    CallFate fate;
    if (!counts(process, what)) return fate;
    requests_.push_back(what);
    if (is_stop(StopPoint::Moment::sent)) {
      // It has been sent, and arrives when the network pleases: after the freeze.
      if (scenario_.interruption == Interruption::freeze) fate.there = frozen_for;
      stop(process);
    }
    return fate;
  }

  void on_applied(SimProcess& process, const std::string& what) override {
    if (stopped_ || !counts(process, what)) return;
    if (is_stop(StopPoint::Moment::applied)) stop(process);
  }

 private:
  // Recovery's scans and heartbeats go on beside the operation.
  [[nodiscard]] bool counts(const SimProcess& process, const std::string& what) const {
    return armed_ && process.id() == 0 && what != "scan";
  }
  [[nodiscard]] bool is_stop(StopPoint::Moment moment) const {
    return scenario_.stop && !stopped_ && scenario_.stop->moment == moment &&
           requests_.size() == scenario_.stop->request + 1;
  }
  void stop(SimProcess& process) {
    stopped_ = true;
    process.world().trace("p0 stops");
    auto& world = process.world();
    // Not from within itself: at the next step.
    if (scenario_.interruption == Interruption::kill) {
      world.after(Duration::zero(), [&process] { process.kill(); });
      process.pause();
      return;
    }
    process.pause();
    world.after(frozen_for, [&process, &world] {
      world.trace("p0 goes on");
      process.resume();
    });
  }

  const Scenario& scenario_;
  bool armed_ = false;
  bool stopped_ = false;
  std::vector<std::string> requests_;
};

class ScenarioRun {
 public:
  explicit ScenarioRun(const Scenario& scenario)
      : scenario_(scenario),
        world_(1),
        backends_(world_, scenario.late_uploads),
        policy_(scenario) {
    SimServerSettings settings;
    settings.rules = scenario.rules;
    settings.late_upload_window = late_upload_window;
    settings.recovers = false;
    first_ = std::make_unique<SimServer>(world_, 0, backends_, policy_, settings);
    settings.recovers = true;
    second_ = std::make_unique<SimServer>(world_, 1, backends_, policy_, settings);
  }

  ScenarioResult run() {
    if (scenario_.before != Content::absent) {
      write_and_wait(*second_, payload(scenario_.before, "before"));
      settle();
    }
    policy_.arm();
    bool answered = false;
    first_->write("object", payload(scenario_.after, "after"), history_,
                  [&answered] { answered = true; });
    step_while([&] { return !policy_.stopped() && !answered; });
    if (scenario_.meanwhile && policy_.stopped()) {
      // Before recovery may act, and while the first process stands still.
      second_->write("object", payload(*scenario_.meanwhile, "meanwhile"), history_, [] {});
    }
    settle();
    read_and_wait();
    ScenarioResult result;
    if (!violation_) violation_ = check_at_rest(backends_);
    if (!violation_) violation_ = history_.violation();
    result.requests = policy_.requests();
    result.violation = violation_;
    result.recovered = backends_.monitor.counters().fences_found_open != 0;
    result.trace = world_.lines();
    return result;
  }

 private:
  // Steps until everything has come to rest, frozen processes included.
  void settle() {
    const auto end = world_.now() + patience;
    auto busy_until = world_.now();
    step_while([&] {
      if (!at_rest()) busy_until = world_.now();
      return world_.now() < std::min(end, busy_until + quiet);
    });
  }

  [[nodiscard]] bool at_rest() const {
    const bool first_rests = !first_->alive() || (first_->idle() && !first_->process().paused());
    return first_rests && second_->idle() && backends_.log.empty();
  }

  template <class Condition>
  void step_while(Condition condition) {
    while (condition() && world_.step()) {
      if (!violation_) violation_ = check_rows(backends_);
    }
  }

  void write_and_wait(SimServer& server, std::optional<std::string> value) {
    bool done = false;
    server.write("object", std::move(value), history_, [&done] { done = true; });
    step_while([&done] { return !done; });
  }

  void read_and_wait() {
    bool done = false;
    second_->read("object", history_, [&done] { done = true; });
    step_while([&done] { return !done; });
  }

  const Scenario& scenario_;
  SimWorld world_;
  SimBackends backends_;
  StopPolicy policy_;
  History history_;
  std::optional<std::string> violation_;
  std::unique_ptr<SimServer> first_;
  std::unique_ptr<SimServer> second_;
};

}  // namespace

std::string to_string(Content content) {
  switch (content) {
    case Content::absent:
      return "absent";
    case Content::small:
      return "small";
    case Content::large:
      break;
  }
  return "large";
}

ScenarioResult run_scenario(const Scenario& scenario) {
  return ScenarioRun(scenario).run();
}

}  // namespace objectstore::testing
