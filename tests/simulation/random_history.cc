#include "simulation/random_history.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "simulation/history_style.h"
#include "testing/sim_server.h"

namespace objectstore::testing {

namespace {

constexpr int clients = 4;
constexpr std::size_t mutations_wanted = 32;
// What was under way when the faults stopped has arrived by then.
constexpr Duration last_arrival = 3 * longest_delay;
// How long nothing must be left to do before that is believed.
constexpr Duration quiet = std::chrono::minutes(2);

// Faults as the seed draws them, until the faults stop.
class RandomPolicy final : public CallPolicy {
 public:
  // Stops a process in the middle of what it does.
  using Stop = std::function<void(SimProcess&)>;

  RandomPolicy(SeededRandom& random, std::uint64_t rate, Stop stop)
      : random_(random), rate_(rate), stop_(std::move(stop)) {}

  void stop_faults() { faulty_ = false; }

  CallFate next(SimProcess& process, const std::string& what) override {
    CallFate fate;
    fate.there = short_delay();
    fate.back = short_delay();
    if (!faulty_) return fate;
    if (random_.one_in(rate_)) {
      constexpr CallFate::Kind kinds[] = {CallFate::Kind::not_sent, CallFate::Kind::reply_lost,
                                          CallFate::Kind::dropped, CallFate::Kind::late,
                                          CallFate::Kind::twice};
      fate.kind = kinds[random_.below(std::size(kinds))];
      if (what == "intent" && random_.one_in(2)) return comes_back(process, fate);
      // A second upload whose id nobody learns holds no bytes and can't be completed: the store's
      // own rule for forgotten uploads ends it. What is late is the protocol's to find.
      if (what == "initiate" && fate.kind == CallFate::Kind::twice)
        fate.kind = CallFate::Kind::late;
      fate.late_by = long_delay();
    } else if (random_.one_in(rate_)) {
      fate.there = long_delay();  // slow, but it arrives
    } else if (what == "bump" && random_.one_in(2)) {
      fate.there = std::chrono::milliseconds(random_.below(12'000));  // after the deadline, perhaps
    }
    if (is_part_of_a_change(what) && random_.one_in(10 * rate_)) {
      // Before or after the request arrives, or its reply.
      process.world().after(std::chrono::milliseconds(random_.below(100)),
                            [this, &process] { stop_(process); });
    }
    return fate;
  }

 private:
  // The one request whose second copy could bring something back: while its writer stands still
  // and others have settled the change.
  CallFate comes_back(SimProcess& process, CallFate fate) {
    fate.kind = CallFate::Kind::twice;
    fate.late_by = long_delay();
    if (random_.one_in(2)) {
      process.world().after(std::chrono::milliseconds(100 + random_.below(300)),
                            [this, &process] { stop_(process); });
    }
    return fate;
  }

  static bool is_part_of_a_change(const std::string& what) {
    return what != "read" && what != "open" && what != "scan" && what != "sweep" &&
           what != "quarantined";
  }

  Duration short_delay() { return std::chrono::milliseconds(1 + random_.below(50)); }
  Duration long_delay() {
    const Duration longest = random_.one_in(3) ? std::chrono::seconds(10) : longest_delay;
    return Duration(static_cast<std::int64_t>(random_.below(longest.count())));
  }

  SeededRandom& random_;
  std::uint64_t rate_;
  Stop stop_;
  bool faulty_ = true;
};

class RandomHistory {
 public:
  RandomHistory(std::uint64_t seed, std::optional<BrokenRule> broken)
      : world_(seed),
        style_(HistoryStyle::draw(world_.random())),
        broken_(broken),
        backends_(world_, style_.late_uploads),
        policy_(world_.random(), style_.fault_rate,
                [this](SimProcess& process) { stop(process); }) {
    world_.trace(style_.str());
    backends_.blobs_expire = style_.blobs_expire;
    if (broken_) far_end_ = break_far_end(*broken_, backends_);
    if (far_end_) backends_.row_rules = far_end_.get();
    for (int slot = 0; slot < style_.servers; ++slot)
      start(slot);
    if (style_.takes_days) write_old_objects();
    for (int client = 0; client < clients; ++client)
      world_.after(style_.think_time(world_.random()), [this, client] { next_operation(client); });
    disturb();
  }

  RandomHistoryResult run() {
    step_while([this] { return mutations_ < mutations_wanted; });
    policy_.stop_faults();
    finishing_ = true;
    const auto arrived = world_.now() + last_arrival;
    const auto end = world_.now() + style_.at_rest_after();
    auto busy_until = arrived;
    bool was_at_rest = false;
    step_while([&] {
      // It counts from when it is first seen: much time may have passed in the last step.
      const bool rests = at_rest();
      if (!rests || !was_at_rest) busy_until = std::max(busy_until, world_.now());
      was_at_rest = rests;
      return world_.now() < std::min(end, busy_until + quiet);
    });
    for (const auto& object : objects())
      read_to_the_end(object);
    RandomHistoryResult result;
    if (!violation_) violation_ = check_at_rest(backends_);
    if (!violation_) violation_ = history_.violation();
    result.violation = violation_;
    result.trace = world_.lines();
    result.counters = backends_.monitor.counters();
    result.mutations = mutations_;
    result.kills = kills_;
    result.freezes = freezes_;
    return result;
  }

 private:
  static const std::vector<std::string>& objects() {
    static const std::vector<std::string> names = {"a", "b", "c"};
    return names;
  }

  template <class Condition>
  void step_while(Condition condition) {
    while (!violation_ && condition() && world_.step()) {
      if (checked_ == world_.requests_applied()) continue;
      checked_ = world_.requests_applied();
      if (style_.blobs_expire) backends_.blobs.remove_expired(world_.wall());
      violation_ = check_rows(backends_);
      if (style_.expires) watch_deadlines();
    }
  }

  [[nodiscard]] bool at_rest() const {
    for (int slot = 0; slot < style_.servers; ++slot) {
      const auto& server = *running_[slot];
      if (!server.idle() || server.process().paused()) return false;
    }
    return backends_.log.empty();
  }

  // A fresh process in the slot; what ran there before is kept, for requests of it may be under
  // way.
  void start(int slot) {
    auto settings = style_.server(world_.random());
    if (broken_) {
      settings.decorate = [this](StoreView stores, SimProcess& process, Clock& clock) {
        return break_near_end(*broken_, stores, process, clock, backends_);
      };
    }
    auto server =
        std::make_unique<SimServer>(world_, next_process_++, backends_, policy_, settings);
    running_[slot] = server.get();
    all_.push_back(std::move(server));
  }

  // One client after the other has one operation under way, on a server that the seed chooses.
  void next_operation(int client) {
    if (finishing_) return;
    auto& random = world_.random();
    const auto object = objects()[random.below(objects().size())];
    auto& server = *running_[random.below(style_.servers)];
    const auto number = ++operation_of_[client];
    auto go_on = [this, client, number] {
      if (operation_of_[client] != number) return;
      ++operation_of_[client];
      const auto quiet =
          quiet_until_ > world_.now() ? quiet_until_ - world_.now() : Duration::zero();
      const auto pause = std::max(quiet, style_.think_time(world_.random()));
      if (pause == Duration::zero()) return next_operation(client);
      world_.after(pause, [this, client] { next_operation(client); });
    };
    const auto kind = random.below(style_.expires ? 14 : 10);
    if (kind < 3 || kind >= 10) {
      server.read(object, history_, go_on);
    } else {
      std::optional<std::string> value = std::to_string(++mutations_);
      if (kind < 5) value.reset();
      if (kind >= 7) *value += std::string(sim_inline_limit, '.');
      const auto policy = style_.policy(random);
      if (kind >= 7 && style_.multipart && random.one_in(2)) {
        upload(server, object, *value, policy, go_on);
      } else {
        server.write(object, std::move(value), history_, go_on, policy);
      }
    }
    // A client whose server died, or that is tired of waiting, goes on with something else.
    world_.after(std::chrono::minutes(2), go_on);
  }

  // A large write in parts; some uploads are abandoned, some aborted.
  void upload(SimServer& server, const std::string& object, const std::string& value,
              ExpirationPolicy policy, const std::function<void()>& go_on) {
    server.begin_upload(object, value, policy, [this, value, go_on](auto begun) {
      auto& random = world_.random();
      if (!begun || random.one_in(8)) return go_on();
      if (random.one_in(8)) return any_server().abort_upload(*begun, go_on);
      const auto operation = history_.begin_write(begun->object, value);
      // A client that is tired of waiting asks another server while the first still works.
      if (random.one_in(2)) {
        const auto soon = std::chrono::milliseconds(random.below(400));
        world_.after(soon,
                     [this, upload = *begun, operation] { try_completion(upload, operation); });
      }
      complete(*begun, operation, 3, go_on);
    });
  }

  void complete(const SimServer::PartUpload& upload, std::size_t operation, int tries,
                const std::function<void()>& go_on) {
    any_server().complete_upload(
        upload, history_, operation, [this, upload, operation, tries, go_on](bool again) {
          if (!again || tries == 1) return go_on();
          const auto pause = std::chrono::seconds(world_.random().below(90));
          world_.after(pause, [this, upload, operation, tries, go_on] {
            complete(upload, operation, tries - 1, go_on);
          });
        });
  }

  void try_completion(const SimServer::PartUpload& upload, std::size_t operation) {
    any_server().complete_upload(upload, history_, operation, [](bool) {});
  }

  [[nodiscard]] SimServer& any_server() { return *running_[world_.random().below(style_.servers)]; }

  // Stops one of the servers now and then, whatever it does.
  void disturb() {
    auto& random = world_.random();
    world_.after(style_.time_between_stops(random), [this, &random] {
      if (finishing_) return;
      if (style_.takes_days) collect_old_stamps();
      stop(running_[random.below(style_.servers)]->process());
      disturb();
    });
  }

  // Kills a server and starts another one, or freezes it for a while.
  void stop(SimProcess& process) {
    if (finishing_ || !process.alive() || process.paused()) return;
    auto& random = world_.random();
    if (random.one_in(3)) {
      for (int slot = 0; slot < style_.servers; ++slot) {
        if (&running_[slot]->process() != &process) continue;
        ++kills_;
        world_.trace("kill p" + std::to_string(process.id()));
        running_[slot]->kill();
        start(slot);
        return;
      }
    }
    ++freezes_;
    world_.trace("freeze p" + std::to_string(process.id()));
    process.pause();
    // Nobody may come by for days, so that stamps grow old.
    if (style_.takes_days && random.one_in(2)) {
      quiet_until_ = world_.now() + std::chrono::hours(random.below(12 * 24));
    }
    const auto longest = style_.longest_freeze() / (random.one_in(2) ? 5 : 1);
    const auto span = random.below(longest.count());
    world_.after(Duration(static_cast<std::int64_t>(span)), [this, &process] {
      if (style_.takes_days) collect_old_stamps();
      world_.trace("p" + std::to_string(process.id()) + " goes on");
      process.resume();
    });
  }

  // Objects that were written days ago, and whose stamps will soon be collected.
  void write_old_objects() {
    for (const auto& object : objects()) {
      const Duration age = std::chrono::hours(5 * 24 + world_.random().below(2 * 24));
      const auto written = unix_ms(world_.wall() - age);
      history_.end_write(object, history_.begin_write(object, "old"));
      backends_.rows.edit(sim_key(object), [this, written](RowCells& row) {
        row.state = InlineRow{Metadata{}, SharedBytes(std::string("old"))};
        row.stamp = Stamp{written * 1000, make_uuid_v7(backends_.clock, world_.random())};
        row.stamp_written_ms = written;
      });
    }
  }

  // As Bigtable does, which looks at a cell's age alone.
  void collect_old_stamps() {
    const auto oldest = unix_ms(world_.wall()) - cell_lifetime_ms;
    for (const auto& [key, row] : backends_.rows.snapshot()) {
      if (!row.stamp || row.stamp_written_ms >= oldest) continue;
      backends_.rows.edit(key, [](RowCells& cells) { cells.stamp.reset(); });
    }
  }

  // Learns at once when a row's deadline is set or moved, and tells the history when it passes.
  void watch_deadlines() {
    for (const auto& object : objects()) {
      const auto state = backends_.rows.cells(sim_key(object)).state;
      auto& watched = watched_[object];
      if (state == watched) continue;
      watched = state;
      const auto deadline = deadline_of(state);
      const auto value = stored_value(backends_, state);
      if (!deadline || !value) continue;
      const auto now = world_.wall();
      if (*deadline < now || style_.clocks_differ) {
        may_expire(object, *value);
        continue;
      }
      world_.after(*deadline - now + Duration(1), [this, object, state, value] {
        if (watched_[object] == state) may_expire(object, *value);
      });
    }
  }

  // From now on; by clocks that differ, at any time.
  void may_expire(const std::string& object, const std::string& value) {
    if (!expired_.insert(value).second) return;
    world_.trace(object + " may expire: " + value);
    history_.expire(object, value);
  }

  void read_to_the_end(const std::string& object) {
    bool done = false;
    running_[0]->read(object, history_, [&done] { done = true; });
    step_while([&done] { return !done; });
  }

  SimWorld world_;
  const HistoryStyle style_;
  const std::optional<BrokenRule> broken_;
  SimBackends backends_;
  std::unique_ptr<RowStore> far_end_;
  RandomPolicy policy_;
  History history_;
  std::optional<std::string> violation_;
  std::vector<std::unique_ptr<SimServer>> all_;
  std::array<SimServer*, 3> running_ = {};
  int next_process_ = 0;
  std::array<std::uint64_t, clients> operation_of_ = {};
  std::map<std::string, RowState> watched_;  // the rows as they were looked at last
  std::set<std::string> expired_;
  MonotonicTime quiet_until_{};
  std::uint64_t checked_ = 0;  // requests applied when the rows were looked at last
  std::size_t mutations_ = 0;
  std::size_t kills_ = 0;
  std::size_t freezes_ = 0;
  bool finishing_ = false;
};

}  // namespace

RandomHistoryResult run_random_history(std::uint64_t seed, std::optional<BrokenRule> broken) {
  return RandomHistory(seed, broken).run();
}

void SimTally::add(const RandomHistoryResult& result) {
  ++histories;
  mutations += result.mutations;
  kills += result.kills;
  freezes += result.freezes;
  counters += result.counters;
}

std::string SimTally::report() const {
  std::ostringstream text;
  text << histories << " histories, " << mutations << " mutations, " << kills << " kills, "
       << freezes << " freezes\n";
  for (const auto& named : SimCounters::names())
    text << "  " << counters.*named.value << ' ' << named.name << '\n';
  return text.str();
}

}  // namespace objectstore::testing
