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
  settings.multipart_lifetime = multipart_lifetime;
  settings.multipart_retry_window = multipart_lifetime / 2;
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
      multipart_(network_, backends),
      log_(network_, backends),
      stores_{&rows_, &blobs_, &log_},
      changes_(decorated(settings), clock_, random_, logger_, settings.change_log()),
      entries_(*stores_.log, clock_, random_, settings.change_log()),
      store_(*stores_.rows, *stores_.blobs, changes_, clock_, random_, logger_, settings.tiered(),
             MultipartParts{&multipart_, &entries_}),
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

void SimServer::begin_upload(const std::string& object, const std::string& value,
                             ExpirationPolicy policy,
                             std::function<void(std::optional<PartUpload>)> done) {
  ++operations_;
  tasks_.spawn(process_.context().get_executor(),
               upload_task(object, value, policy, std::move(done)));
}

Task<void> SimServer::upload_task(std::string object, std::string value, ExpirationPolicy policy,
                                  std::function<void(std::optional<PartUpload>)> done) {
  auto upload = co_await upload_parts(object, value, policy);
  process_.world().trace("p" + std::to_string(process_.id()) + " uploads parts of " + object +
                         " = " + value + ": " + (upload.ok() ? "done" : upload.error().describe()));
  --operations_;
  done(upload.ok() ? std::optional(*std::move(upload)) : std::nullopt);
}

Task<Result<SimServer::PartUpload>> SimServer::upload_parts(std::string object, std::string value,
                                                            ExpirationPolicy policy) {
  auto& store = *store_.multipart();
  const auto id = object_id(object);
  Metadata metadata;
  metadata.expiration = policy;
  metadata.time_expires = *policy.deadline_from(clock_.now());
  PartUpload upload;
  CO_TRY_ASSIGN(upload.id, co_await store.initiate(id, std::move(metadata)));
  const auto half = value.size() / 2;
  for (std::uint32_t number = 1; number <= 2; ++number) {
    auto bytes = number == 1 ? value.substr(0, half) : value.substr(half);
    PartToUpload part;
    part.number = number;
    part.length = bytes.size();
    TextStream stream(std::move(bytes));
    part.stream = &stream;
    CO_TRY_ASSIGN(const auto stored, co_await store.put_part(id, upload.id, part));
    const auto* etag = std::get_if<std::string>(&stored);
    if (etag == nullptr) co_return Error(ErrorCode::unavailable, "the upload is gone");
    upload.parts.push_back(ListedPart{number, *etag});
  }
  upload.object = std::move(object);
  co_return std::move(upload);
}

void SimServer::complete_upload(PartUpload upload, History& history, std::size_t operation,
                                std::function<void(bool again)> done) {
  ++operations_;
  tasks_.spawn(process_.context().get_executor(),
               complete_task(std::move(upload), history, operation, std::move(done)));
}

Task<void> SimServer::complete_task(PartUpload upload, History& history, std::size_t operation,
                                    std::function<void(bool)> done) {
  const auto id = object_id(upload.object);
  const auto result = co_await store_.multipart()->complete(id, upload.id, upload.parts);
  std::string told = "no such upload";
  bool again = false;
  if (!result.ok()) {
    told = result.error().describe();
    again = result.error().retryable();
  } else if (std::holds_alternative<BlobCompleted>(*result)) {
    told = "acknowledged";
    history.end_write(upload.object, operation);
  } else if (std::holds_alternative<CompletionInProgress>(*result)) {
    told = "in progress";
    again = true;
  }
  process_.world().trace("p" + std::to_string(process_.id()) + " completes #" +
                         std::to_string(operation) + " " + upload.object + ": " + told);
  --operations_;
  done(again);
}

void SimServer::abort_upload(PartUpload upload, std::function<void()> done) {
  ++operations_;
  tasks_.spawn(process_.context().get_executor(), abort_task(std::move(upload), std::move(done)));
}

Task<void> SimServer::abort_task(PartUpload upload, std::function<void()> done) {
  const auto id = object_id(upload.object);
  const auto aborted = co_await store_.multipart()->abort(id, upload.id);
  process_.world().trace("p" + std::to_string(process_.id()) + " aborts the upload of " +
                         upload.object + ": " +
                         (aborted.ok() ? "done" : aborted.error().describe()));
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
  if (const auto uploads = backends.blobs.multipart_uploads(); !uploads.empty()) {
    return "I3: nobody will end the upload of " + uploads.begin()->second.path();
  }
  if (const auto log = backends.log.snapshot(); !log.empty()) {
    return "I9: an entry is left in the log: " + log.begin()->first + " " +
           log.begin()->second.value;
  }
  return std::nullopt;
}

}  // namespace objectstore::testing
