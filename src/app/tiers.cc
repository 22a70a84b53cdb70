#include "app/tiers.h"

#include <boost/asio/this_coro.hpp>

#include "app/process_name.h"
#include "changelog/noop_log.h"
#include "tiered/no_blobs.h"

namespace objectstore {

namespace {

// A store of rows alone holds payloads in memory while they are written.
constexpr std::size_t rows_only_limit = 16 << 20;

ChangeLogSettings log_settings(const ChangelogTimes& times, Random& random) {
  ChangeLogSettings settings;
  settings.owner = process_name(random);
  settings.heartbeat = times.heartbeat;
  settings.stale_after = times.stale_after;
  settings.empty_wait = times.empty_wait;
  settings.late_upload_window = times.late_upload_window;
  return settings;
}

}  // namespace

Error one_tier() {
  return Error(ErrorCode::unsupported,
               "this storage has one tier: there is nothing to compare, and no change log");
}

Tiers::Tiers(TierParts parts, const Machine& machine)
    : machine_(machine), parts_(std::move(parts)) {
  const bool has_blobs = parts_.blobs != nullptr;
  if (!has_blobs) no_blobs_ = std::make_unique<NoBlobs>(rows_only_limit);
  if (parts_.log_home != nullptr) {
    log_ = parts_.log_home->make_change_log();
  } else {
    log_ = std::make_unique<NoopChangeLog>();
  }
  const auto changelog = log_settings(parts_.times, machine_.random);
  TieredSettings settings;
  settings.late_upload_window = parts_.times.late_upload_window;
  settings.largest_clock_skew = parts_.times.largest_clock_skew;
  settings.multipart_lifetime = parts_.times.multipart_lifetime;
  settings.multipart_retry_window = parts_.times.retry_window;
  settings.log_is_durable = log_->durable();
  settings.has_long_term = has_blobs;
  if (!has_blobs) settings.inline_limit = rows_only_limit;
  SweepSettings sweep_settings;
  sweep_settings.interval = parts_.times.sweep_interval;

  const TiersMetrics::Stores stores{parts_.rows->rows(), blobs(),
                                    parts_.blobs ? parts_.blobs->multipart() : nullptr, *log_};
  metrics_ = std::make_unique<TiersMetrics>(machine_.metrics, machine_.clock, stores, types());
  auto& log = metrics_->log();
  changes_ = std::make_unique<OpenChanges>(log, machine_.clock, machine_.random, machine_.logger,
                                           changelog);
  uploads_ = std::make_unique<UploadEntries>(log, machine_.clock, machine_.random, changelog);
  store_ = std::make_unique<TieredStore>(metrics_->rows(), metrics_->blobs(), *changes_,
                                         machine_.clock, machine_.random, machine_.logger, settings,
                                         multipart_parts(), metrics_->tiered());
  recovery_ = std::make_unique<Recovery>(log, *changes_, store_->settler(), machine_.clock,
                                         machine_.random, machine_.logger, changelog);
  auto* deleter = has_blobs ? &store_->expiry_deleter() : nullptr;
  sweep_ = std::make_unique<ExpirySweep>(parts_.rows->sweeper(), deleter, machine_.clock,
                                         machine_.logger, sweep_settings, metrics_->tiered());
  census_ = std::make_unique<LogCensus>(log, machine_.clock, machine_.logger);
  if (machine_.metrics != nullptr) {
    const TiersWatch::Parts watched{*store_, *changes_, *recovery_, *census_, *parts_.rows};
    watch_.emplace(*machine_.metrics, watched);
  }
}

TierTypes Tiers::types() const {
  return {parts_.rows->type(), parts_.blobs ? parts_.blobs->type() : "none"};
}

std::optional<MultipartParts> Tiers::multipart_parts() {
  auto* parts = metrics_->multipart();
  if (parts == nullptr) return std::nullopt;
  return MultipartParts{parts, uploads_.get()};
}

Task<Result<void>> Tiers::connect() {
  auto connected = co_await parts_.rows->connect();
  if (connected.ok() && parts_.log_tier) connected = co_await parts_.log_tier->connect();
  if (connected.ok() && parts_.blobs) connected = co_await parts_.blobs->connect();
  if (!connected.ok()) co_await close();
  co_return connected;
}

Task<void> Tiers::close() {
  if (parts_.blobs) co_await parts_.blobs->close();
  co_await close_rows();
}

Task<void> Tiers::close_rows() {
  co_await parts_.rows->close();
  if (parts_.log_tier) co_await parts_.log_tier->close();
}

Result<ScrubParts> Tiers::maintenance() {
  if (!parts_.blobs) return one_tier();
  return ScrubParts{parts_.rows->lister(),
                    parts_.blobs->lister(),
                    parts_.rows->rows(),
                    parts_.blobs->blobs(),
                    *log_,
                    *changes_,
                    store_->settler(),
                    machine_.clock,
                    machine_.random,
                    machine_.logger,
                    metrics_->scrub()};
}

void Tiers::start_heartbeats(const boost::asio::any_io_executor& executor) {
  heartbeats_.spawn(executor, changes_->run_heartbeats());
}

void Tiers::start(const boost::asio::any_io_executor& executor) {
  start_heartbeats(executor);
  loops_.spawn(executor, sweep_->run());
  loops_.spawn(executor, parts_.rows->run());
  if (parts_.log_tier) loops_.spawn(executor, parts_.log_tier->run());
  if (!log_->durable()) return;
  loops_.spawn(executor, recovery_->run());
  if (machine_.metrics != nullptr) loops_.spawn(executor, census_->run());
}

Task<void> Tiers::stop(Duration limit) {
  loops_.request_stop();
  parts_.rows->cancel_reclaim();
  TaskScope alarm;
  const auto executor = co_await boost::asio::this_coro::executor;
  alarm.spawn(executor, hurry_after(limit));
  // The loops first: what they settle or delete leaves cleanups behind.
  co_await loops_.join();
  co_await store_->drain();
  // Waits for the ends of uploads that were dropped.
  if (parts_.blobs) co_await parts_.blobs->close();
  alarm.request_stop();
  co_await alarm.join();
  // Late: an open change is kept alive as long as it is worked on.
  heartbeats_.request_stop();
  co_await heartbeats_.join();
  co_await close_rows();
}

Task<void> Tiers::hurry_after(Duration limit) {
  co_await machine_.clock.sleep_for(limit);
  const bool stopping = co_await stop_requested();
  if (stopping) co_return;
  machine_.logger.error("cleanups are still under way; what is left stays in the change log",
                        {{"tasks", std::to_string(store_->background_tasks())}});
  store_->hurry();
  recovery_->hurry();
  co_await parts_.rows->give_up();
  if (parts_.log_tier) co_await parts_.log_tier->give_up();
  if (parts_.blobs) co_await parts_.blobs->give_up();
}

}  // namespace objectstore
