// A row store whose requests are timed.
#pragma once

#include "storage/row_store.h"
#include "storage/tier_metrics.h"

namespace objectstore {

// Passes every request on as it is. All of them outlive it.
class MeteredRowStore final : public RowStore {
 public:
  MeteredRowStore(RowStore& inner, Metrics& metrics, const Clock& clock,
                  const std::string& tier = "high-volume")
      : inner_(inner), tier_(metrics, clock, tier), bytes_(metrics, tier) {}

  Task<Result<Row>> read(std::string_view key, RowPart part) override;
  Task<Mutation> write_unless_redirect(std::string_view key, const RowState& state,
                                       const Stamp& stamp) override;
  Task<Mutation> open_intent(std::string_view key, const AttemptId& attempt,
                             const IntentCondition& condition) override;
  Task<Mutation> commit(std::string_view key, const AttemptId& attempt, const RowState& state,
                        const Stamp& stamp) override;
  Task<Result<FenceFound>> fence(std::string_view key, const AttemptId& attempt) override;
  Task<Mutation> bump(std::string_view key, const Row& as_read, WallTime deadline) override;

 private:
  using Operation = TierMetrics::Operation;

  void count_written(const RowState& state);

  RowStore& inner_;
  TierMetrics tier_;
  TierBytes bytes_;
  Operation read_{tier_, "read"};
  Operation read_metadata_{tier_, "read_metadata"};
  Operation write_{tier_, "write"};
  Operation open_intent_{tier_, "open_intent"};
  Operation commit_{tier_, "commit"};
  Operation fence_{tier_, "fence"};
  Operation bump_{tier_, "bump"};
};

}  // namespace objectstore
