#include "app/config_load.h"

#include <fstream>
#include <initializer_list>
#include <system_error>

#include "app/config_bind.h"
#include "app/config_yaml.h"

namespace objectstore {
namespace {

constexpr std::size_t max_file_bytes = 4U << 20U;

std::optional<std::string> variable(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  if (found == environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

GoogleIdentity google_identity(const Environment& environment) {
  GoogleIdentity out;
  out.credentials_file = variable(environment, "GOOGLE_APPLICATION_CREDENTIALS");
  out.metadata_host = variable(environment, "GCE_METADATA_HOST");
  auto directory = variable(environment, "CLOUDSDK_CONFIG");
  if (const auto home = variable(environment, "HOME"); home && !directory) {
    directory = *home + "/.config/gcloud";
  }
  if (directory) out.gcloud_file = *directory + "/application_default_credentials.json";
  return out;
}

std::optional<Secret> secret(const Environment& environment, const std::string& name) {
  auto text = variable(environment, name);
  if (!text) return std::nullopt;
  return Secret{*std::move(text)};
}

// The value of the first of the variables that is set.
std::optional<std::string> first_of(const Environment& environment,
                                    std::initializer_list<const char*> names) {
  for (const auto* name : names) {
    if (auto value = variable(environment, name)) return value;
  }
  return std::nullopt;
}

// A file that a variable names, else one in the home directory.
std::optional<std::string> file_at(const Environment& environment, const char* name,
                                   const char* below_home) {
  if (auto named = variable(environment, name)) return named;
  auto home = variable(environment, "HOME");
  if (home) *home += below_home;
  return home;
}

AwsIdentity aws_identity(const Environment& environment) {
  AwsIdentity out;
  out.access_key_id = variable(environment, "AWS_ACCESS_KEY_ID");
  out.secret_access_key = secret(environment, "AWS_SECRET_ACCESS_KEY");
  out.session_token = secret(environment, "AWS_SESSION_TOKEN");
  out.profile = variable(environment, "AWS_PROFILE");
  out.credentials_file = file_at(environment, "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials");
  out.config_file = file_at(environment, "AWS_CONFIG_FILE", "/.aws/config");
  out.region = first_of(environment, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  out.web_identity_token_file = variable(environment, "AWS_WEB_IDENTITY_TOKEN_FILE");
  out.role_arn = variable(environment, "AWS_ROLE_ARN");
  out.role_session_name = variable(environment, "AWS_ROLE_SESSION_NAME");
  out.container_relative_uri = variable(environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  out.container_full_uri = variable(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
  out.container_token = secret(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
  out.container_token_file = variable(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  out.sts_endpoint = variable(environment, "AWS_ENDPOINT_URL_STS");
  out.metadata_endpoint = variable(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
  out.metadata_disabled = variable(environment, "AWS_EC2_METADATA_DISABLED") == "true";
  return out;
}

// HTTP_PROXY in upper case is not looked at: a server may be made to set it by a request's header.
OutgoingNetwork outgoing_network(const Environment& environment) {
  OutgoingNetwork out;
  out.http_proxy = first_of(environment, {"http_proxy", "all_proxy", "ALL_PROXY"});
  out.https_proxy = first_of(environment, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  out.no_proxy = first_of(environment, {"no_proxy", "NO_PROXY"});
  if (auto directory = variable(environment, "TMPDIR")) {
    out.temporary_directory = *std::move(directory);
  }
  return out;
}

OptionsLocation options_location(const Environment& environment) {
  OptionsLocation out;
  out.directory = variable(environment, "SENTRY_OPTIONS_DIR");
  const auto suppress = variable(environment, "SENTRY_OPTIONS_SUPPRESS_MISSING_DIR");
  out.suppress_missing = suppress == "1" || suppress == "true";
  return out;
}

ConfigLoad load(ConfigValue root, std::vector<ConfigProblem> errors,
                const Environment& environment) {
  merge_config(root, config_from_environment(environment, errors));
  BindReport report;
  ConfigLoad out;
  out.config = bind_config(root, report);
  out.config.google = google_identity(environment);
  out.config.aws = aws_identity(environment);
  out.config.network = outgoing_network(environment);
  out.config.options = options_location(environment);
  out.errors = std::move(errors);
  out.errors.insert(out.errors.end(), report.errors.begin(), report.errors.end());
  out.unknown_keys = std::move(report.unknown_keys);
  return out;
}

// The text of a regular file of reasonable size, or why not.
std::optional<std::string> read_text(const std::filesystem::path& path, std::string& reason) {
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) {
    reason = "is a directory";
    return std::nullopt;
  }
  std::ifstream stream(path, std::ios::binary);
  std::string text(max_file_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || (stream.fail() && !stream.eof())) {
    reason = "can't be read";
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > max_file_bytes) {
    reason = "is larger than 4 MiB";
    return std::nullopt;
  }
  return text;
}

}  // namespace

std::optional<std::filesystem::path> find_config_file(const std::filesystem::path& file,
                                                      const std::filesystem::path& start) {
  std::error_code failure;
  if (file.is_absolute()) {
    if (!std::filesystem::exists(file, failure)) return std::nullopt;
    return file;
  }
  for (auto directory = start;; directory = directory.parent_path()) {
    auto candidate = directory / file;
    if (std::filesystem::exists(candidate, failure)) return candidate;
    if (directory == directory.parent_path()) return std::nullopt;
  }
}

ConfigLoad load_config_text(const std::string& yaml, std::string_view name,
                            const Environment& environment) {
  std::vector<ConfigProblem> errors;
  auto root = config_from_yaml(yaml, name, errors);
  return load(std::move(root), std::move(errors), environment);
}

ConfigLoad load_config(const std::optional<std::filesystem::path>& file,
                       const Environment& environment) {
  ConfigValue empty{ConfigValue::Map{}, ""};
  if (!file) return load(std::move(empty), {}, environment);
  std::error_code failure;
  const auto working_directory = std::filesystem::current_path(failure);
  const auto found = find_config_file(*file, working_directory);
  if (!found) {
    std::vector<ConfigProblem> errors = {
        {"", file->string(),
         file->is_absolute() ? "configuration file not found"
                             : "configuration file not found, neither in the working directory "
                               "nor in one above it"}};
    return load(std::move(empty), std::move(errors), environment);
  }
  std::string reason;
  const auto text = read_text(*found, reason);
  if (!text) {
    std::vector<ConfigProblem> errors = {{"", found->string(), "configuration file " + reason}};
    return load(std::move(empty), std::move(errors), environment);
  }
  // The name as given where the file is in the working directory: shorter to read.
  const bool here = *found == working_directory / *file;
  return load_config_text(*text, here ? file->string() : found->string(), environment);
}

}  // namespace objectstore
