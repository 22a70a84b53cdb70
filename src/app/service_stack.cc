#include "app/service_stack.h"

#include <utility>

#include "app/options_file.h"
#include "runtime/file_watch.h"

namespace objectstore {

namespace {

ObjectServiceSettings object_settings(const Config& config) {
  ObjectServiceSettings settings;
  settings.max_object_size = config.http.max_object_size;
  return settings;
}

}  // namespace

Result<std::unique_ptr<ServiceStack>> ServiceStack::open(const Config& config, Storage& storage,
                                                         const Machine& machine, Metrics& metrics) {
  TRY_ASSIGN(auto keys, load_key_rings(config.auth));
  std::unique_ptr<ServiceStack> stack(
      new ServiceStack(config, storage, machine, metrics, std::move(keys)));
  TRY(stack->open_tls());
  std::error_code error;
  const auto directory = stack->options_file_.parent_path().parent_path().parent_path();
  if (!std::filesystem::exists(directory, error) && !config.options.suppress_missing) {
    machine.logger.warn("Values directory does not exist: no runtime options",
                        {{"directory", directory.string()}});
  }
  TRY(stack->load_options());
  return stack;
}

ServiceStack::ServiceStack(const Config& config, Storage& storage, const Machine& machine,
                           Metrics& metrics, KeyRings keys)
    : config_(config),
      machine_(machine),
      metrics_(metrics),
      options_file_(options_file(config.options)),
      concurrency_(config.service, machine.clock, metrics, machine.logger),
      operations_(concurrency_, machine.clock, metrics),
      objects_(storage.objects(), operations_, machine.clock, machine.random, machine.logger,
               object_settings(config)),
      uploads_(storage.multipart(), operations_, machine.clock, machine.random),
      keys_(std::move(keys)),
      authenticator_(keys_, config.auth.enforce, machine.clock, metrics, machine.logger),
      kill_switches_(config.killswitches),
      rate_limiter_(config.rate_limits, machine.clock, metrics, machine.logger),
      policies_(config.usecases) {}

ServiceParts ServiceStack::parts() {
  return {objects_,  uploads_,       concurrency_,    authenticator_, kill_switches_, rate_limiter_,
          policies_, machine_.clock, machine_.random, metrics_,       machine_.logger};
}

Result<void> ServiceStack::open_tls() {
  if (!config_.http.tls) return Result<void>();
  TRY_ASSIGN(tls_, ServerTls::load({config_.http.tls->cert_file, config_.http.tls->key_file},
                                   machine_.clock, machine_.logger));
  return Result<void>();
}

Result<void> ServiceStack::load_options() {
  TRY_ASSIGN(const auto options, read_options_file(options_file_));
  for (const auto& note : options.notes)
    machine_.logger.warn("runtime option ignored", {{"note", note}});
  kill_switches_.set_runtime(options.killswitches);
  return Result<void>();
}

void ServiceStack::start(const boost::asio::any_io_executor& executor) {
  const auto watch = [&](WatchedFiles files) {
    watching_.spawn(executor,
                    watch_files(std::move(files), machine_.pool, machine_.clock, machine_.logger));
  };
  WatchedFiles options;
  options.what = "runtime options";
  options.paths = {options_file_.string()};
  options.reload = [this] { return load_options(); };
  watch(std::move(options));

  WatchedFiles keys;
  keys.what = "auth keys";
  for (const auto& [kid, key] : config_.auth.keys)
    keys.paths.insert(keys.paths.end(), key.key_files.begin(), key.key_files.end());
  keys.reload = [this]() -> Result<void> {
    TRY_ASSIGN(auto rings, load_key_rings(config_.auth));
    keys_.replace(std::move(rings));
    machine_.logger.info("auth keys read again");
    return Result<void>();
  };
  if (!keys.paths.empty()) watch(std::move(keys));

  if (!tls_) return;
  WatchedFiles certificate;
  certificate.what = "certificate";
  certificate.paths = {tls_->files().cert_file, tls_->files().key_file};
  certificate.reload = [this]() -> Result<void> {
    TRY(tls_->reload());
    machine_.logger.info("certificate read again");
    return Result<void>();
  };
  watch(std::move(certificate));
}

Task<void> ServiceStack::stop() {
  watching_.request_stop();
  co_await watching_.join();
}

}  // namespace objectstore
