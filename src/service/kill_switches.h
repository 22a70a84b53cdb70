// Requests that an operator has switched off (contract semantics.md section 6).
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "model/object_id.h"
#include "service/settings.h"

namespace objectstore {

// Any thread may call. A `service` that is no glob (service/glob.h) never matches.
class KillSwitches {
 public:
  explicit KillSwitches(const std::vector<Killswitch>& configured);
  ~KillSwitches();

  // Whether any switch matches. `service`: normalised (service/downstream_service.h); unset: the
  // request names none.
  [[nodiscard]] bool matches(std::string_view usecase, const Scopes& scopes,
                             std::optional<std::string_view> service) const;
  // Replaces those of the runtime options; the configured ones stay.
  void set_runtime(const std::vector<Killswitch>& switches);

 private:
  struct Compiled;
  const std::shared_ptr<const Compiled> configured_;
  std::atomic<bool> has_runtime_ = false;  // mostly not: no request takes the lock then
  mutable std::mutex mutex_;
  std::shared_ptr<const Compiled> runtime_;
};

}  // namespace objectstore
