#include "simulation/crash_points_process.h"

#include "testing/read_content.h"

namespace objectstore::testing {

namespace {

// An upload lasts no longer, freezes and late requests included.
constexpr Duration late_upload_window = std::chrono::minutes(7);
constexpr Duration largest_clock_skew = std::chrono::minutes(1);
constexpr Duration longer_than_a_heartbeat = std::chrono::seconds(12);

class Body final : public ByteStream {
 public:
  Body(std::string text, Sending sending, Clock& clock)
      : text_(std::move(text)), sending_(sending), clock_(clock) {}

  Task<Result<std::string_view>> next() override {
    const auto rest = std::string_view(text_).substr(offset_);
    const bool first = offset_ == 0;
    if (!first && sending_ == Sending::cut_off) {
      co_return Error(ErrorCode::client_stream, "the client has gone");
    }
    if (!first && !rest.empty() && sending_ == Sending::slowly) {
      co_await clock_.sleep_for(longer_than_a_heartbeat);
    }
    const auto piece = rest.substr(0, first ? (rest.size() + 1) / 2 : rest.size());
    offset_ += piece.size();
    co_return piece;
  }

 private:
  std::string text_;
  Sending sending_;
  Clock& clock_;
  std::size_t offset_ = 0;
};

TieredSettings tiered_settings(const CrashProcessSettings& settings) {
  TieredSettings tiered;
  tiered.inline_limit = crash_inline_limit;
  tiered.late_upload_window = late_upload_window;
  tiered.largest_clock_skew = largest_clock_skew;
  tiered.cleanup_attempts = settings.cleanup_attempts;
  return tiered;
}

ChangeLogSettings log_settings(const CrashProcessSettings& settings) {
  ChangeLogSettings log;
  log.late_upload_window = late_upload_window;
  log.empty_wait = std::chrono::seconds(30);
  log.settle_attempts = 2;
  log.scan_limit = settings.scan_limit;
  log.quarantine_retry = std::chrono::hours(1);
  return log;
}

SweepSettings sweep_settings() {
  SweepSettings sweep;
  sweep.interval = std::chrono::seconds(30);
  return sweep;
}

}  // namespace

CrashProcess::CrashProcess(int id, CrashStage& stage, const CrashProcessSettings& settings)
    : process_(stage.world, id),
      clock_(process_, Duration::zero()),
      random_(stage.world.random().next()),
      network_(process_, stage.plan, stage.backends.monitor.counters()),
      rows_(network_, stage.backends, stage.rules),
      sim_blobs_(network_, stage.backends),
      blobs_(sim_blobs_, process_, clock_, stage),
      sim_log_(network_, stage.backends),
      log_(sim_log_, stage),
      sweeper_(rows_, stage),
      changes_(log_, clock_, random_, logger_, log_settings(settings)),
      store_(rows_, blobs_, changes_, clock_, random_, logger_, tiered_settings(settings)),
      recovery_(log_, changes_, store_.settler(), clock_, random_, logger_, log_settings(settings)),
      sweep_(sweeper_, &store_.expiry_deleter(), clock_, logger_, sweep_settings()) {
  const auto executor = process_.context().get_executor();
  if (settings.beats) tasks_.spawn(executor, changes_.run_heartbeats());
  if (!settings.recovers) return;
  tasks_.spawn(executor, recovery_.run());
  if (settings.sweeps) tasks_.spawn(executor, sweep_.run());
}

ObjectId CrashProcess::object() {
  ObjectId id;
  id.usecase = "sim";
  id.key = "object";
  return id;
}

void CrashProcess::begin(Task<void> operation) {
  ++operations_;
  tasks_.spawn(process_.context().get_executor(), counted(std::move(operation)));
}

Task<void> CrashProcess::counted(Task<void> operation) {
  co_await std::move(operation);
  --operations_;
}

Task<void> CrashProcess::put(std::string value, Sending sending, ExpirationPolicy policy,
                             std::optional<Result<void>>* result) {
  const auto id = object();
  Body body(std::move(value), sending, clock_);
  Upload upload;
  upload.stream = &body;
  Metadata metadata;
  metadata.expiration = policy;
  metadata.time_expires = *policy.deadline_from(clock_.now());
  *result = co_await store_.put(id, std::move(metadata), upload);
}

Task<void> CrashProcess::remove(std::optional<Result<void>>* result) {
  const auto id = object();
  *result = co_await store_.remove(id);
}

Task<void> CrashProcess::get(std::optional<Seen>* result) {
  const auto id = object();
  auto got = co_await store_.get(id, std::nullopt);
  Seen seen;
  seen.answered = got.ok();
  auto* content = got.ok() ? std::get_if<ObjectContent>(&*got) : nullptr;
  if (content != nullptr) {
    auto text = co_await read_content(std::move(*content));
    seen.answered = text.ok();
    if (text.ok()) seen.value = *std::move(text);
  }
  *result = std::move(seen);
}

Task<void> CrashProcess::head(std::optional<Seen>* result) {
  const auto id = object();
  const auto got = co_await store_.head(id);
  Seen seen;
  seen.answered = got.ok();
  if (got.ok() && got->has_value()) seen.value = "here";
  *result = std::move(seen);
}

Task<void> CrashProcess::sweep() {
  (void)co_await sweep_.pass();
}

}  // namespace objectstore::testing
