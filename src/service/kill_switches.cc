#include "service/kill_switches.h"

#include <algorithm>
#include <string>
#include <utility>

#include "service/glob.h"

namespace objectstore {

struct KillSwitches::Compiled {
  struct Switch {
    explicit Switch(Killswitch killswitch)
        : condition(std::move(killswitch)),
          service(condition.service ? Glob::compile(*condition.service) : std::nullopt) {}

    [[nodiscard]] bool matches(std::string_view usecase, const Scopes& scopes,
                               std::optional<std::string_view> caller) const {
      if (condition.usecase && *condition.usecase != usecase) return false;
      for (const auto& [name, value] : condition.scopes) {
        if (scopes.find(name) != value) return false;
      }
      return !condition.service || (caller && service && service->matches(*caller));
    }

    Killswitch condition;
    std::optional<Glob> service;  // of condition.service; none too where that is no glob
  };

  explicit Compiled(const std::vector<Killswitch>& killswitches)
      : switches(killswitches.begin(), killswitches.end()) {}

  [[nodiscard]] bool matches(std::string_view usecase, const Scopes& scopes,
                             std::optional<std::string_view> caller) const {
    return std::any_of(switches.begin(), switches.end(), [&](const Switch& killswitch) {
      return killswitch.matches(usecase, scopes, caller);
    });
  }

  std::vector<Switch> switches;
};

KillSwitches::KillSwitches(const std::vector<Killswitch>& configured)
    : configured_(std::make_shared<const Compiled>(configured)) {}

KillSwitches::~KillSwitches() = default;

bool KillSwitches::matches(std::string_view usecase, const Scopes& scopes,
                           std::optional<std::string_view> service) const {
  if (configured_->matches(usecase, scopes, service)) return true;
  if (!has_runtime_.load(std::memory_order_acquire)) return false;
  std::shared_ptr<const Compiled> runtime;
  {
    const std::lock_guard lock(mutex_);
    runtime = runtime_;
  }
  return runtime->matches(usecase, scopes, service);
}

void KillSwitches::set_runtime(const std::vector<Killswitch>& switches) {
  auto compiled = std::make_shared<const Compiled>(switches);
  {
    const std::lock_guard lock(mutex_);
    runtime_.swap(compiled);
  }
  has_runtime_.store(!switches.empty(), std::memory_order_release);
}

}  // namespace objectstore
