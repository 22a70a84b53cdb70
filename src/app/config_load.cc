#include "app/config_load.h"

#include <fstream>
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

ConfigLoad load(ConfigValue root, std::vector<ConfigProblem> errors,
                const Environment& environment) {
  merge_config(root, config_from_environment(environment, errors));
  BindReport report;
  ConfigLoad out;
  out.config = bind_config(root, report);
  out.config.google = google_identity(environment);
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
