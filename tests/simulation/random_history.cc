#include "simulation/random_history.h"

#include <memory>

#include "testing/sim_server.h"

namespace objectstore::testing {

namespace {

constexpr int servers = 2;
constexpr int clients = 4;
constexpr std::size_t mutations_wanted = 32;
constexpr Duration longest_freeze = std::chrono::minutes(5);
constexpr Duration longest_delay = std::chrono::minutes(5);
constexpr Duration late_upload_window = std::chrono::minutes(40);
// What was under way when the faults stopped has arrived by then.
constexpr Duration last_arrival = 3 * longest_delay;
// Everything must have come to rest by then: the sweep of late uploads, by clocks that differ.
constexpr Duration at_rest_after = std::chrono::hours(8);

// Faults as the seed draws them, until the faults stop.
class RandomPolicy final : public CallPolicy {
 public:
  explicit RandomPolicy(SeededRandom& random) : random_(random), rate_(4 + random.below(40)) {}

  void stop_faults() { faulty_ = false; }

  CallFate next(SimProcess&, const std::string&) override {
    CallFate fate;
    fate.there = short_delay();
    fate.back = short_delay();
    if (!faulty_) return fate;
    if (random_.one_in(rate_)) {
      constexpr CallFate::Kind kinds[] = {CallFate::Kind::not_sent, CallFate::Kind::reply_lost,
                                          CallFate::Kind::dropped, CallFate::Kind::late,
                                          CallFate::Kind::twice};
      fate.kind = kinds[random_.below(std::size(kinds))];
      fate.late_by = long_delay();
    } else if (random_.one_in(rate_)) {
      fate.there = long_delay();  // slow, but it arrives
    }
    return fate;
  }

 private:
  Duration short_delay() { return std::chrono::milliseconds(1 + random_.below(50)); }
  Duration long_delay() {
    return Duration(static_cast<std::int64_t>(random_.below(longest_delay.count())));
  }

  SeededRandom& random_;
  std::uint64_t rate_;
  bool faulty_ = true;
};

class RandomHistory {
 public:
  RandomHistory(std::uint64_t seed, CommitRules rules)
      : world_(seed),
        backends_(world_,
                  world_.random().one_in(2) ? LateUploads::possible : LateUploads::prevented),
        policy_(world_.random()),
        rules_(rules) {
    for (int slot = 0; slot < servers; ++slot)
      start(slot);
    for (int client = 0; client < clients; ++client)
      next_operation(client);
    disturb();
  }

  RandomHistoryResult run() {
    step_while([this] { return mutations_ < mutations_wanted; });
    policy_.stop_faults();
    finishing_ = true;
    const auto arrived = world_.now() + last_arrival;
    const auto end = world_.now() + at_rest_after;
    step_while([&] { return world_.now() < arrived || (!at_rest() && world_.now() < end); });
    for (const auto& object : objects())
      read_to_the_end(object);
    RandomHistoryResult result;
    if (!violation_) violation_ = check_at_rest(backends_);
    if (!violation_) violation_ = history_.violation();
    result.violation = violation_;
    result.trace = world_.lines();
    result.counters = counters_;
    result.mutations = mutations_;
    result.kills = kills_;
    result.freezes = freezes_;
    return result;
  }

 private:
  static std::vector<std::string> objects() { return {"a", "b"}; }

  template <class Condition>
  void step_while(Condition condition) {
    while (!violation_ && condition() && world_.step())
      violation_ = check_rows(backends_);
  }

  [[nodiscard]] bool at_rest() const {
    for (const auto* server : running_) {
      if (!server->idle() || server->process().paused()) return false;
    }
    return backends_.log.empty();
  }

  // A fresh process in the slot; what ran there before is kept, for requests of it may be under
  // way.
  void start(int slot) {
    SimServerSettings settings;
    settings.rules = rules_;
    settings.late_upload_window = late_upload_window;
    constexpr Duration skews[] = {Duration::zero(), std::chrono::hours(1), std::chrono::hours(-1),
                                  std::chrono::seconds(20)};
    settings.clock_skew = skews[world_.random().below(std::size(skews))];
    auto server = std::make_unique<SimServer>(world_, next_process_++, backends_, policy_,
                                              counters_, settings);
    running_[slot] = server.get();
    all_.push_back(std::move(server));
  }

  // One client after the other has one operation under way, on a server that the seed chooses.
  void next_operation(int client) {
    if (finishing_) return;
    auto& random = world_.random();
    const auto object = objects()[random.below(objects().size())];
    auto& server = *running_[random.below(servers)];
    const auto number = ++operation_of_[client];
    auto go_on = [this, client, number] {
      if (operation_of_[client] == number) next_operation(client);
    };
    const auto kind = random.below(10);
    if (kind < 3) {
      server.read(object, history_, go_on);
    } else {
      std::optional<std::string> value = std::to_string(++mutations_);
      if (kind < 5) value.reset();
      if (kind >= 7) *value += std::string(sim_inline_limit, '.');
      server.write(object, std::move(value), history_, go_on);
    }
    // A client whose server died, or that is tired of waiting, goes on with something else.
    world_.after(std::chrono::minutes(2), go_on);
  }

  // Kills and freezes now and then.
  void disturb() {
    auto& random = world_.random();
    world_.after(std::chrono::seconds(1 + random.below(120)), [this, &random] {
      if (finishing_) return;
      const auto slot = static_cast<int>(random.below(servers));
      auto* server = running_[slot];
      if (random.one_in(3)) {
        ++kills_;
        world_.trace("kill p" + std::to_string(server->process().id()));
        server->kill();
        start(slot);
      } else if (server->alive() && !server->process().paused()) {
        ++freezes_;
        world_.trace("freeze p" + std::to_string(server->process().id()));
        server->process().pause();
        const auto span = static_cast<std::int64_t>(random.below(longest_freeze.count()));
        world_.after(Duration(span), [server] { server->process().resume(); });
      }
      disturb();
    });
  }

  void read_to_the_end(const std::string& object) {
    bool done = false;
    running_[0]->read(object, history_, [&done] { done = true; });
    step_while([&done] { return !done; });
  }

  SimWorld world_;
  SimBackends backends_;
  RandomPolicy policy_;
  CommitRules rules_;
  SimCounters counters_;
  History history_;
  std::optional<std::string> violation_;
  std::vector<std::unique_ptr<SimServer>> all_;
  SimServer* running_[servers] = {};
  int next_process_ = 0;
  std::uint64_t operation_of_[clients] = {};
  std::size_t mutations_ = 0;
  std::size_t kills_ = 0;
  std::size_t freezes_ = 0;
  bool finishing_ = false;
};

}  // namespace

RandomHistoryResult run_random_history(std::uint64_t seed, CommitRules rules) {
  return RandomHistory(seed, rules).run();
}

}  // namespace objectstore::testing
