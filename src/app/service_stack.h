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
#include "runtime/task_scope.h"

namespace objectstore {

// stop() before destruction, where start() was called.
class ServiceStack {
 public:
  // Reads keys, certificates and options; blocks. What is passed by reference outlives the result.
  [[nodiscard]] static Result<std::unique_ptr<ServiceStack>> open(const Config& config,
                                                                  Storage& storage,
                                                                  const Machine& machine,
                                                                  Metrics& metrics);

  [[nodiscard]] ServiceParts parts();
  // Null: the listener speaks plain HTTP.
  [[nodiscard]] const std::shared_ptr<ServerTls>& tls() const { return tls_; }
  [[nodiscard]] Operations& operations() { return operations_; }

  // Begins to watch the files.
  void start(const boost::asio::any_io_executor& executor);
  [[nodiscard]] Task<void> stop();

 private:
  ServiceStack(const Config& config, Storage& storage, const Machine& machine, Metrics& metrics,
               KeyRings keys);
  [[nodiscard]] Result<void> open_tls();
  [[nodiscard]] Result<void> load_options();

  const Config& config_;
  const Machine machine_;
  Metrics& metrics_;
  std::filesystem::path options_file_;
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
