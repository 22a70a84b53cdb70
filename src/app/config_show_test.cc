#include "app/config_show.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config_load.h"

namespace objectstore {
namespace {

using testing::HasSubstr;
using testing::Not;

Config load(const std::string& yaml) {
  const auto out = load_config_text(yaml, "c.yaml", {});
  for (const auto& problem : out.errors)
    ADD_FAILURE() << problem.str();
  for (const auto& problem : out.unknown_keys)
    ADD_FAILURE() << problem.str();
  return out.config;
}

TEST(ConfigShow, what_is_shown_loads_as_the_same_configuration) {
  const std::vector<std::string> cases = {
      "{}",
      "storage: {path: \"a \\\"b\\\" \\n: # ü\"}",
      "storage: {type: gcs, bucket: '1', endpoint: 'http://h'}",
      "storage: {type: s3compatible, bucket: b, endpoint: 'true'}",
      "storage: {type: s3, bucket: b, region: r, path_style: true, profile: p, ca_file: c}",
      "storage: {type: s3, bucket: b, access_key_id: k, secret_access_key_file: f}",
      "storage: {type: bigtable, project_id: p, instance_name: i, table_name: t, app_profile: a}",
      "storage: {type: rocksdb, path: p}",
      "storage: {type: tiered, high_volume: {type: rocksdb, path: p}, long_term: {type: gcs, "
      "bucket: "
      "b}, changelog: {type: rocksdb, heartbeat: 1500ms, retry_window: 36h}}",
      "storage: {type: tiered, high_volume: {type: rocksdb, path: p}, long_term: {type: "
      "s3compatible, "
      "bucket: b, endpoint: e}, changelog: {type: rocksdb, path: q}}",
      "http: {max_requests: 0, max_object_size: 5, tls: {cert_file: a, key_file: b}}",
      "http_addr: '[::1]:1'\nruntime: {worker_threads: 77, metrics_interval: 1ns}",
      "service: {concurrency_timeout: '0', max_concurrency: 0}",
      "logging: {level: 'off', format: json}",
      "metrics: {addr: 'h:1', prefix: '', buffer_size: 1, tags: {'5': '5', 'null': ~x}}",
      "sentry: {environment: e, server_name: s, sample_rate: 0.1, traces_sample_rate: 1e-20, "
      "debug: "
      "true, tags: {a: b}}",
      "auth: {enforce: false, keys: {k: {key_files: [a, b], max_permissions: [object.read, "
      "object.write, object.delete]}, Empty: {key_files: []}}}",
      "killswitches: [{}, {usecase: u, scopes: {a: '1'}, service: 'r*'}]",
      "rate_limits: {throughput: {global_rps: 1, burst: 2, usecase_pct: 3, scope_pct: 4, rules: "
      "[{scopes: []}, {usecase: u, scopes: [[a, b]], rps: 5, pct: 65}]}, bandwidth: {global_bps: "
      "1, "
      "burst_ms: 2, usecase_pct: 3, scope_pct: 4, report_only: true}}",
      "usecases: {a: {expiration: {manual: {allowed: false}, ttl: {max: 90d}, tti: {allowed: "
      "false, "
      "max: '0'}}}, b: {}}",
  };
  for (const auto& yaml : cases) {
    const auto config = load(yaml);
    const auto shown = show_config(config);
    EXPECT_EQ(load(shown), config) << shown;
    EXPECT_EQ(show_config(load(shown)), shown);
  }
}

TEST(ConfigShow, secrets_are_hidden) {
  const auto shown =
      show_config(load("sentry: {dsn: 'https://abcdef@sentry.test/1'}\n"
                       "storage: {type: gcs, bucket: b, endpoint: 'http://user:hunter2@h:1/x'}\n"
                       "metrics: {tags: {a: 'see http://x:tiger@y'}}\n"));
  for (const auto* secret : {"abcdef", "hunter2", "tiger"}) {
    EXPECT_THAT(shown, Not(HasSubstr(secret)));
  }
  EXPECT_THAT(shown, HasSubstr("dsn: \"***\""));
  EXPECT_THAT(shown, HasSubstr("endpoint: \"http://***@h:1/x\""));
}

TEST(ConfigShow, the_embedded_default_is_told_in_a_comment) {
  EXPECT_THAT(show_config(Config{}), HasSubstr("# storage: none configured"));
}

}  // namespace
}  // namespace objectstore
