#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config_load.h"

namespace objectstore {
namespace {

using testing::Contains;
using testing::IsEmpty;

ConfigLoad load(const std::string& storage, const Environment& environment = {}) {
  return load_config_text("storage: " + storage, "c.yaml", environment);
}

std::vector<std::string> texts(const std::vector<ConfigProblem>& problems) {
  std::vector<std::string> out;
  for (const auto& problem : problems)
    out.push_back(problem.str());
  return out;
}

StorageConfig good(const std::string& storage, const Environment& environment = {}) {
  const auto out = load(storage, environment);
  EXPECT_THAT(texts(out.errors), IsEmpty()) << storage;
  EXPECT_THAT(texts(out.unknown_keys), IsEmpty()) << storage;
  return out.config.storage;
}

const std::string rocksdb_rows = "high_volume: {type: rocksdb, path: rows}";
const std::string files = "long_term: {type: filesystem, path: blobs}";

TEST(ConfigStorage, each_type_binds) {
  EXPECT_EQ(good("{type: filesystem, path: p}"), StorageConfig(FilesystemStorage{"p"}));
  EXPECT_EQ(good("{type: s3compatible, endpoint: e, bucket: b}"),
            StorageConfig(S3CompatibleStorage{"e", "b"}));
  GcsStorage gcs;
  gcs.bucket = "b";
  EXPECT_EQ(good("{type: gcs, bucket: b}"), StorageConfig(gcs));
  EXPECT_EQ(good("{type: gcs, bucket: b, endpoint: ~}"), StorageConfig(gcs));
  gcs.endpoint = "http://h:1";
  gcs.ca_file = "ca.pem";
  gcs.spool_directory = "/s";
  EXPECT_EQ(good("{type: gcs, bucket: b, endpoint: 'http://h:1', ca_file: ca.pem, spool_directory: "
                 "/s}"),
            StorageConfig(gcs));
  S3Storage s3;
  s3.bucket = "b";
  EXPECT_EQ(good("{type: s3, bucket: b}"), StorageConfig(s3));
  s3.region = "eu-central-1";
  s3.endpoint = "https://h";
  s3.path_style = false;
  s3.access_key_id = "k";
  s3.secret_access_key = Secret{"s"};
  EXPECT_EQ(good("{type: s3, bucket: b, region: eu-central-1, endpoint: 'https://h', path_style: "
                 "false, access_key_id: k, secret_access_key: s}"),
            StorageConfig(s3));
  EXPECT_EQ(
      good("{type: bigtable, project_id: p, instance_name: i, table_name: t, endpoint: 'h:1', "
           "connections: 4, app_profile: a}"),
      StorageConfig(BigtableStorage{"p", "i", "t", "h:1", 4, "a"}));
  EXPECT_EQ(good("{type: rocksdb, path: p}"), StorageConfig(RocksdbStorage{"p"}));
}

TEST(ConfigStorage, path_alone_and_type_alone_mean_files) {
  EXPECT_EQ(good("{path: p}"), StorageConfig(FilesystemStorage{"p"}));
  EXPECT_EQ(good("{type: filesystem}"), StorageConfig(FilesystemStorage{"data"}));
  const auto from_variable = load_config(std::nullopt, {{"OS__STORAGE__PATH", "p"}});
  EXPECT_EQ(from_variable.config.storage, StorageConfig(FilesystemStorage{"p"}));
}

TEST(ConfigStorage, keys_of_other_types_may_stay) {
  EXPECT_EQ(good("{type: tiered, high_volume: {type: nonsense}, path: p, bucket: 5}",
                 {{"OS__STORAGE__TYPE", "filesystem"}}),
            StorageConfig(FilesystemStorage{"p"}));
  EXPECT_EQ(good("{type: tiered, path: p, " + rocksdb_rows +
                 ", long_term: {type: filesystem, path: q, bucket: b}}"),
            StorageConfig(TieredStorage{RocksdbStorage{"rows"}, FilesystemStorage{"q"}, {}}));
}

TEST(ConfigStorage, tiered_by_hand_has_no_durable_log_unless_configured) {
  const auto storage = good("{type: tiered, " + rocksdb_rows + ", " + files + "}");
  EXPECT_EQ(storage,
            StorageConfig(TieredStorage{RocksdbStorage{"rows"}, FilesystemStorage{"blobs"},
                                        ChangelogConfig{NoopChangelog{}, ChangelogTimes{}}}));
}

TEST(ConfigStorage, the_log_has_times_and_a_place) {
  const auto storage = good(
      "{type: tiered, " + rocksdb_rows + ", " + files +
      ", changelog: {type: rocksdb, path: log, heartbeat: 500ms, stale_after: "
      "2s, empty_wait: 1s, late_upload_window: 3s, largest_clock_skew: 7s, multipart_lifetime: 4s, "
      "retry_window: 5s, sweep_interval: 6s}}");
  const auto& changelog = std::get<TieredStorage>(storage).changelog;
  using std::chrono::seconds;
  EXPECT_EQ(changelog.times,
            (ChangelogTimes{std::chrono::milliseconds(500), seconds(2), seconds(1), seconds(3),
                            seconds(7), seconds(4), seconds(5), seconds(6)}));
  EXPECT_EQ(std::get<RocksdbChangelog>(changelog.log).path, "log");
}

TEST(ConfigStorage, one_database_is_never_opened_twice) {
  for (const auto* path : {"", ", path: rows", ", path: ./rows/", ", path: x/../rows"}) {
    const auto storage = good("{type: tiered, " + rocksdb_rows + ", " + files +
                              ", changelog: {type: rocksdb" + path + "}}");
    EXPECT_EQ(std::get<RocksdbChangelog>(std::get<TieredStorage>(storage).changelog.log).path,
              std::nullopt)
        << path;
  }
}

TEST(ConfigStorage, each_problem_names_its_key) {
  struct Case {
    std::string storage;
    std::string error;
  };
  const std::vector<Case> cases = {
      {"{}", "storage.type (c.yaml:1): missing key"},
      {"{bucket: b}", "storage.type (c.yaml:1): missing key"},
      {"", "storage (c.yaml:1): expected a dictionary, found null"},
      {"filesystem", "storage (c.yaml:1): expected a dictionary, found a string"},
      {"{type: 5}", "storage.type (c.yaml:1): expected a string, found an integer"},
      {"{type: Filesystem}",
       "storage.type (c.yaml:1): unknown value \"Filesystem\", expected filesystem, gcs, s3, "
       "s3compatible, bigtable, rocksdb or tiered"},
      {"{type: gcs}", "storage.bucket (c.yaml:1): missing key"},
      {"{type: s3compatible, bucket: b}", "storage.endpoint (c.yaml:1): missing key"},
      {"{type: s3}", "storage.bucket (c.yaml:1): missing key"},
      {"{type: s3, bucket: b, access_key_id: k}",
       "storage (c.yaml:1): access_key_id and one of secret_access_key and secret_access_key_file "
       "go "
       "together"},
      {"{type: s3, bucket: b, access_key_id: k, secret_access_key: s, secret_access_key_file: f}",
       "storage (c.yaml:1): secret_access_key and secret_access_key_file exclude each other"},
      {"{type: s3, bucket: b, access_key_id: k, secret_access_key: s, profile: p}",
       "storage (c.yaml:1): access_key_id and profile exclude each other"},
      {"{type: bigtable, project_id: p, instance_name: i}",
       "storage.table_name (c.yaml:1): missing key"},
      {"{type: rocksdb}", "storage.path (c.yaml:1): missing key"},
      {"{type: tiered, " + files + "}", "storage.high_volume (c.yaml:1): missing key"},
      {"{type: tiered, " + rocksdb_rows + "}", "storage.long_term (c.yaml:1): missing key"},
      {"{type: tiered, " + rocksdb_rows + ", long_term: {type: filesystem}}",
       "storage.long_term.path (c.yaml:1): missing key"},
      {"{type: tiered, " + files + ", high_volume: {type: filesystem, path: p}}",
       "storage.high_volume.type (c.yaml:1): unknown value \"filesystem\", expected bigtable or "
       "rocksdb"},
      {"{type: tiered, " + rocksdb_rows + ", long_term: {type: tiered}}",
       "storage.long_term.type (c.yaml:1): unknown value \"tiered\", expected filesystem, gcs, s3 "
       "or "
       "s3compatible"},
      {"{type: tiered, changelog: {type: memory}}",
       "storage.changelog.type (c.yaml:1): unknown value \"memory\", expected noop, bigtable or "
       "rocksdb"},
      {"{type: tiered, " + files +
           ", changelog: {type: rocksdb}, high_volume: {type: bigtable, project_id: p, "
           "instance_name: i, table_name: t}}",
       "storage.changelog.path (c.yaml:1): missing key"},
      {"{type: tiered, changelog: {type: noop, heartbeat: 30s}}",
       "storage.changelog (c.yaml:1): stale_after must be longer than heartbeat"},
      {"{type: tiered, changelog: {type: noop, heartbeat: 0s}}",
       "storage.changelog.heartbeat (c.yaml:1): must be longer than 0"},
  };
  for (const auto& c : cases)
    EXPECT_THAT(texts(load(c.storage).errors), Contains(c.error));
}

}  // namespace
}  // namespace objectstore
