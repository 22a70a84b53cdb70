#include "tiered/tiered_metrics.h"

#include <array>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "tiered/usecase_metrics.h"

namespace objectstore {

namespace {

// The counters of an enum's values, all of them there from the start.
template <std::size_t N>
std::array<Counter*, N> counters(Metrics& metrics, std::string name, std::string help,
                                 std::string label, const std::array<std::string_view, N>& values) {
  auto& family = metrics.counters({std::move(name), std::move(help), "", {std::move(label)}});
  std::array<Counter*, N> out{};
  for (std::size_t i = 0; i < N; ++i)
    out[i] = &family.with({values[i]});
  return out;
}

constexpr std::array<std::string_view, 6> refusals = {"lost_race", "fenced", "heartbeat_lost",
                                                      "expired",   "failed", "unknown"};
constexpr std::array<std::string_view, 3> settles = {"done", "kept", "failed"};

}  // namespace

class TieredMetrics::Instruments {
 public:
  Instruments(Metrics& metrics, TierTypes types)
      : committed(metrics.counter("objectstore_commits_total", "Changes that were committed.")),
        refused(counters(metrics, "objectstore_commits_refused_total",
                         "Changes that were not committed, by cause.", "cause", refusals)),
        fenced(metrics.counter("objectstore_fences_total", "Fences that were written.")),
        settled(counters(metrics, "objectstore_settles_total",
                         "Changes that were cleaned up, by what became of them.", "outcome",
                         settles)),
        expired_removed(metrics.counter("objectstore_expired_objects_removed_total",
                                        "Expired objects that sweeps have removed.")),
        families_(metrics, std::move(types)),
        others_(families_, "other") {}

  [[nodiscard]] UsecaseMetrics& of(std::string_view usecase) {
    {
      const std::shared_lock lock(mutex_);
      const auto found = usecases_.find(usecase);
      if (found != usecases_.end()) return found->second;
      if (usecases_.size() >= metered_usecases) return others_;
    }
    const std::unique_lock lock(mutex_);
    if (const auto found = usecases_.find(usecase); found != usecases_.end()) return found->second;
    if (usecases_.size() >= metered_usecases) return others_;
    const std::string name(usecase);
    return usecases_.try_emplace(name, families_, name).first->second;
  }

  Counter& committed;
  std::array<Counter*, refusals.size()> refused;
  Counter& fenced;
  std::array<Counter*, settles.size()> settled;
  Counter& expired_removed;

 private:
  UsecaseFamilies families_;
  UsecaseMetrics others_;
  std::shared_mutex mutex_;
  std::map<std::string, UsecaseMetrics, std::less<>> usecases_;
};

TieredMetrics::TieredMetrics(Metrics& metrics, TierTypes types)
    : instruments_(std::make_shared<Instruments>(metrics, std::move(types))) {}

UsecaseMetrics* TieredMetrics::of(std::string_view usecase) const {
  return instruments_ ? &instruments_->of(usecase) : nullptr;
}

void TieredMetrics::committed() const {
  if (instruments_) instruments_->committed.add();
}

void TieredMetrics::commit_refused(CommitRefusal cause) const {
  if (instruments_) instruments_->refused[static_cast<std::size_t>(cause)]->add();
}

void TieredMetrics::fenced() const {
  if (instruments_) instruments_->fenced.add();
}

void TieredMetrics::settled(SettleOutcome outcome) const {
  if (instruments_) instruments_->settled[static_cast<std::size_t>(outcome)]->add();
}

void TieredMetrics::expired_removed(std::size_t objects) const {
  if (instruments_) instruments_->expired_removed.add(objects);
}

}  // namespace objectstore
