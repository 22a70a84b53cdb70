#include "telemetry/proc_files.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/trim.h"

namespace objectstore {

namespace {

// Places in /proc/self/stat behind the name, as proc(5) numbers them.
constexpr std::size_t first_field = 3;
constexpr std::size_t utime = 14;
constexpr std::size_t stime = 15;
constexpr std::size_t num_threads = 20;
constexpr std::size_t starttime = 22;
constexpr std::size_t vsize = 23;
constexpr std::size_t rss = 24;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    text = trimmed(text);
    if (text.empty()) return out;
    const auto end = std::min(text.find_first_of(" \t"), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

// What follows `name` on the line that begins with it.
std::optional<std::string_view> line_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    if (line.starts_with(name)) return line.substr(name.size());
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  // The name may hold anything, brackets too; it ends with the last one.
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  const auto fields = words(text.substr(name_end + 1));
  if (fields.size() <= rss - first_field) return std::nullopt;
  const auto field = [&](std::size_t place) { return number(fields[place - first_field]); };
  for (const auto place : {utime, stime, num_threads, starttime, vsize, rss}) {
    if (!field(place)) return std::nullopt;
  }
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  ProcessStat stat;
  stat.cpu_seconds = static_cast<double>(*field(utime) + *field(stime)) / ticks;
  stat.threads = *field(num_threads);
  stat.started_seconds_of_boot = static_cast<double>(*field(starttime)) / ticks;
  stat.virtual_bytes = *field(vsize);
  stat.resident_bytes = *field(rss) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return stat;
}

std::optional<std::uint64_t> parse_boot_time(std::string_view text) {
  const auto value = line_of(text, "btime ");
  return value ? number(trimmed(*value)) : std::nullopt;
}

std::optional<std::uint64_t> parse_open_files_limit(std::string_view text) {
  const auto line = line_of(text, "Max open files");
  if (!line) return std::nullopt;
  const auto columns = words(*line);
  return columns.empty() ? std::nullopt : number(columns.front());
}

std::string read_proc_file(const std::string& path) {
  const std::ifstream file(path);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  return text.str();
}

std::optional<std::uint64_t> count_open_files(const std::string& directory) {
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  if (error) return std::nullopt;
  std::uint64_t count = 0;
  for (; entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (error) return std::nullopt;
    ++count;
  }
  return count > 0 ? count - 1 : 0;
}

}  // namespace objectstore
