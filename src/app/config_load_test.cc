#include "app/config_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "app/config_check.h"

namespace objectstore {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(const std::vector<ConfigProblem>& problems) {
  std::vector<std::string> out;
  out.reserve(problems.size());
  for (const auto& problem : problems)
    out.push_back(problem.str());
  return out;
}

ConfigLoad load(const std::string& yaml, const Environment& environment = {}) {
  return load_config_text(yaml, "c.yaml", environment);
}

// The configuration of a text that has nothing wrong.
Config good(const std::string& yaml, const Environment& environment = {}) {
  const auto out = load(yaml, environment);
  EXPECT_THAT(texts(out.errors), IsEmpty()) << yaml;
  EXPECT_THAT(texts(out.unknown_keys), IsEmpty()) << yaml;
  return out.config;
}

TEST(ConfigLoad, nothing_given_means_the_defaults_and_the_embedded_store) {
  const auto config = load_config(std::nullopt, {{"PATH", "/bin"}}).config;
  EXPECT_EQ(config, Config{});
  EXPECT_EQ(config.storage, StorageConfig(EmbeddedStorage{}));
  EXPECT_EQ(config.http_addr.str(), "0.0.0.0:8888");
  EXPECT_EQ(config.http.max_requests, 10'000U);
  EXPECT_EQ(config.service.concurrency_timeout, std::chrono::seconds(1));
  EXPECT_GE(config.runtime.worker_threads, 1U);
  EXPECT_TRUE(config.auth.enforce);
  for (const auto* text : {"", "---\n", "# only a comment\n", "~", "{}"}) {
    EXPECT_EQ(good(text), Config{}) << text;
  }
}

TEST(ConfigLoad, environment_wins_over_file_wins_over_default) {
  const auto config = good(
      "http: {max_requests: 5, head_timeout: 2s}\nmetrics: {tags: {a: x, b: y}}\n"
      "killswitches: [{usecase: a}, {usecase: b}]\n",
      {{"OS__HTTP__MAX_REQUESTS", "7"},
       {"OS__METRICS__TAGS", "{b=z,C=w}"},
       {"OS__KILLSWITCHES", "[{usecase=c}]"}});
  EXPECT_EQ(config.http.max_requests, 7U);
  EXPECT_EQ(config.http.head_timeout, std::chrono::seconds(2));
  EXPECT_EQ(config.http.body_stall_timeout, std::chrono::seconds(30));
  EXPECT_EQ(config.metrics.tags,
            (std::map<std::string, std::string>{{"a", "x"}, {"b", "z"}, {"C", "w"}}));
  ASSERT_EQ(config.killswitches.size(), 1U);
  EXPECT_EQ(config.killswitches[0].usecase, "c");
}

TEST(ConfigLoad, every_section_binds) {
  const auto config = good(R"(
http_addr: "[::1]:80"
http: {max_object_size: 10, tls: {cert_file: c, key_file: k}}
service: {max_concurrency: 1, concurrency_queue: 2, concurrency_timeout: '0', bulk_concurrency_pct: 3}
)" + std::string("runtime: {worker_threads: 4, metrics_interval: 500ms}\n") +
                           R"(
logging: {level: "5", format: json}
metrics: {addr: "h:1", prefix: p, buffer_size: 9}
sentry: {dsn: "https://k@h/1", environment: e, server_name: s, sample_rate: 0, traces_sample_rate: .5,
  inherit_sampling_decision: false, debug: true, tags: {a: b}}
auth: {enforce: false, keys: {Kid: {key_files: [a.pem], max_permissions: [object.read, object.delete]}}}
rate_limits:
  throughput: {global_rps: 1, burst: 2, usecase_pct: 3, scope_pct: 255,
    rules: [{usecase: u, scopes: [[org, "1"]], rps: 4, pct: 5}, {scopes: []}]}
  bandwidth: {global_bps: 5000000000, burst_ms: 6, usecase_pct: 7, scope_pct: 8, report_only: true}
usecases: {A: {expiration: {manual: {allowed: false}, ttl: {max: 90d}, tti: {allowed: false}}}, b: {}}
)");
  EXPECT_EQ(config.http_addr, (ListenAddress{"::1", 80}));
  EXPECT_EQ(config.http.tls->key_file, "k");
  EXPECT_EQ(config.service, (ServiceConfig{1, 2, Duration::zero(), 3}));
  EXPECT_EQ(config.runtime, (RuntimeConfig{4, std::chrono::milliseconds(500)}));
  EXPECT_EQ(config.logging, (LoggingConfig{LogLevel::trace, LogFormat::json}));
  EXPECT_EQ(config.sentry.dsn->value, "https://k@h/1");
  EXPECT_EQ(config.sentry.traces_sample_rate, 0.5);
  EXPECT_THAT(config.auth.keys.at("Kid").max_permissions,
              ElementsAre(Permission::object_read, Permission::object_delete));
  EXPECT_EQ(config.rate_limits.throughput.rules[0].scopes[0],
            (std::pair<std::string, std::string>("org", "1")));
  EXPECT_EQ(config.rate_limits.bandwidth.global_bps, 5'000'000'000U);
  EXPECT_FALSE(config.usecases.at("A").manual_allowed);
  EXPECT_EQ(config.usecases.at("A").ttl.max, std::chrono::hours(24 * 90));
  EXPECT_EQ(config.usecases.at("b"), UsecaseConfig{});
}

TEST(ConfigLoad, each_problem_names_its_key_and_place) {
  struct Case {
    std::string yaml;
    std::string error;
  };
  const std::vector<Case> cases = {
      {"http: {max_requests: \"5\"}",
       "http.max_requests (c.yaml:1): expected an unsigned integer, found a string"},
      {"http: {max_requests: -5}",
       "http.max_requests (c.yaml:1): expected an unsigned integer, found a negative integer"},
      {"http: {max_requests: 5.0}",
       "http.max_requests (c.yaml:1): expected an unsigned integer, found a float"},
      {"service: {max_concurrency: 4294967296}",
       "service.max_concurrency (c.yaml:1): at most 4294967295 is possible"},
      {"http:\n", "http (c.yaml:1): expected a dictionary, found null"},
      {"http: []", "http (c.yaml:1): expected a dictionary, found a list"},
      {"auth:\n  enforce: yes", "auth.enforce (c.yaml:2): expected a boolean, found a string"},
      {"metrics:\n  tags:\n    a: 1",
       "metrics.tags.a (c.yaml:3): expected a string, found an integer"},
      {"http: {head_timeout: 10}",
       "http.head_timeout (c.yaml:1): expected a duration such as \"10s\", found an integer"},
      {"http: {head_timeout: 0s}", "http.head_timeout (c.yaml:1): must be longer than 0"},
      {"http: {head_timeout: 300years}",
       "http.head_timeout (c.yaml:1): \"300years\" is too long a time"},
      {"sentry: {sample_rate: .nan}", "sentry.sample_rate (c.yaml:1): expected a finite number"},
      {"sentry: {dsn: 12345}", "sentry.dsn (c.yaml:1): expected a string, found an integer"},
      {"runtime: {worker_threads: 0}", "runtime.worker_threads (c.yaml:1): must be at least 1"},
      {"logging: {level: loud}",
       "logging.level (c.yaml:1): unknown value \"loud\", expected TRACE, DEBUG, INFO, WARN, "
       "ERROR, "
       "OFF or \"0\" to \"5\""},
      {"logging: {level: 5}", "logging.level (c.yaml:1): expected a string, found an integer"},
      {"logging: {format: JSON}",
       "logging.format (c.yaml:1): unknown value \"JSON\", expected auto, pretty, simplified or "
       "json"},
      {"killswitches: [{}, {scopes: {org: 42}}]",
       "killswitches[1].scopes.org (c.yaml:1): expected a string, found an integer"},
      {"killswitches: {}", "killswitches (c.yaml:1): expected a list, found a dictionary"},
      {"auth: {keys: {k: {}}}", "auth.keys.k.key_files (c.yaml:1): missing key"},
      {"auth: {keys: {k: {key_files: [], max_permissions: [read]}}}",
       "auth.keys.k.max_permissions[0] (c.yaml:1): unknown value \"read\", expected object.read, "
       "object.write or object.delete"},
      {"rate_limits: {throughput: {rules: [{rps: 1}]}}",
       "rate_limits.throughput.rules[0].scopes (c.yaml:1): missing key"},
      {"rate_limits: {throughput: {rules: [{scopes: [[a]]}]}}",
       "rate_limits.throughput.rules[0].scopes[0] (c.yaml:1): expected a pair [name, value]"},
      {"rate_limits: {throughput: {scope_pct: 256}}",
       "rate_limits.throughput.scope_pct (c.yaml:1): at most 255 is possible"},
      {"http: {tls: {cert_file: a}}", "http.tls.key_file (c.yaml:1): missing key"},
      {"a: 1\n\na: 2", "a (c.yaml:3): duplicate key, given before at c.yaml:1"},
      {"- a", "c.yaml:1: expected a dictionary at the top"},
      {"{}\n---\n{}", "c.yaml:3: more than one YAML document"},
      {",", "c.yaml:1: more than one YAML document"},
      {"{},", "c.yaml:1: more than one YAML document"},
      {"http:\n  max_requests: !!int 5",
       "http.max_requests (c.yaml:2): tag tag:yaml.org,2002:int is not supported"},
  };
  for (const auto& c : cases)
    EXPECT_THAT(texts(load(c.yaml).errors), testing::Contains(c.error));
}

TEST(ConfigLoad, problems_of_variables_name_the_variable) {
  EXPECT_THAT(
      texts(load("", {{"OS__HTTP__MAX_REQUESTS", "many"}, {"OS__STORAGE__PATH", "123"}}).errors),
      ElementsAre("storage.path (OS__STORAGE__PATH): expected a string, found an integer",
                  "http.max_requests (OS__HTTP__MAX_REQUESTS): expected an unsigned integer, "
                  "found a string"));
}

TEST(ConfigLoad, all_problems_are_told_at_once) {
  const auto out =
      load("http_addr: localhost:80\nhttp: {max_requests: x, head_timeout: y}\nfoo: 1\n");
  EXPECT_EQ(out.errors.size(), 3U);
  EXPECT_EQ(out.unknown_keys.size(), 1U);
}

TEST(ConfigLoad, syntax_errors_are_fatal_and_have_a_line) {
  const auto errors = texts(load("http: {\nmax_requests: ]").errors);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0], testing::MatchesRegex("c\\.yaml:2: invalid YAML: .*"));
}

TEST(ConfigLoad, a_document_that_contains_itself_ends_as_an_error) {
  EXPECT_FALSE(load("a: &x {b: *x}").errors.empty());
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const auto n = std::to_string(i);
    const auto below = "*a" + std::to_string(i - 1);
    bomb.append("a").append(n).append(": &a").append(n).append(" [").append(below);
    for (int j = 0; j < 9; ++j)
      bomb.append(", ").append(below);
    bomb.append("]\n");
  }
  EXPECT_EQ(load(bomb).errors.size(), 1U);
}

TEST(ConfigLoad, plain_scalars_have_core_types_and_quoted_ones_are_strings) {
  struct Case {
    std::string scalar;
    bool is_string;
  };
  const std::vector<Case> cases = {
      {"text", true},  {"'5'", true},   {"\"true\"", true}, {"yes", true},   {"off", true},
      {"1_000", true}, {"1.2.3", true}, {"inf", true},      {"+-1", true},   {"!!str 5", true},
      {"5", false},    {"+5", false},   {"-5", false},      {"0x1F", false}, {"0o17", false},
      {"1e3", false},  {".5", false},   {"-.inf", false},   {"TRUE", false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(load("metrics: {prefix: " + c.scalar + "}").errors.empty(), c.is_string) << c.scalar;
  }
  EXPECT_EQ(good("http: {max_requests: 0x1F}").http.max_requests, 31U);
  EXPECT_EQ(good("http: {max_requests: 0o17}").http.max_requests, 15U);
  EXPECT_EQ(good("http: {max_requests: -0}").http.max_requests, 0U);
}

TEST(ConfigLoad, addresses_are_numeric) {
  for (const auto* text : {"127.0.0.1:0", "[::]:65535", "[::ffff:1.2.3.4]:1"}) {
    EXPECT_EQ(ListenAddress::parse(text)->str(), text);
  }
  for (const auto* text : {"localhost:80", "1.2.3.4", "1.2.3.4:", ":80", "1.2.3.4:65536", "::1:80",
                           "[::1]", "[1.2.3.4]:80", "1.2.3:80", "1.2.3.4:80x", "1.2.3.4:-1", ""}) {
    EXPECT_FALSE(ListenAddress::parse(text)) << text;
  }
}

TEST(ConfigLoad, unknown_keys_are_noted_but_not_in_dictionaries_of_users) {
  const auto out = load(
      "foo: 1\nhttp:\n  max_request: 5\nstorage: {path: p, bucket: b, foo: x}\n"
      "metrics: {tags: {any: x}}\nusecases: {any: {expiration: {ttl: {min: 1s}}}}\n"
      "auth: {keys: {any: {key_files: [], x: 1}}}\n",
      {{"OS__HTTP_ADR", "x"}});
  EXPECT_THAT(texts(out.errors), IsEmpty());
  EXPECT_THAT(texts(out.unknown_keys),
              testing::UnorderedElementsAre(
                  "foo (c.yaml:1): unknown key", "http.max_request (c.yaml:3): unknown key",
                  "storage.foo (c.yaml:4): unknown key", "http_adr (OS__HTTP_ADR): unknown key",
                  "usecases.any.expiration.ttl.min (c.yaml:6): unknown key",
                  "auth.keys.any.x (c.yaml:7): unknown key"));
}

TEST(ConfigLoad, a_named_file_is_searched_upwards) {
  const auto root = std::filesystem::temp_directory_path() /
                    ("objectstore_config_test_" + std::to_string(::getpid()));
  std::filesystem::create_directories(root / "a" / "b");
  std::ofstream(root / "c.yaml") << "http_addr: 1.2.3.4:5\n";
  EXPECT_EQ(find_config_file("c.yaml", root / "a" / "b"), root / "c.yaml");
  std::ofstream(root / "a" / "c.yaml") << "";
  EXPECT_EQ(find_config_file("c.yaml", root / "a" / "b"), root / "a" / "c.yaml");
  EXPECT_EQ(find_config_file("none.yaml", root / "a" / "b"), std::nullopt);
  EXPECT_EQ(load_config(root / "c.yaml", {}).config.http_addr.str(), "1.2.3.4:5");
  EXPECT_EQ(load_config(root / "none.yaml", {}).errors.size(), 1U);
  EXPECT_EQ(load_config("no/such/file.yaml", {}).errors.size(), 1U);
  EXPECT_EQ(load_config(root / "a", {}).errors.size(), 1U);
  std::filesystem::remove_all(root);
}

TEST(ConfigCheck, enforcement_without_keys_is_fatal) {
  EXPECT_THAT(
      startup_errors(Config{}),
      ElementsAre(testing::HasSubstr("Auth enforcement is enabled but no keys are configured")));
  EXPECT_THAT(startup_errors(good("auth: {enforce: false}")), IsEmpty());
  EXPECT_THAT(startup_errors(good("auth: {keys: {k: {key_files: []}}}")), IsEmpty());
}

TEST(ConfigCheck, uploads_can_not_take_longer_than_their_intents_are_kept) {
  const std::string storage =
      "auth: {enforce: false}\nstorage: {type: tiered, high_volume: {type: rocksdb, path: a}, "
      "long_term: {type: filesystem, path: b}, changelog: {type: rocksdb, late_upload_window: ";
  EXPECT_THAT(startup_errors(good(storage + "7d}}")), IsEmpty());
  EXPECT_THAT(startup_errors(good(storage + "8d}}")),
              ElementsAre(testing::HasSubstr("late_upload_window")));
}

TEST(StartupChecks, warn_of_what_is_probably_not_meant) {
  EXPECT_EQ(startup_warnings(good("sentry: {dsn: d}")).size(), 1U);
  EXPECT_EQ(startup_warnings(Config{}).size(), 0U);
  const std::string by_hand =
      "storage: {type: tiered, high_volume: {type: rocksdb, path: a}, long_term: {type: "
      "filesystem, path: b}";
  EXPECT_THAT(startup_warnings(good(by_hand + "}")),
              ElementsAre(testing::HasSubstr("without a change log")));
  EXPECT_THAT(startup_warnings(good(by_hand + ", changelog: {type: rocksdb}}")), IsEmpty());
}

TEST(StartupChecks, warn_of_kill_switches_that_match_nothing) {
  EXPECT_THAT(
      startup_warnings(good("killswitches: [{service: 'a*'}, {service: '['}, {usecase: '['}]")),
      ElementsAre("killswitches[1].service: `[` is no glob, so this switch matches nothing"));
}

}  // namespace
}  // namespace objectstore
