#include "simulation/scrub_history.h"

#include <array>
#include <memory>

#include "simulation/history_style.h"

namespace objectstore::testing {

namespace {

constexpr int clients = 4;
constexpr int longest_slot = 3;
constexpr std::size_t operations_wanted = 40;
constexpr Duration last_arrival = 3 * longest_delay;

// Some requests fail, get lost, or are late, and at times none arrives, until the faults stop.
class FaultyNetwork final : public CallPolicy {
 public:
  FaultyNetwork(SeededRandom& random, std::uint64_t rate) : random_(random), rate_(rate) {}
  void stop_faults() { faulty_ = false; }

  CallFate next(SimProcess& process, const std::string&) override {
    CallFate fate;
    fate.there = below(std::chrono::milliseconds(50));
    fate.back = below(std::chrono::milliseconds(50));
    if (!faulty_) return fate;
    const auto now = process.world().now();
    if (random_.one_in(1000)) down_until_ = now + below(std::chrono::minutes(2));
    if (now < down_until_) fate.kind = CallFate::Kind::not_sent;
    if (now < down_until_ || !random_.one_in(rate_)) return fate;
    constexpr auto kinds = static_cast<std::uint64_t>(CallFate::Kind::twice) + 1;
    fate.kind = static_cast<CallFate::Kind>(random_.below(kinds));
    fate.late_by = below(longest_delay);
    if (fate.kind == CallFate::Kind::normal) fate.there = below(longest_delay);
    return fate;
  }

 private:
  Duration below(Duration limit) {
    return Duration(static_cast<std::int64_t>(random_.below(limit.count())));
  }
  SeededRandom& random_;
  std::uint64_t rate_;
  MonotonicTime down_until_{};
  bool faulty_ = true;
};

class ScrubHistory {
 public:
  ScrubHistory(std::uint64_t seed, Injected injected, Blindness blindness)
      : world_(seed),
        style_(HistoryStyle::draw(world_.random())),
        injected_(injected),
        blindness_(blindness),
        backends_(world_, style_.late_uploads),
        network_(world_.random(), style_.fault_rate) {
    world_.trace(style_.str());
    backends_.blobs_expire = style_.blobs_expire;
    for (int slot = 0; slot < style_.servers; ++slot)
      start(slot);
    start_scrub();
    for (int client = 0; client < clients; ++client)
      next_operation();
    disturb();
    if (injected_ != Injected::nothing) inject();
  }

  ScrubHistoryResult run() {
    step_while([this] { return operations_ < operations_wanted; });
    network_.stop_faults();
    finishing_ = true;
    scrub_->set_longest_pause(std::chrono::minutes(20));
    // An intent that was left open is of no account once it lies in everybody's past.
    const Duration apart = style_.clocks_differ ? std::chrono::hours(2) : std::chrono::hours(0);
    const auto arrived = world_.now() + last_arrival + style_.longest_freeze() + apart;
    const auto end = world_.now() + style_.at_rest_after();
    step_while([&] { return world_.now() < arrived || (!at_rest() && world_.now() < end); });
    // Two whole runs over stores at rest, the first of which may have begun before.
    const auto enough = ledger_.completed + 2;
    step_while([&] { return ledger_.completed < enough; });
    const auto later = world_.now() + style_.at_rest_after();
    step_while([&] { return !at_rest() && world_.now() < later; });
    return result();
  }

 private:
  ScrubHistoryResult result() {
    ScrubHistoryResult result;
    for (const auto& name : orphans_) {
      if (backends_.blobs.blobs().contains(name)) result.orphans_left = true;
      result.injected.push_back(name.path());
    }
    for (const auto& key : dangling_)
      result.injected.push_back(key);
    const bool consistent = injected_ != Injected::dangling_rows;
    if (consistent && !violation_) violation_ = check_at_rest(backends_);
    if (consistent && !violation_) violation_ = history_.violation();
    result.violation = violation_;
    result.ledger = std::move(ledger_);
    result.trace = world_.lines();
    return result;
  }

  template <class Condition>
  void step_while(Condition condition) {
    while (!violation_ && condition() && world_.step()) {
      if (checked_ == world_.requests_applied()) continue;
      checked_ = world_.requests_applied();
      if (style_.blobs_expire) backends_.blobs.remove_expired(world_.wall());
      if (injected_ != Injected::dangling_rows) violation_ = check_rows(backends_);
    }
  }

  [[nodiscard]] bool at_rest() const {
    for (int slot = 0; slot < style_.servers; ++slot) {
      const auto& server = *running_.at(slot);
      if (!server.idle() || server.process().paused()) return false;
    }
    return backends_.log.empty() && !scrub_->process().paused();
  }

  void start(int slot) {
    auto settings = style_.server(world_.random());
    // What has expired may be gone for a reader: that is for other tests.
    settings.absence_is_doubtful = style_.expires;
    auto server =
        std::make_unique<SimServer>(world_, next_process_++, backends_, network_, settings);
    running_.at(slot) = server.get();
    all_.push_back(std::move(server));
  }

  void start_scrub() {
    ScrubProcessSettings settings;
    settings.server = style_.server(world_.random());
    settings.blindness = blindness_;
    settings.options.repair = !world_.random().one_in(3) || injected_ == Injected::orphans;
    // The rules alone must do.
    settings.options.young = Duration::zero();
    if (injected_ == Injected::nothing && world_.random().one_in(3)) {
      settings.options.young = std::chrono::minutes(10);
    }
    if (style_.takes_days) {
      // Servers are frozen for days: entries and leftovers of that age are no wonder.
      settings.options.overdue = std::chrono::hours(100 * 24);
      settings.options.leftover = settings.options.overdue;
      settings.longest_pause = std::chrono::hours(6);
    }
    auto scrub = std::make_unique<ScrubProcess>(world_, next_process_++, backends_, network_,
                                                ledger_, settings);
    scrub_ = scrub.get();
    scrubs_.push_back(std::move(scrub));
  }

  void next_operation() {
    if (finishing_) return;
    auto& random = world_.random();
    constexpr std::array names = {"a", "b", "c"};
    const std::string object = names.at(random.below(names.size()));
    auto& server = *running_.at(random.below(style_.servers));
    auto gone_on = std::make_shared<bool>(false);
    auto go_on = [this, gone_on] {
      if (std::exchange(*gone_on, true)) return;
      world_.after(style_.think_time(world_.random()), [this] { next_operation(); });
    };
    ++operations_;
    if (random.one_in(5)) {
      server.read(object, history_, go_on);
    } else {
      std::optional<std::string> value = std::to_string(operations_);
      if (random.one_in(5)) {
        value.reset();
      } else if (!random.one_in(3)) {
        *value += std::string(sim_inline_limit, '.');
      }
      server.write(object, std::move(value), history_, go_on, style_.policy(random));
    }
    world_.after(std::chrono::minutes(2), go_on);
  }

  // Kills and freezes servers and scrubs now and then.
  void disturb() {
    auto& random = world_.random();
    world_.after(style_.time_between_stops(random), [this, &random] {
      if (finishing_) return;
      const auto slot = static_cast<int>(random.below(style_.servers + 1));
      const bool is_scrub = slot == style_.servers;
      auto& process = is_scrub ? scrub_->process() : running_.at(slot)->process();
      world_.trace("disturbs p" + std::to_string(process.id()));
      if (random.one_in(3)) {
        process.kill();
        if (is_scrub) {
          start_scrub();
        } else {
          start(slot);
        }
      } else if (!process.paused()) {
        process.pause();
        const auto span = random.below(style_.longest_freeze().count());
        world_.after(Duration(static_cast<std::int64_t>(span)), [&process] { process.resume(); });
      }
      disturb();
    });
  }

  // Beside and on top of what the servers do.
  void inject() {
    auto& random = world_.random();
    world_.after(std::chrono::seconds(1 + random.below(60)), [this, &random] {
      constexpr std::array names = {"a", "b", "c", "of nobody"};
      const auto number = orphans_.size() + dangling_.size();
      if (injected_ == Injected::orphans) {
        const auto key = sim_key(names.at(random.below(names.size())));
        const Revision name(key, make_uuid_v7(backends_.clock, random));
        auto writer = world_.immediately(backends_.blobs.create(name, Metadata()));
        (void)world_.immediately((*writer)->finish());
        orphans_.push_back(name);
      } else {
        const auto key = sim_key("dangling" + std::to_string(number));
        const Revision nowhere(key, make_uuid_v7(backends_.clock, random));
        backends_.rows.edit(key, [&](RowCells& cells) {
          cells.state = RedirectRow{nowhere, ExpirationPolicy(), std::nullopt};
          cells.stamp = Stamp{1, nowhere.id()};
        });
        dangling_.push_back(key);
      }
      world_.trace("injected");
      if (number < 2) inject();
    });
  }

  SimWorld world_;
  const HistoryStyle style_;
  const Injected injected_;
  const Blindness blindness_;
  SimBackends backends_;
  FaultyNetwork network_;
  History history_;
  ScrubLedger ledger_;
  std::optional<std::string> violation_;
  std::vector<std::unique_ptr<SimServer>> all_;
  std::vector<std::unique_ptr<ScrubProcess>> scrubs_;
  std::array<SimServer*, longest_slot> running_ = {};
  ScrubProcess* scrub_ = nullptr;
  std::vector<Revision> orphans_;
  std::vector<std::string> dangling_;
  int next_process_ = 0;
  std::uint64_t checked_ = 0;  // requests applied when the rows were looked at last
  std::size_t operations_ = 0;
  bool finishing_ = false;
};

}  // namespace

ScrubHistoryResult run_scrub_history(std::uint64_t seed, Injected injected, Blindness blindness) {
  return ScrubHistory(seed, injected, blindness).run();
}

}  // namespace objectstore::testing
