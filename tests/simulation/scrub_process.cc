#include "simulation/scrub_process.h"

#include <map>

#include "testing/forwarding_stores.h"

namespace objectstore::testing {

namespace {

// A log that looks empty.
class BlindLog final : public ForwardingChangeLog {
 public:
  using ForwardingChangeLog::ForwardingChangeLog;
  Task<Result<std::vector<ScannedEntry>>> scan(const ScanRequest&) override {
    co_return std::vector<ScannedEntry>();
  }
  Task<Result<std::vector<QuarantinedEntry>>> quarantined(EntryTime, std::string_view,
                                                          std::size_t) override {
    co_return std::vector<QuarantinedEntry>();
  }
};

// Rows that stay as they were seen first, during one page.
class RememberedRows final : public RowLister {
 public:
  explicit RememberedRows(RowLister& inner) : inner_(inner) {}
  Task<Result<RowPage>> list_rows(std::string from, std::size_t limit) override {
    remembered_.clear();
    CO_TRY_ASSIGN(auto page, co_await inner_.list_rows(std::move(from), limit));
    for (const auto& row : page.rows)
      remembered_[row.key] = row;
    co_return std::move(page);
  }
  Task<Result<ListedRow>> inspect(std::string_view key) override {
    if (const auto it = remembered_.find(key); it != remembered_.end()) co_return it->second;
    co_return co_await inner_.inspect(key);
  }

 private:
  RowLister& inner_;
  std::map<std::string, ListedRow, std::less<>> remembered_;
};

}  // namespace

ScrubProcess::ScrubProcess(SimWorld& world, int id, SimBackends& backends, CallPolicy& policy,
                           ScrubLedger& ledger, const ScrubProcessSettings& settings)
    : settings_(settings),
      ledger_(ledger),
      process_(world, id),
      clock_(process_, settings.server.clock_skew),
      random_(world.random().next()),
      network_(process_, policy, backends.monitor.counters()),
      rows_(network_, backends, CommitRules::protocol),
      blobs_(network_, backends),
      log_(network_, backends),
      listers_(network_, backends),
      changes_(log_, clock_, random_, logger_, settings.server.change_log()),
      store_(rows_, blobs_, changes_, clock_, random_, logger_, settings.server.tiered()) {
  if (settings_.blindness == Blindness::to_the_log) {
    log_as_seen_ = std::make_unique<BlindLog>(log_);
  }
  if (settings_.blindness == Blindness::to_the_second_look) {
    rows_as_seen_ = std::make_unique<RememberedRows>(listers_);
  }
  const auto executor = process_.context().get_executor();
  tasks_.spawn(executor, changes_.run_heartbeats());
  tasks_.spawn(executor, run());
}

Task<void> ScrubProcess::run() {
  RowLister& rows = rows_as_seen_ ? *rows_as_seen_ : listers_;
  ChangeLog& log = log_as_seen_ ? *log_as_seen_ : log_;
  const ScrubParts parts{rows,     listers_,         rows_,  blobs_,  log,
                         changes_, store_.settler(), clock_, random_, logger_};
  std::string resume;
  while (true) {
    auto options = settings_.options;
    options.deep = random_.one_in(2);
    options.page = 1 + random_.below(4);
    options.resume = std::move(resume);
    if (!options.resume.empty()) ++ledger_.resumed;
    auto report = co_await scrub(parts, std::move(options), *this);
    const bool incomplete = report.outcome == ScrubReport::Outcome::incomplete;
    ++(incomplete ? ledger_.incomplete : ledger_.completed);
    resume = std::move(report.resume);
    const auto limit = static_cast<std::uint64_t>(settings_.longest_pause.count());
    const Duration pause(static_cast<std::int64_t>(random_.below(limit)));
    co_await clock_.sleep_for(pause);
  }
}

void ScrubProcess::found(const Finding& finding) {
  process_.world().trace("p" + std::to_string(process_.id()) + " finds " +
                         std::string(to_string(finding.kind)) + " " + finding.object + " " +
                         finding.name + ": " + finding.detail);
  ledger_.findings.push_back(finding);
}

}  // namespace objectstore::testing
