#include "app/config_show.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <type_traits>

#include "base/hide_credentials.h"
#include "model/expiration.h"

namespace objectstore {
namespace {

constexpr const char* hidden = "***";

// Thin names over YAML::Emitter: every text is double-quoted, so that it loads as a string.
class Writer {
 public:
  explicit Writer(YAML::Emitter& out) : out_(out) {}

  void value(const std::string& text) { out_ << YAML::DoubleQuoted << hide_credentials(text); }
  void value(const Secret&) { out_ << YAML::DoubleQuoted << hidden; }
  void value(bool flag) { out_ << flag; }
  void value(double number) { out_ << fmt::format("{}", number); }  // the shortest exact form
  void value(std::uint64_t number) { out_ << number; }
  void value(std::uint32_t number) { out_ << number; }
  void value(std::uint8_t number) { out_ << std::uint32_t{number}; }
  void value(LogLevel level) { value(std::string(to_string(level))); }
  void value(LogFormat format) { value(std::string(to_string(format))); }
  void value(const ListenAddress& address) { value(address.str()); }
  void value(Duration duration) { value(format_duration(policy_duration(duration))); }
  void value(Permission permission) { value(std::string(to_string(permission))); }
  void value(const std::pair<std::string, std::string>& pair) {
    value(std::vector<std::string>{pair.first, pair.second});
  }
  void value(const AuthKey& key);
  void value(const Killswitch& killswitch);
  void value(const ThroughputRule& rule);
  void value(const ThroughputLimits& limits);
  void value(const BandwidthLimits& limits);
  void value(const ExpirationRule& rule);
  void value(const UsecaseConfig& usecase);
  void value(const TlsConfig& tls);
  template <class... Ts>
  void value(const std::variant<Ts...>& storage) {
    map([&] { std::visit([&](const auto& alternative) { fields(alternative); }, storage); });
  }
  template <class T>
  void value(const std::vector<T>& items) {
    out_ << YAML::BeginSeq;
    for (const auto& item : items)
      value(item);
    out_ << YAML::EndSeq;
  }
  template <class T>
  void value(const std::map<std::string, T>& members) {
    map([&] {
      for (const auto& [key, member] : members) {
        out_ << YAML::Key << YAML::DoubleQuoted << key << YAML::Value;
        value(member);
      }
    });
  }

  template <class F>
  void map(F members) {
    out_ << YAML::BeginMap;
    members();
    out_ << YAML::EndMap;
  }
  template <class F>
  void section(const char* key, F members) {
    out_ << YAML::Key << key << YAML::Value;
    map(members);
  }
  template <class T>
  void field(const char* key, const T& content) {
    out_ << YAML::Key << key << YAML::Value;
    value(content);
  }
  template <class T>
  void field(const char* key, const std::optional<T>& content) {
    if (content) field(key, *content);
  }
  void type(const char* name) { out_ << YAML::Key << "type" << YAML::Value << name; }

  // The members of each storage type, and of the changelog's.
  void fields(const EmbeddedStorage&) {}
  void fields(const NoopChangelog&) { type("noop"); }
  void fields(const FilesystemStorage& storage);
  void fields(const RocksdbStorage& storage);
  void fields(const RocksdbChangelog& log);
  void fields(const S3CompatibleStorage& storage);
  void fields(const S3Storage& storage);
  void fields(const GcsStorage& storage);
  void fields(const BigtableStorage& storage);
  void fields(const TieredStorage& storage);
  void fields(const ChangelogTimes& times);

 private:
  YAML::Emitter& out_;
};

void Writer::fields(const FilesystemStorage& storage) {
  type("filesystem");
  field("path", storage.path);
}

void Writer::fields(const RocksdbStorage& storage) {
  type("rocksdb");
  field("path", storage.path);
}

void Writer::fields(const RocksdbChangelog& log) {
  type("rocksdb");
  field("path", log.path);
}

void Writer::fields(const S3Storage& storage) {
  type("s3");
  field("bucket", storage.bucket);
  field("region", storage.region);
  field("endpoint", storage.endpoint);
  field("path_style", storage.path_style);
  field("access_key_id", storage.access_key_id);
  field("secret_access_key", storage.secret_access_key);
  field("secret_access_key_file", storage.secret_access_key_file);
  field("conditional_writes", storage.conditional_writes);
  field("checksums", storage.checksums);
  field("profile", storage.profile);
  field("ca_file", storage.ca_file);
  field("spool_directory", storage.spool_directory);
}

void Writer::fields(const S3CompatibleStorage& storage) {
  type("s3compatible");
  field("endpoint", storage.endpoint);
  field("bucket", storage.bucket);
}

void Writer::fields(const GcsStorage& storage) {
  type("gcs");
  field("bucket", storage.bucket);
  field("endpoint", storage.endpoint);
  field("ca_file", storage.ca_file);
  field("spool_directory", storage.spool_directory);
}

void Writer::fields(const BigtableStorage& storage) {
  type("bigtable");
  field("project_id", storage.project_id);
  field("instance_name", storage.instance_name);
  field("table_name", storage.table_name);
  field("endpoint", storage.endpoint);
  field("connections", storage.connections);
  field("app_profile", storage.app_profile);
}

void Writer::fields(const TieredStorage& storage) {
  type("tiered");
  field("high_volume", storage.high_volume);
  field("long_term", storage.long_term);
  section("changelog", [&] {
    std::visit([&](const auto& log) { fields(log); }, storage.changelog.log);
    fields(storage.changelog.times);
  });
}

void Writer::fields(const ChangelogTimes& times) {
  field("heartbeat", times.heartbeat);
  field("stale_after", times.stale_after);
  field("empty_wait", times.empty_wait);
  field("late_upload_window", times.late_upload_window);
  field("largest_clock_skew", times.largest_clock_skew);
  field("multipart_lifetime", times.multipart_lifetime);
  field("retry_window", times.retry_window);
  field("sweep_interval", times.sweep_interval);
}

void Writer::value(const AuthKey& key) {
  map([&] {
    field("key_files", key.key_files);
    field("max_permissions", key.max_permissions);
  });
}

void Writer::value(const Killswitch& killswitch) {
  map([&] {
    field("usecase", killswitch.usecase);
    field("scopes", killswitch.scopes);
    field("service", killswitch.service);
  });
}

void Writer::value(const ThroughputRule& rule) {
  map([&] {
    field("usecase", rule.usecase);
    field("scopes", rule.scopes);
    field("rps", rule.rps);
    field("pct", rule.pct);
  });
}

void Writer::value(const ThroughputLimits& limits) {
  map([&] {
    field("global_rps", limits.global_rps);
    field("burst", limits.burst);
    field("usecase_pct", limits.usecase_pct);
    field("scope_pct", limits.scope_pct);
    field("rules", limits.rules);
  });
}

void Writer::value(const BandwidthLimits& limits) {
  map([&] {
    field("global_bps", limits.global_bps);
    field("burst_ms", limits.burst_ms);
    field("usecase_pct", limits.usecase_pct);
    field("scope_pct", limits.scope_pct);
    field("report_only", limits.report_only);
  });
}

void Writer::value(const ExpirationRule& rule) {
  map([&] {
    field("allowed", rule.allowed);
    field("max", rule.max);
  });
}

void Writer::value(const UsecaseConfig& usecase) {
  map([&] {
    section("expiration", [&] {
      section("manual", [&] { field("allowed", usecase.manual_allowed); });
      field("ttl", usecase.ttl);
      field("tti", usecase.tti);
    });
  });
}

void Writer::value(const TlsConfig& tls) {
  map([&] {
    field("cert_file", tls.cert_file);
    field("key_file", tls.key_file);
  });
}

void write_server(Writer& out, const Config& config) {
  out.section("http", [&] {
    out.field("max_requests", config.http.max_requests);
    out.field("head_timeout", config.http.head_timeout);
    out.field("body_stall_timeout", config.http.body_stall_timeout);
    out.field("write_stall_timeout", config.http.write_stall_timeout);
    out.field("max_object_size", config.http.max_object_size);
    out.field("tls", config.http.tls);
  });
  out.section("service", [&] {
    out.field("max_concurrency", config.service.max_concurrency);
    out.field("concurrency_queue", config.service.concurrency_queue);
    out.field("concurrency_timeout", config.service.concurrency_timeout);
    out.field("bulk_concurrency_pct", config.service.bulk_concurrency_pct);
  });
  out.section("runtime", [&] {
    out.field("worker_threads", config.runtime.worker_threads);
    out.field("metrics_interval", config.runtime.metrics_interval);
  });
}

void write_telemetry(Writer& out, const Config& config) {
  out.section("logging", [&] {
    out.field("level", config.logging.level);
    out.field("format", config.logging.format);
  });
  out.section("metrics", [&] {
    out.field("addr", config.metrics.addr);
    out.field("prefix", config.metrics.prefix);
    out.field("buffer_size", config.metrics.buffer_size);
    out.field("tags", config.metrics.tags);
  });
  out.section("sentry", [&] {
    out.field("dsn", config.sentry.dsn);
    out.field("environment", config.sentry.environment);
    out.field("server_name", config.sentry.server_name);
    out.field("sample_rate", config.sentry.sample_rate);
    out.field("traces_sample_rate", config.sentry.traces_sample_rate);
    out.field("inherit_sampling_decision", config.sentry.inherit_sampling_decision);
    out.field("debug", config.sentry.debug);
    out.field("tags", config.sentry.tags);
  });
}

void write_policies(Writer& out, const Config& config) {
  out.section("auth", [&] {
    out.field("enforce", config.auth.enforce);
    out.field("keys", config.auth.keys);
  });
  out.field("killswitches", config.killswitches);
  out.section("rate_limits", [&] {
    out.field("throughput", config.rate_limits.throughput);
    out.field("bandwidth", config.rate_limits.bandwidth);
  });
  out.field("usecases", config.usecases);
}

}  // namespace

std::string show_config(const Config& config) {
  YAML::Emitter emitter;
  Writer out(emitter);
  const auto* const embedded = std::get_if<EmbeddedStorage>(&config.storage);
  if (embedded != nullptr) {
    emitter << YAML::Comment("storage: none configured, so the embedded store in " +
                             embedded->path + "/");
  }
  out.map([&] {
    out.field("http_addr", config.http_addr);
    if (embedded == nullptr) out.field("storage", config.storage);
    write_server(out, config);
    write_telemetry(out, config);
    write_policies(out, config);
  });
  return std::string(emitter.c_str()) + "\n";
}

}  // namespace objectstore
