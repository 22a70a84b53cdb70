#include "app/options_file.h"

#include <utility>

#include "runtime/small_file.h"

namespace objectstore {

std::filesystem::path options_file(const OptionsLocation& location) {
  constexpr const char* shared = "/etc/sentry-options";
  std::error_code error;
  std::filesystem::path directory = "sentry-options";
  if (location.directory) {
    directory = *location.directory;
  } else if (std::filesystem::exists(shared, error)) {
    directory = shared;
  }
  return directory / "values" / "objectstore" / "values.json";
}

Result<RuntimeOptions> read_options_file(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) return RuntimeOptions{};
  TRY_ASSIGN(const auto text, read_small_file(file.string()));
  if (!text) return RuntimeOptions{};
  auto options = parse_runtime_options(*text);
  if (!options.ok()) return std::move(options).error().wrap("options of " + file.string());
  return options;
}

}  // namespace objectstore
