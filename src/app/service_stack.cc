#include "app/service_stack.h"

#include <utility>

#include "app/options_file.h"

namespace objectstore {

namespace {

ObjectServiceSettings object_settings(const Config& config) {
  ObjectServiceSettings settings;
  settings.max_object_size = config.http.max_object_size;
  return settings;
}

ServiceFiles::Looks look_at_files(const Config& config, const std::filesystem::path& options_file) {
  std::vector<std::string> keys;
  for (const auto& [kid, key] : config.auth.keys)
    keys.insert(keys.end(), key.key_files.begin(), key.key_files.end());
  std::vector<std::string> certificate;
  if (config.http.tls) certificate = {config.http.tls->cert_file, config.http.tls->key_file};
  return {FileLooks(std::move(keys)), FileLooks(std::move(certificate)),
          FileLooks({options_file.string()})};
}

}  // namespace

Result<ServiceFiles> ServiceFiles::read(const Config& config, const Clock& clock, Logger& logger) {
  ServiceFiles files;
  files.options_file = objectstore::options_file(config.options);
  files.looks = look_at_files(config, files.options_file);
  TRY_ASSIGN(files.keys, load_key_rings(config.auth));
  if (config.http.tls) {
    TRY_ASSIGN(files.tls, ServerTls::load({config.http.tls->cert_file, config.http.tls->key_file},
                                          clock, logger));
  }
  const auto directory = files.options_file.parent_path().parent_path().parent_path();
  std::error_code error;
  if (!std::filesystem::exists(directory, error) && !config.options.suppress_missing) {
    logger.warn("Values directory does not exist: no runtime options",
                {{"directory", directory.string()}});
  }
  TRY_ASSIGN(files.options, read_options_file(files.options_file));
  return files;
}

ServiceStack::ServiceStack(const Config& config, ServiceFiles files, Storage& storage,
                           const Machine& machine, Metrics& metrics)
    : config_(config),
      machine_(machine),
      metrics_(metrics),
      options_file_(std::move(files.options_file)),
      looks_(std::move(files.looks)),
      concurrency_(config.service, machine.clock, metrics, machine.logger),
      operations_(concurrency_, machine.clock, metrics),
      objects_(storage.objects(), operations_, machine.clock, machine.random,
               object_settings(config)),
      uploads_(storage.multipart(), operations_, machine.clock, machine.random),
      keys_(std::move(files.keys)),
      authenticator_(keys_, config.auth.enforce, machine.clock, metrics, machine.logger),
      kill_switches_(config.killswitches),
      rate_limiter_(config.rate_limits, machine.clock, metrics, machine.logger),
      policies_(config.usecases),
      tls_(std::move(files.tls)) {
  use(files.options);
}

ServiceParts ServiceStack::parts() {
  return {objects_,  uploads_,       concurrency_,    authenticator_, kill_switches_, rate_limiter_,
          policies_, machine_.clock, machine_.random, metrics_,       machine_.logger};
}

void ServiceStack::use(const RuntimeOptions& options) {
  for (const auto& note : options.notes)
    machine_.logger.warn("runtime option ignored", {{"note", note}});
  kill_switches_.set_runtime(options.killswitches);
}

void ServiceStack::start(const boost::asio::any_io_executor& executor) {
  const auto watch = [&](WatchedFiles files) {
    watching_.spawn(executor,
                    watch_files(std::move(files), machine_.pool, machine_.clock, machine_.logger));
  };
  WatchedFiles options;
  options.what = "runtime options";
  options.looks = std::move(looks_.options);
  options.reload = [this]() -> Result<void> {
    TRY_ASSIGN(const auto read, read_options_file(options_file_));
    use(read);
    return Result<void>();
  };
  watch(std::move(options));

  WatchedFiles keys;
  keys.what = "auth keys";
  keys.looks = std::move(looks_.keys);
  keys.reload = [this]() -> Result<void> {
    TRY_ASSIGN(auto rings, load_key_rings(config_.auth));
    keys_.replace(std::move(rings));
    machine_.logger.info("auth keys read again");
    return Result<void>();
  };
  if (!config_.auth.keys.empty()) watch(std::move(keys));

  if (!tls_) return;
  WatchedFiles certificate;
  certificate.what = "certificate";
  certificate.looks = std::move(looks_.certificate);
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
