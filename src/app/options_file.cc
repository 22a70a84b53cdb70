#include "app/options_file.h"

#include <fstream>
#include <iterator>
#include <string>

namespace objectstore {

namespace {

constexpr std::size_t max_file_bytes = std::size_t{1} << 20;

}  // namespace

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
  std::ifstream stream(file, std::ios::binary);
  std::string text(max_file_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.eof() && stream.fail()) {
    return Error(ErrorCode::io, "reading options from " + file.string() + " failed");
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > max_file_bytes) {
    return Error(ErrorCode::invalid_argument, file.string() + " is larger than 1 MiB");
  }
  auto options = parse_runtime_options(text);
  if (!options.ok()) return std::move(options).error().wrap("options of " + file.string());
  return options;
}

}  // namespace objectstore
