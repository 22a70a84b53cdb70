#include "app/config_bind.h"

namespace objectstore {

void bind_fields(Section& section, TlsConfig& out) {
  section.required("cert_file", out.cert_file);
  section.required("key_file", out.key_file);
}

void bind_fields(Section& section, HttpConfig& out) {
  section.optional("max_requests", out.max_requests);
  section.positive("head_timeout", out.head_timeout);
  section.positive("body_stall_timeout", out.body_stall_timeout);
  section.positive("write_stall_timeout", out.write_stall_timeout);
  section.optional("max_object_size", out.max_object_size);
  section.optional("tls", out.tls);
}

void bind_fields(Section& section, ServiceConfig& out) {
  section.optional("max_concurrency", out.max_concurrency);
  section.optional("concurrency_queue", out.concurrency_queue);
  section.optional("concurrency_timeout", out.concurrency_timeout);
  section.optional("bulk_concurrency_pct", out.bulk_concurrency_pct);
}

void bind_fields(Section& section, RuntimeConfig& out) {
  section.optional("worker_threads", out.worker_threads);
  if (out.worker_threads == 0) {
    section.child("worker_threads", *section.find("worker_threads")).fail("must be at least 1");
  }
  section.positive("metrics_interval", out.metrics_interval);
}

void bind_fields(Section& section, LoggingConfig& out) {
  section.optional("level", out.level);
  section.optional("format", out.format);
}

void bind_fields(Section& section, MetricsConfig& out) {
  section.optional("addr", out.addr);
  section.optional("prefix", out.prefix);
  section.optional("buffer_size", out.buffer_size);
  section.optional("tags", out.tags);
}

void bind_fields(Section& section, SentryConfig& out) {
  section.optional("dsn", out.dsn);
  section.optional("environment", out.environment);
  section.optional("server_name", out.server_name);
  section.optional("sample_rate", out.sample_rate);
  section.optional("traces_sample_rate", out.traces_sample_rate);
  section.optional("inherit_sampling_decision", out.inherit_sampling_decision);
  section.optional("debug", out.debug);
  section.optional("tags", out.tags);
}

void bind_fields(Section& section, AuthKey& out) {
  section.required("key_files", out.key_files);
  section.optional("max_permissions", out.max_permissions);
}

void bind_fields(Section& section, AuthConfig& out) {
  section.optional("enforce", out.enforce);
  section.optional("keys", out.keys);
}

void bind_fields(Section& section, Killswitch& out) {
  section.optional("usecase", out.usecase);
  section.optional("scopes", out.scopes);
  section.optional("service", out.service);
}

void bind_fields(Section& section, ThroughputRule& out) {
  section.optional("usecase", out.usecase);
  section.required("scopes", out.scopes);
  section.optional("rps", out.rps);
  section.optional("pct", out.pct);
}

void bind_fields(Section& section, ThroughputLimits& out) {
  section.optional("global_rps", out.global_rps);
  section.optional("burst", out.burst);
  section.optional("usecase_pct", out.usecase_pct);
  section.optional("scope_pct", out.scope_pct);
  section.optional("rules", out.rules);
}

void bind_fields(Section& section, BandwidthLimits& out) {
  section.optional("global_bps", out.global_bps);
  section.optional("burst_ms", out.burst_ms);
  section.optional("usecase_pct", out.usecase_pct);
  section.optional("scope_pct", out.scope_pct);
  section.optional("report_only", out.report_only);
}

void bind_fields(Section& section, RateLimits& out) {
  section.optional("throughput", out.throughput);
  section.optional("bandwidth", out.bandwidth);
}

void bind_fields(Section& section, ExpirationRule& out) {
  section.optional("allowed", out.allowed);
  section.optional("max", out.max);
}

// The two dictionaries between a usecase and its rules have no structs of their own.
struct ManualRule {
  bool& allowed;
};
void bind_fields(Section& section, ManualRule& out) {
  section.optional("allowed", out.allowed);
}

struct ExpirationRules {
  UsecaseConfig& usecase;
};
void bind_fields(Section& section, ExpirationRules& out) {
  ManualRule manual{out.usecase.manual_allowed};
  section.optional("manual", manual);
  section.optional("ttl", out.usecase.ttl);
  section.optional("tti", out.usecase.tti);
}

void bind_fields(Section& section, UsecaseConfig& out) {
  ExpirationRules rules{out};
  section.optional("expiration", rules);
}

void bind_fields(Section& section, Config& out) {
  section.optional("http_addr", out.http_addr);
  section.optional("storage", out.storage);
  section.optional("http", out.http);
  section.optional("service", out.service);
  section.optional("runtime", out.runtime);
  section.optional("logging", out.logging);
  section.optional("metrics", out.metrics);
  section.optional("sentry", out.sentry);
  section.optional("auth", out.auth);
  section.optional("killswitches", out.killswitches);
  section.optional("rate_limits", out.rate_limits);
  section.optional("usecases", out.usecases);
}

Config bind_config(const ConfigValue& root, BindReport& report) {
  Config config;
  Section section(BindContext{root, "", report});
  if (root.map() != nullptr) bind_fields(section, config);
  return config;
}

}  // namespace objectstore
