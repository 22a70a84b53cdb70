#include "storage/tier_metrics.h"

namespace objectstore {

namespace {

std::string_view text(TierOutcome outcome) {
  switch (outcome) {
    case TierOutcome::ok:
      return "ok";
    case TierOutcome::missing:
      return "missing";
    case TierOutcome::refused:
      return "refused";
    case TierOutcome::failed:
      return "failed";
    case TierOutcome::unknown:
      break;
  }
  return "unknown";
}

Counter& bytes(Metrics& metrics, std::string_view tier, std::string_view direction) {
  return metrics
      .counters({"objectstore_tier_bytes_total",
                 "Bytes of payload that were read from a tier, or written to it.",
                 "",
                 {"tier", "direction"}})
      .with({tier, direction});
}

}  // namespace

TierOutcome tier_outcome(const Mutation& mutation) {
  switch (mutation.outcome()) {
    case Mutation::Outcome::applied:
      return TierOutcome::ok;
    case Mutation::Outcome::refused:
      return TierOutcome::refused;
    case Mutation::Outcome::failed:
      return TierOutcome::failed;
    case Mutation::Outcome::unknown:
      break;
  }
  return TierOutcome::unknown;
}

TierMetrics::TierMetrics(Metrics& metrics, const Clock& clock, std::string tier)
    : clock_(clock),
      tier_(std::move(tier)),
      times_(metrics.histograms({"objectstore_tier_operation_duration_seconds",
                                 "How long requests to a tier take, by what became of them.",
                                 "",
                                 {"tier", "operation", "outcome"}},
                                latency_bounds())) {}

void TierMetrics::Operation::ended(TierOutcome outcome, MonotonicTime begun) {
  auto& series = times_[static_cast<std::size_t>(outcome)];
  series.in(tier_.times_, {tier_.tier_, name_, text(outcome)})
      .observe(in_seconds(tier_.now() - begun));
}

TierBytes::TierBytes(Metrics& metrics, std::string_view tier)
    : read_(bytes(metrics, tier, "read")), written_(bytes(metrics, tier, "written")) {}

}  // namespace objectstore
