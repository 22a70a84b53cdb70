// What stands between the listener and the storage: keys, limits, switches, policies, made from the
// configuration and kept up to date.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>

#include "app/config.h"
#include "app/storage.h"
#include "http/service_parts.h"
#include "http/tls_context.h"
#include "runtime/file_watch.h"
#include "runtime/task_scope.h"
#include "service/runtime_options.h"

namespace objectstore {

// What the files hold that the configuration names: read before anything is opened, so that a bad
// one ends the start with nothing made.
struct ServiceFiles {
  // Taken before the files are read.
  struct Looks {
    FileLooks keys;
    FileLooks certificate;
    FileLooks options;
  };

  Looks looks;
  KeyRings keys;
  std::shared_ptr<ServerTls> tls;  // null: the listener speaks plain HTTP
  std::filesystem::path options_file;
  RuntimeOptions options;

  // Blocks. What is passed by reference outlives the result.
  [[nodiscard]] static Result<ServiceFiles> read(const Config& config, const Clock& clock,
                                                 Logger& logger);
};

// stop() before destruction, where start() was called.
class ServiceStack {
 public:
  // What is passed by reference outlives it.
  ServiceStack(const Config& config, ServiceFiles files, Storage& storage, const Machine& machine,
               Metrics& metrics);

  [[nodiscard]] ServiceParts parts();
  // Null: the listener speaks plain HTTP.
  [[nodiscard]] const std::shared_ptr<ServerTls>& tls() const { return tls_; }
  [[nodiscard]] Operations& operations() { return operations_; }

  // Begins to watch the files. Once.
  void start(const boost::asio::any_io_executor& executor);
  [[nodiscard]] Task<void> stop();

 private:
  void use(const RuntimeOptions& options);

  const Config& config_;
  const Machine machine_;
  Metrics& metrics_;
  std::filesystem::path options_file_;
  ServiceFiles::Looks looks_;  // until start()
  ConcurrencyLimit concurrency_;
  Operations operations_;
  ObjectService objects_;
  MultipartService uploads_;
  KeyDirectory keys_;
  Authenticator authenticator_;
  KillSwitches kill_switches_;
  RateLimiter rate_limiter_;
  UsecasePolicies policies_;
  std::shared_ptr<ServerTls> tls_;
  TaskScope watching_;
};

}  // namespace objectstore
