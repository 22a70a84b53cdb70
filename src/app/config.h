// The whole configuration as plain values (contract config.md, sections 3 to 7). Made by
// load_config(); a member's initializer is the key's default.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "auth/settings.h"
#include "base/time.h"
#include "runtime/log.h"
#include "runtime/spdlog_logger.h"
#include "service/settings.h"

namespace objectstore {

// Text that no output may show: it has no conversion and no stream operator.
struct Secret {
  std::string value;
  bool operator==(const Secret&) const = default;
};

// An IP address and a port; host names are not accepted.
struct ListenAddress {
  std::string host = "0.0.0.0";  // without brackets
  std::uint16_t port = 8888;
  bool operator==(const ListenAddress&) const = default;

  [[nodiscard]] bool is_v6() const { return host.find(':') != std::string::npos; }
  // "0.0.0.0:8888", "[::1]:8888"
  [[nodiscard]] std::string str() const;
  [[nodiscard]] static std::optional<ListenAddress> parse(const std::string& text);
};

// --- storage -------------------------------------------------------------------------------------

struct FilesystemStorage {
  std::string path;
  bool operator==(const FilesystemStorage&) const = default;
};

// As the existing service has it: nobody is asked who he is, and fields are named as GCS's XML API
// names them.
struct S3CompatibleStorage {
  std::string endpoint;
  std::string bucket;
  bool operator==(const S3CompatibleStorage&) const = default;
};

struct S3Storage {
  std::string bucket;
  std::optional<std::string> region;    // none: the environment's
  std::optional<std::string> endpoint;  // none: Amazon's own in that region
  std::optional<bool> path_style;       // none: only at an endpoint of one's own
  // None: who the machine is (AwsIdentity). The secret itself, or the file that holds it.
  std::optional<std::string> access_key_id;
  std::optional<Secret> secret_access_key;
  std::optional<std::string> secret_access_key_file;
  // What some stores that speak the protocol lack: refusing to replace, and CRC-32C checksums.
  bool conditional_writes = true;
  bool checksums = true;
  std::optional<std::string> profile;  // of the shared credentials file
  std::optional<std::string> ca_file;  // PEM; none: the system's
  // Where parts of uploads lie until they have arrived; none: the system's temporary directory.
  std::optional<std::string> spool_directory;
  bool operator==(const S3Storage&) const = default;
};

struct GcsStorage {
  std::string bucket;
  std::optional<std::string> endpoint;  // set: an emulator, no credentials
  std::optional<std::string> ca_file;   // as in S3Storage
  std::optional<std::string> spool_directory;
  bool operator==(const GcsStorage&) const = default;
};

struct BigtableStorage {
  std::string project_id;
  std::string instance_name;
  std::string table_name;
  std::optional<std::string> endpoint;  // set: an emulator, plain text, no credentials
  std::uint32_t connections = 1;
  std::optional<std::string> app_profile;
  bool operator==(const BigtableStorage&) const = default;
};

struct RocksdbStorage {
  std::string path;
  bool operator==(const RocksdbStorage&) const = default;
};

struct NoopChangelog {
  bool operator==(const NoopChangelog&) const = default;
};

struct RocksdbChangelog {
  // None: the log shares the high-volume tier's database.
  std::optional<std::string> path;
  bool operator==(const RocksdbChangelog&) const = default;
};

struct ChangelogTimes {
  Duration heartbeat = std::chrono::seconds(10);
  Duration stale_after = std::chrono::seconds(30);
  Duration empty_wait = std::chrono::seconds(10);
  Duration late_upload_window = std::chrono::hours(24);
  Duration largest_clock_skew = std::chrono::hours(2);
  Duration multipart_lifetime = std::chrono::hours(7 * 24);
  Duration retry_window = std::chrono::hours(24);
  Duration sweep_interval = std::chrono::seconds(10);
  bool operator==(const ChangelogTimes&) const = default;
};

struct ChangelogConfig {
  std::variant<NoopChangelog, RocksdbChangelog, BigtableStorage> log;
  ChangelogTimes times;
  bool operator==(const ChangelogConfig&) const = default;
};

using HighVolumeStorage = std::variant<RocksdbStorage, BigtableStorage>;
using LongTermStorage = std::variant<FilesystemStorage, GcsStorage, S3Storage, S3CompatibleStorage>;

struct TieredStorage {
  HighVolumeStorage high_volume;
  LongTermStorage long_term;
  ChangelogConfig changelog;
  bool operator==(const TieredStorage&) const = default;
};

// What runs where no storage is configured at all: tiered storage in one directory, rows and log in
// `path`/rows (RocksDB), blobs in `path`/blobs (files).
struct EmbeddedStorage {
  std::string path = "data";
  ChangelogTimes times;
  bool operator==(const EmbeddedStorage&) const = default;
};

using StorageConfig =
    std::variant<EmbeddedStorage, FilesystemStorage, S3CompatibleStorage, S3Storage, GcsStorage,
                 BigtableStorage, RocksdbStorage, TieredStorage>;

// --- the other sections --------------------------------------------------------------------------

struct TlsConfig {
  std::string cert_file;
  std::string key_file;
  bool operator==(const TlsConfig&) const = default;
};

struct HttpConfig {
  std::uint64_t max_requests = 10'000;  // in flight; 0 refuses all but internal routes
  Duration head_timeout = std::chrono::seconds(10);
  Duration body_stall_timeout = std::chrono::seconds(30);
  Duration write_stall_timeout = std::chrono::seconds(30);
  std::optional<std::uint64_t> max_object_size;  // bytes
  std::optional<TlsConfig> tls;
  bool operator==(const HttpConfig&) const = default;
};

struct RuntimeConfig {
  std::uint32_t worker_threads = default_worker_threads();
  Duration metrics_interval = std::chrono::seconds(10);
  bool operator==(const RuntimeConfig&) const = default;

  // One a CPU of this machine.
  [[nodiscard]] static std::uint32_t default_worker_threads();
};

struct LoggingConfig {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::automatic;
  bool operator==(const LoggingConfig&) const = default;
};

struct MetricsConfig {
  std::optional<std::string> addr;
  std::string prefix = "objectstore";
  std::optional<std::uint64_t> buffer_size;  // bytes; none: 1432 for UDP, 8192 for Unix sockets
  std::map<std::string, std::string> tags;
  bool operator==(const MetricsConfig&) const = default;
};

struct SentryConfig {
  std::optional<Secret> dsn;
  std::optional<std::string> environment;
  std::optional<std::string> server_name;
  double sample_rate = 1.0;
  double traces_sample_rate = 0.01;
  bool inherit_sampling_decision = true;
  bool debug = false;
  std::map<std::string, std::string> tags;
  bool operator==(const SentryConfig&) const = default;
};

// Where this machine keeps its identity for Google's services; from the environment, no keys.
struct GoogleIdentity {
  std::optional<std::string> credentials_file;  // GOOGLE_APPLICATION_CREDENTIALS
  std::optional<std::string> gcloud_file;       // what `gcloud auth application-default` writes
  std::optional<std::string> metadata_host;     // GCE_METADATA_HOST
  bool operator==(const GoogleIdentity&) const = default;
};

// The same for Amazon's.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
struct AwsIdentity {
  std::optional<std::string> access_key_id;     // AWS_ACCESS_KEY_ID
  std::optional<Secret> secret_access_key;      // AWS_SECRET_ACCESS_KEY
  std::optional<Secret> session_token;          // AWS_SESSION_TOKEN
  std::optional<std::string> profile;           // AWS_PROFILE
  std::optional<std::string> credentials_file;  // AWS_SHARED_CREDENTIALS_FILE, or in the home
  std::optional<std::string> config_file;       // AWS_CONFIG_FILE, or in the home
  std::optional<std::string> region;            // AWS_REGION, AWS_DEFAULT_REGION
  std::optional<std::string> web_identity_token_file;  // AWS_WEB_IDENTITY_TOKEN_FILE
  std::optional<std::string> role_arn;                 // AWS_ROLE_ARN
  std::optional<std::string> role_session_name;        // AWS_ROLE_SESSION_NAME
  std::optional<std::string> container_relative_uri;   // AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
  std::optional<std::string> container_full_uri;       // AWS_CONTAINER_CREDENTIALS_FULL_URI
  std::optional<Secret> container_token;               // AWS_CONTAINER_AUTHORIZATION_TOKEN
  std::optional<std::string> container_token_file;     // AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
  std::optional<std::string> sts_endpoint;             // AWS_ENDPOINT_URL_STS
  std::optional<std::string> metadata_endpoint;        // AWS_EC2_METADATA_SERVICE_ENDPOINT
  bool metadata_disabled = false;                      // AWS_EC2_METADATA_DISABLED
  bool operator==(const AwsIdentity&) const = default;
};

// How other machines are reached; from the environment.
struct OutgoingNetwork {
  std::optional<std::string> http_proxy;     // http_proxy, ALL_PROXY
  std::optional<std::string> https_proxy;    // https_proxy, HTTPS_PROXY, ALL_PROXY
  std::optional<std::string> no_proxy;       // no_proxy, NO_PROXY
  std::string temporary_directory = "/tmp";  // TMPDIR
  bool operator==(const OutgoingNetwork&) const = default;
};

// Where options lie that are exchanged while the process runs; from the environment.
struct OptionsLocation {
  std::optional<std::string> directory;  // SENTRY_OPTIONS_DIR
  bool suppress_missing = false;         // SENTRY_OPTIONS_SUPPRESS_MISSING_DIR: "1", "true"
  bool operator==(const OptionsLocation&) const = default;
};

struct Config {
  ListenAddress http_addr;
  StorageConfig storage;
  HttpConfig http;
  ServiceConfig service;
  RuntimeConfig runtime;
  LoggingConfig logging;
  MetricsConfig metrics;
  SentryConfig sentry;
  AuthConfig auth;
  std::vector<Killswitch> killswitches;
  RateLimits rate_limits;
  std::map<std::string, UsecaseConfig> usecases;
  GoogleIdentity google;
  AwsIdentity aws;
  OutgoingNetwork network;
  OptionsLocation options;
  bool operator==(const Config&) const = default;
};

}  // namespace objectstore
