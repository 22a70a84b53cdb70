#include "maintenance/scrub.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "maintenance/blob_audit.h"
#include "maintenance/log_audit.h"
#include "maintenance/row_audit.h"
#include "maintenance/scrub_position.h"

namespace objectstore {

namespace {

std::string_view name_of(ScrubPhase phase) {
  switch (phase) {
    case ScrubPhase::log:
    case ScrubPhase::quarantine:
      return "change log";
    case ScrubPhase::rows:
      return "rows";
    case ScrubPhase::blobs:
      break;
  }
  return "blobs";
}

class Scrub {
 public:
  Scrub(ScrubParts parts, ScrubOptions options, ScrubObserver& observer)
      : context_(parts, std::move(options), observer) {}

  [[nodiscard]] Task<ScrubReport> run() {
    context_.parts.metrics.begun();
    const auto walked = co_await walk();
    auto& report = context_.report;
    if (!walked.ok()) {
      report.outcome = ScrubReport::Outcome::incomplete;
      report.problem = walked.error().describe();
    } else if (report.totals.findings > 0) {
      report.outcome = ScrubReport::Outcome::findings;
    }
    context_.parts.metrics.ended(report, context_.parts.clock.now());
    co_return std::move(report);
  }

 private:
  [[nodiscard]] Task<Result<void>> walk() {
    ScrubPosition position;
    if (!context_.options.resume.empty()) {
      CO_TRY_ASSIGN(position, parse_position(context_.options.resume));
    }
    while (true) {
      context_.report.totals.phase = name_of(position.phase);
      context_.report.resume = encode_position(position);
      // Others on this executor have their turn, requests to stop among them.
      co_await boost::asio::post(boost::asio::use_awaitable);
      CO_TRY(co_await context_.go_on());
      CO_TRY_ASSIGN(position.from, co_await page(position.phase, std::move(position.from)));
      context_.tell_progress();
      if (!position.from.empty()) continue;
      if (position.phase == last_scrub_phase) break;
      position.phase = static_cast<ScrubPhase>(static_cast<int>(position.phase) + 1);
    }
    context_.report.resume.clear();
    co_return Result<void>();
  }

  [[nodiscard]] Task<Result<std::string>> page(ScrubPhase phase, std::string from) {
    switch (phase) {
      case ScrubPhase::log:
        return log_.open_entries(std::move(from));
      case ScrubPhase::quarantine:
        return log_.quarantined_entries(std::move(from));
      case ScrubPhase::rows:
        return rows_.page(std::move(from));
      case ScrubPhase::blobs:
        break;
    }
    return blobs_.page(std::move(from));
  }

  ScrubContext context_;
  LogAudit log_{context_};
  RowAudit rows_{context_};
  BlobAudit blobs_{context_};
};

}  // namespace

std::string_view to_string(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::dangling_row:
      return "dangling_row";
    case Finding::Kind::orphaned_blob:
      return "orphaned_blob";
    case Finding::Kind::checksum_mismatch:
      return "checksum_mismatch";
    case Finding::Kind::unreadable_row:
      return "unreadable_row";
    case Finding::Kind::unreadable_blob:
      return "unreadable_blob";
    case Finding::Kind::stale_entry:
      return "stale_entry";
    case Finding::Kind::quarantined_entry:
      return "quarantined_entry";
    case Finding::Kind::unreadable_entry:
      return "unreadable_entry";
    case Finding::Kind::expired_leftover:
      break;
  }
  return "expired_leftover";
}

Task<ScrubReport> scrub(ScrubParts parts, ScrubOptions options, ScrubObserver& observer) {
  Scrub run(parts, std::move(options), observer);
  co_return co_await run.run();
}

}  // namespace objectstore
