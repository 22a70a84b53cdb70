#include "testing/sim_server.h"

#include <set>

#include "testing/read_content.h"

namespace objectstore::testing {

namespace {

ObjectId object_id(const std::string& name) {
  ObjectId id;
  id.usecase = "sim";
  id.key = name;
  return id;
}

// A payload that arrives in two pieces.
class TextStream final : public ByteStream {
 public:
  explicit TextStream(std::string text) : text_(std::move(text)) {}
  Task<Result<std::string_view>> next() override {
    const auto rest = std::string_view(text_).substr(offset_);
    const auto piece = rest.substr(0, (rest.size() + 1) / 2);
    offset_ += piece.size();
    co_return piece;
  }

 private:
  std::string text_;
  std::size_t offset_ = 0;
};

SweepSettings sweep_settings(const SimServerSettings& settings) {
  SweepSettings sweep;
  sweep.interval = settings.sweep_interval;
  return sweep;
}

}  // namespace

TieredSettings SimServerSettings::tiered() const {
  TieredSettings settings;
  settings.inline_limit = sim_inline_limit;
  settings.late_upload_window = late_upload_window;
  settings.largest_clock_skew = largest_clock_skew;
  return settings;
}

ChangeLogSettings SimServerSettings::change_log() const {
  ChangeLogSettings settings = log;
  settings.late_upload_window = late_upload_window;
  return settings;
}

SimServer::SimServer(SimWorld& world, int id, SimBackends& backends, CallPolicy& policy,
                     const SimServerSettings& settings)
    : absence_is_doubtful_(settings.absence_is_doubtful),
      process_(world, id),
      clock_(process_, settings.clock_skew),
      random_(world.random().next()),
      network_(process_, policy, backends.monitor.counters()),
      rows_(network_, backends, settings.rules),
      blobs_(network_, backends),
      log_(network_, backends),
      stores_{&rows_, &blobs_, &log_},
      changes_(decorated(settings), clock_, random_, logger_, settings.change_log()),
      store_(*stores_.rows, *stores_.blobs, changes_, clock_, random_, logger_, settings.tiered()),
      recovery_(*stores_.log, changes_, store_.settler(), clock_, random_, logger_,
                settings.change_log()),
      sweep_(rows_, &store_.expiry_deleter(), clock_, logger_, sweep_settings(settings)) {
  const auto executor = process_.context().get_executor();
  tasks_.spawn(executor, changes_.run_heartbeats());
  if (settings.recovers) tasks_.spawn(executor, recovery_.run());
  if (settings.sweeps) tasks_.spawn(executor, sweep_.run());
}

ChangeLog& SimServer::decorated(const SimServerSettings& settings) {
  if (settings.decorate) decorator_ = settings.decorate(stores_, process_, clock_);
  if (decorator_) stores_ = decorator_->stores();
  return *stores_.log;
}

void SimServer::write(const std::string& object, std::optional<std::string> value, History& history,
                      std::function<void()> done, ExpirationPolicy policy) {
  const auto operation = history.begin_write(object, value);
  process_.world().trace("p" + std::to_string(process_.id()) + " begins #" +
                         std::to_string(operation) + " " + object + " = " +
                         (value ? *value : "absent"));
  ++operations_;
  tasks_.spawn(process_.context().get_executor(),
               write_task(object, std::move(value), policy, history, operation, std::move(done)));
}

Task<void> SimServer::write_task(std::string object, std::optional<std::string> value,
                                 ExpirationPolicy policy, History& history, std::size_t operation,
                                 std::function<void()> done) {
  const auto id = object_id(object);
  Result<void> result;
  if (value) {
    TextStream stream(*value);
    Upload upload;
    upload.stream = &stream;
    Metadata metadata;
    metadata.expiration = policy;
    metadata.time_expires = *policy.deadline_from(clock_.now());
    result = co_await store_.put(id, std::move(metadata), upload);
  } else {
    result = co_await store_.remove(id);
  }
  process_.world().trace("p" + std::to_string(process_.id()) + " ends #" +
                         std::to_string(operation) + " " + object + ": " +
                         (result.ok() ? "acknowledged" : result.error().describe()));
  if (result.ok()) history.end_write(object, operation);
  --operations_;
  done();
}

void SimServer::read(const std::string& object, History& history, std::function<void()> done) {
  const auto operation = history.begin_read(object);
  ++operations_;
  tasks_.spawn(process_.context().get_executor(),
               read_task(object, history, operation, std::move(done)));
}

Task<void> SimServer::read_task(std::string object, History& history, std::size_t operation,
                                std::function<void()> done) {
  const auto id = object_id(object);
  auto got = co_await store_.get(id, std::nullopt);
  std::string told = "no answer";
  if (got.ok()) {
    std::optional<std::string> value;
    bool answered = true;
    if (auto* content = std::get_if<ObjectContent>(&*got)) {
      auto text = co_await read_content(std::move(*content));
      answered = text.ok();
      if (answered) value = std::move(*text);
    }
    const bool says_something = value || !absence_is_doubtful_;
    if (answered && says_something) history.end_read(object, operation, value);
    if (answered) told = value.value_or("absent");
  } else {
    told = got.error().describe();
  }
  process_.world().trace("p" + std::to_string(process_.id()) + " reads " + object + ": " + told);
  --operations_;
  done();
}

std::string sim_key(const std::string& object) {
  return object_id(object).storage_path();
}

std::optional<std::string> stored_value(const SimBackends& backends, const RowState& state) {
  if (const auto* value = std::get_if<InlineRow>(&state)) {
    return std::string(value->payload.view());
  }
  const auto* target = redirect_target(state);
  return target == nullptr ? std::nullopt : backends.monitor.uploaded(*target);
}

std::optional<std::string> check_rows(const SimBackends& backends) {
  if (const auto& violation = backends.monitor.violation()) return violation;
  const auto blobs = backends.blobs.blobs();
  const auto deadlines = backends.blobs.deadlines();
  for (const auto& [key, row] : backends.rows.snapshot()) {
    const auto* redirect = std::get_if<RedirectRow>(&row.state);
    if (redirect == nullptr) continue;
    const auto& target = redirect->target;
    if (!blobs.contains(target)) {
      const bool expired = redirect->deadline && *redirect->deadline < backends.clock.now();
      if (backends.blobs_expire && expired) continue;
      return "I1: row " + key + " points to " + target.path() + ", which does not exist";
    }
    const auto blob_deadline = deadlines.find(target);
    if (blob_deadline == deadlines.end()) continue;
    if (!redirect->deadline || blob_deadline->second < *redirect->deadline) {
      return "I8: the blob " + target.path() + " expires before its row";
    }
  }
  return std::nullopt;
}

std::optional<std::string> check_at_rest(const SimBackends& backends) {
  if (auto wrong = check_rows(backends)) return wrong;
  std::set<Revision> owned;
  for (const auto& [key, row] : backends.rows.snapshot()) {
    if (const auto* target = redirect_target(row.state)) owned.insert(*target);
  }
  for (const auto& blob : backends.blobs.blobs()) {
    if (!owned.contains(blob)) return "I3: nobody points to blob " + blob.path();
  }
  if (const auto log = backends.log.snapshot(); !log.empty()) {
    return "I9: an entry is left in the log: " + log.begin()->first + " " +
           log.begin()->second.value;
  }
  return std::nullopt;
}

}  // namespace objectstore::testing
