#include "testing/sim_world.h"

#include <algorithm>

namespace objectstore::testing {

SimProcess::SimProcess(SimWorld& world, int id) : world_(world), id_(id) {
  world_.processes_.push_back(this);
}

SimProcess::~SimProcess() {
  kill();
}

void SimProcess::kill() {
  if (!alive()) return;
  std::erase(world_.processes_, this);
  // What waits is dropped first: dropping it unwinds coroutines through the context.
  auto waiting = std::exchange(waiting_, {});
  waiting.clear();
  context_.reset();
}

WallTime SimWorld::wall() const {
  constexpr auto epoch = std::chrono::sys_days(std::chrono::year(2030) / 1 / 1);
  return WallTime(epoch) + now_.time_since_epoch();
}

void SimWorld::after(Duration delay, std::function<void()> event) {
  events_.emplace(std::pair(now_ + delay, sequence_++), std::move(event));
}

bool SimWorld::poll_processes() {
  if (processes_.empty()) return false;
  const auto first = random_.below(processes_.size());
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    auto& process = *processes_[(first + i) % processes_.size()];
    if (process.paused()) continue;
    process.context().restart();
    if (process.context().poll_one() != 0) return true;
  }
  return false;
}

bool SimWorld::step() {
  if (poll_processes()) return true;
  if (events_.empty()) return false;
  const auto next = events_.begin();
  now_ = next->first.first;
  auto event = std::move(next->second);
  events_.erase(next);
  event();
  return true;
}

bool SimWorld::run_until(const std::function<bool()>& done, Duration limit) {
  const auto end = now_ + limit;
  while (!done()) {
    if (now_ > end || !step()) return done();
  }
  return true;
}

void SimWorld::trace(std::string line) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch());
  lines_.push_back(std::to_string(ms.count()) + "ms " + std::move(line));
}

Task<void> SimClock::sleep_until(MonotonicTime when) {
  auto wait = [this, when](Completer<Done> completer) {
    auto wake = process_.hold(std::move(completer));
    auto& world = process_.world();
    const auto delay = when > world.now() ? when - world.now() : Duration::zero();
    world.after(delay, [wake] { wake(Done{}); });
  };
  co_await await_callback<Done>(wait);
}

}  // namespace objectstore::testing
