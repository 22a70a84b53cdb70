#include <array>
#include <filesystem>
#include <span>
#include <string_view>

#include "app/config_binder.h"

namespace objectstore {
namespace {

// Every key that some storage type has: those of other types may stay when the type changes.
constexpr std::array<std::string_view, 22> storage_keys = {
    "type",          "path",
    "endpoint",      "bucket",
    "project_id",    "instance_name",
    "table_name",    "connections",
    "app_profile",   "high_volume",
    "long_term",     "changelog",
    "region",        "path_style",
    "access_key_id", "secret_access_key",
    "profile",       "secret_access_key_file",
    "ca_file",       "spool_directory",
    "checksums",     "conditional_writes"};

// The `type` of the tree, or nullopt after reporting that it is missing or no string.
std::optional<std::string> read_type(Section& section, const char* fallback = nullptr) {
  const auto* const value = section.find("type");
  if (value == nullptr && fallback != nullptr) return fallback;
  if (value == nullptr) {
    section.missing("type");
    return std::nullopt;
  }
  const auto* const text = std::get_if<std::string>(&value->data);
  if (text == nullptr) {
    section.child("type", *value).expected("a string");
    return std::nullopt;
  }
  return *text;
}

void unknown_type(Section& section, const std::string& type, const char* names) {
  section.child("type", *section.find("type"))
      .fail("unknown value \"" + type + "\", expected " + names);
}

FilesystemStorage read_filesystem(Section& section) {
  FilesystemStorage out;
  section.required("path", out.path);
  return out;
}

RocksdbStorage read_rocksdb(Section& section) {
  RocksdbStorage out;
  section.required("path", out.path);
  return out;
}

S3CompatibleStorage read_s3_compatible(Section& section) {
  S3CompatibleStorage out;
  section.required("endpoint", out.endpoint);
  section.required("bucket", out.bucket);
  return out;
}

S3Storage read_s3(Section& section) {
  S3Storage out;
  section.required("bucket", out.bucket);
  section.optional("region", out.region);
  section.optional("endpoint", out.endpoint);
  section.optional("path_style", out.path_style);
  section.optional("access_key_id", out.access_key_id);
  section.optional("secret_access_key", out.secret_access_key);
  section.optional("secret_access_key_file", out.secret_access_key_file);
  section.optional("conditional_writes", out.conditional_writes);
  section.optional("checksums", out.checksums);
  section.optional("profile", out.profile);
  section.optional("ca_file", out.ca_file);
  section.optional("spool_directory", out.spool_directory);
  const int secrets = (out.secret_access_key ? 1 : 0) + (out.secret_access_key_file ? 1 : 0);
  if (secrets == 2) {
    section.context().fail("secret_access_key and secret_access_key_file exclude each other");
  } else if (out.access_key_id.has_value() != (secrets == 1)) {
    section.context().fail(
        "access_key_id and one of secret_access_key and secret_access_key_file go together");
  } else if (out.access_key_id && out.profile) {
    section.context().fail("access_key_id and profile exclude each other");
  }
  return out;
}

GcsStorage read_gcs(Section& section) {
  GcsStorage out;
  section.required("bucket", out.bucket);
  section.optional("endpoint", out.endpoint);
  section.optional("ca_file", out.ca_file);
  section.optional("spool_directory", out.spool_directory);
  return out;
}

BigtableStorage read_bigtable(Section& section) {
  BigtableStorage out;
  section.required("project_id", out.project_id);
  section.required("instance_name", out.instance_name);
  section.required("table_name", out.table_name);
  section.optional("endpoint", out.endpoint);
  section.optional("connections", out.connections);
  section.optional("app_profile", out.app_profile);
  return out;
}

void read_times(Section& section, ChangelogTimes& out) {
  section.positive("heartbeat", out.heartbeat);
  section.positive("stale_after", out.stale_after);
  section.positive("empty_wait", out.empty_wait);
  section.positive("late_upload_window", out.late_upload_window);
  section.positive("largest_clock_skew", out.largest_clock_skew);
  section.positive("multipart_lifetime", out.multipart_lifetime);
  section.positive("retry_window", out.retry_window);
  section.positive("sweep_interval", out.sweep_interval);
  if (out.stale_after <= out.heartbeat) {
    section.context().fail("stale_after must be longer than heartbeat");
  }
}

}  // namespace

void bind_fields(Section& section, HighVolumeStorage& out) {
  section.ignore(storage_keys);
  const auto type = read_type(section);
  if (!type) return;
  if (*type == "rocksdb") {
    out = read_rocksdb(section);
  } else if (*type == "bigtable") {
    out = read_bigtable(section);
  } else {
    unknown_type(section, *type, "bigtable or rocksdb");
  }
}

void bind_fields(Section& section, LongTermStorage& out) {
  section.ignore(storage_keys);
  const auto type = read_type(section);
  if (!type) return;
  if (*type == "filesystem") {
    out = read_filesystem(section);
  } else if (*type == "gcs") {
    out = read_gcs(section);
  } else if (*type == "s3") {
    out = read_s3(section);
  } else if (*type == "s3compatible") {
    out = read_s3_compatible(section);
  } else {
    unknown_type(section, *type, "filesystem, gcs, s3 or s3compatible");
  }
}

void bind_fields(Section& section, ChangelogConfig& out) {
  section.ignore(storage_keys);
  read_times(section, out.times);
  const auto type = read_type(section);
  if (!type) return;
  if (*type == "noop") {
    out.log = NoopChangelog{};
  } else if (*type == "bigtable") {
    out.log = read_bigtable(section);
  } else if (*type == "rocksdb") {
    RocksdbChangelog log;
    section.optional("path", log.path);
    out.log = std::move(log);
  } else {
    unknown_type(section, *type, "noop, bigtable or rocksdb");
  }
}

namespace {

// One database can't be opened twice: the log shares the rows' database where both paths are the
// same, and needs a path where there is none to share.
void settle_log_path(const Section& section, TieredStorage& tiered) {
  auto* const log = std::get_if<RocksdbChangelog>(&tiered.changelog.log);
  if (log == nullptr) return;
  const auto* const rows = std::get_if<RocksdbStorage>(&tiered.high_volume);
  if (rows == nullptr) {
    if (!log->path) section.missing("changelog.path");
    return;
  }
  const auto normal = [](const std::string& path) {
    return std::filesystem::path(path + "/").lexically_normal();
  };
  if (log->path && normal(*log->path) == normal(rows->path)) log->path.reset();
}

TieredStorage read_tiered(Section& section) {
  TieredStorage out;
  section.required("high_volume", out.high_volume);
  section.required("long_term", out.long_term);
  section.optional("changelog", out.changelog);
  settle_log_path(section, out);
  return out;
}

}  // namespace

void bind_fields(Section& section, StorageConfig& out) {
  section.ignore(storage_keys);
  // A path alone means files there, as it always did; so does the type alone, in `data`.
  const bool has_path = section.find("path") != nullptr;
  const auto type = read_type(section, has_path ? "filesystem" : nullptr);
  if (!type) return;
  if (*type == "filesystem") {
    out = has_path ? read_filesystem(section) : FilesystemStorage{"data"};
  } else if (*type == "s3") {
    out = read_s3(section);
  } else if (*type == "s3compatible") {
    out = read_s3_compatible(section);
  } else if (*type == "gcs") {
    out = read_gcs(section);
  } else if (*type == "bigtable") {
    out = read_bigtable(section);
  } else if (*type == "rocksdb") {
    out = read_rocksdb(section);
  } else if (*type == "tiered") {
    out = read_tiered(section);
  } else {
    unknown_type(section, *type, "filesystem, gcs, s3, s3compatible, bigtable, rocksdb or tiered");
  }
}

}  // namespace objectstore
