#include "app/maintenance_printer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

namespace objectstore {

namespace {

using Json = MaintenanceEvent;

constexpr Duration line_interval = std::chrono::seconds(10);
constexpr Duration bar_interval = std::chrono::milliseconds(100);

// The events may come from a server of another version: what is not there reads as empty.
std::string text(const Json& event, const char* name) {
  const auto it = event.find(name);
  return it != event.end() && it->is_string() ? it->get<std::string>() : std::string();
}
std::uint64_t number(const Json& event, const char* name) {
  const auto it = event.find(name);
  return it != event.end() && it->is_number_unsigned() ? it->get<std::uint64_t>() : 0;
}
bool flag(const Json& event, const char* name) {
  const auto it = event.find(name);
  return it != event.end() && it->is_boolean() && it->get<bool>();
}

// The length of the UTF-8 sequence that `text` begins with; 0: none, or a control character of C1.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t length = 0;
  if (byte(0) >= 0xc2 && byte(0) <= 0xdf) length = 2;
  if (byte(0) >= 0xe0 && byte(0) <= 0xef) length = 3;
  if (byte(0) >= 0xf0 && byte(0) <= 0xf4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return byte(0) == 0xc2 && byte(1) < 0xa0 ? 0 : length;
}

std::string counted(const Json& event) {
  auto line = fmt::format("{} rows, {} blobs, {} entries", number(event, "rows"),
                          number(event, "blobs"), number(event, "entries"));
  if (const auto uploads = number(event, "open_uploads"); uploads > 0) {
    line += fmt::format(" ({} open uploads)", uploads);
  }
  if (const auto bytes = number(event, "bytes_verified"); bytes > 0) {
    line += ", " + readable_bytes(bytes) + " verified";
  }
  return line;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t length = text[0] >= 0x20 && text[0] < 0x7f ? 1 : 0;
    if (length == 0) length = sequence_length(text);
    if (length > 0) {
      out += text.substr(0, length);
    } else {
      length = 1;
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string readable_bytes(std::uint64_t bytes) {
  static constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(units)) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string readable_seconds(std::uint64_t seconds) {
  const std::pair<std::uint64_t, const char*> units[] = {
      {24 * 3600, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
  for (std::size_t i = 0; i + 1 < std::size(units); ++i) {
    if (seconds < units[i].first) continue;
    const auto rest = seconds % units[i].first / units[i + 1].first;
    auto out = fmt::format("{}{}", seconds / units[i].first, units[i].second);
    if (rest > 0) out += fmt::format(" {}{}", rest, units[i + 1].second);
    return out;
  }
  return fmt::format("{}s", seconds);
}

MaintenancePrinter::MaintenancePrinter(std::ostream& out, std::ostream& err, PrinterStyle style,
                                       Clock& clock)
    : out_(out), err_(err), style_(std::move(style)), clock_(clock) {}

void MaintenancePrinter::print(const MaintenanceEvent& event) {
  const auto kind = event.is_object() ? text(event, "event") : std::string();
  if (kind == "progress") {
    print_progress(event);
    return;
  }
  if (kind.empty() || kind == "hello") return;
  clear_bar();
  if (style_.json) {
    out_ << to_line(event);
    out_.flush();
  } else {
    print_readable(kind, event);
  }
  if (kind == "summary" || kind == "done" || kind == "error") ended_ = exit_of(kind, event);
}

void MaintenancePrinter::fail(const Error& error) {
  print(event_of(error));
}

void MaintenancePrinter::print_readable(const std::string& kind, const Json& event) {
  if (kind == "finding") {
    print_finding(event);
  } else if (kind == "entry") {
    print_entry(event);
  } else if (kind == "summary") {
    print_summary(event);
  } else if (kind == "error") {
    err_ << "error: " << printable(text(event, "message")) << '\n';
  } else if (kind == "note") {
    err_ << printable(text(event, "message")) << '\n';
  } else if (const auto message = text(event, "message"); kind == "done" && !message.empty()) {
    out_ << printable(message) << '\n';
  }
}

void MaintenancePrinter::print_progress(const Json& event) {
  const auto now = clock_.monotonic_now();
  if (!next_progress_ && !style_.terminal_width) next_progress_ = now + line_interval;
  if (next_progress_ && now < *next_progress_) return;
  next_progress_ = now + (style_.terminal_width ? bar_interval : line_interval);
  const auto line = fmt::format("{}: {}, {} findings", printable(text(event, "phase")),
                                counted(event), number(event, "findings"));
  if (!style_.terminal_width) {
    err_ << line << '\n';
    return;
  }
  // One column stays free, so that no terminal wraps.
  const auto width = std::max<std::size_t>(*style_.terminal_width, 2) - 1;
  err_ << '\r' << line.substr(0, width) << "\x1b[K";
  err_.flush();
  bar_shown_ = true;
}

void MaintenancePrinter::clear_bar() {
  if (!bar_shown_) return;
  err_ << "\r\x1b[K";
  err_.flush();
  bar_shown_ = false;
}

void MaintenancePrinter::print_finding(const Json& event) {
  const auto object = text(event, "object");
  const auto name = text(event, "name");
  out_ << printable(text(event, "kind")) << ' ' << (object.empty() ? "-" : printable(object)) << ' '
       << printable(text(event, "detail"));
  if (!name.empty()) out_ << " [" << printable(name) << ']';
  if (const auto bytes = number(event, "bytes"); bytes > 0) out_ << ' ' << readable_bytes(bytes);
  if (flag(event, "repaired")) out_ << ", repaired";
  out_ << '\n';
}

void MaintenancePrinter::print_entry(const Json& event) {
  const auto id = text(event, "id");
  out_ << fmt::format("{:<15} {} {}", printable(text(event, "state")),
                      printable(id.empty() ? text(event, "key") : id),
                      readable_seconds(number(event, "age_s")));
  const std::pair<const char*, const char*> shown[] = {{"object", "object"}, {"owner", "owner"},
                                                       {"new", "new blob"},  {"old", "old blob"},
                                                       {"reason", "why"},    {"text", "text"}};
  for (const auto& [member, title] : shown) {
    const auto value = text(event, member);
    if (!value.empty()) out_ << "\n    " << title << ": " << printable(value);
  }
  if (const auto attempts = number(event, "attempts"); attempts > 0) {
    out_ << "\n    attempts: " << attempts << ", the last one "
         << printable(text(event, "last_attempt"));
  }
  if (event.contains("due_s")) {
    out_ << "\n    given up: in " << readable_seconds(number(event, "due_s"));
  }
  out_ << '\n';
}

void MaintenancePrinter::print_summary(const Json& event) {
  const auto found = number(event, "findings");
  const auto outcome = text(event, "outcome");
  out_ << printable(outcome) << ": looked at " << counted(event) << "; " << found << " findings";
  if (const auto repaired = number(event, "repaired"); repaired > 0) {
    out_ << ", " << repaired << " repaired";
  }
  out_ << '\n';
  if (outcome != "incomplete") return;
  out_.flush();
  const auto problem = text(event, "problem");
  err_ << "incomplete: " << (problem.empty() ? "it was stopped" : printable(problem)) << '\n';
  const auto resume = text(event, "resume");
  if (!resume.empty()) {
    err_ << "to go on: " << style_.command << " --resume " << printable(resume) << '\n';
  }
}

MaintenanceExit MaintenancePrinter::exit_of(const std::string& kind, const Json& event) {
  if (kind == "done") return MaintenanceExit::good;
  if (kind == "error") return style_.scrub ? MaintenanceExit::incomplete : MaintenanceExit::found;
  const auto outcome = text(event, "outcome");
  if (outcome == "clean") return MaintenanceExit::good;
  if (outcome != "findings") return MaintenanceExit::incomplete;
  const bool all_repaired = number(event, "repaired") >= number(event, "findings");
  return all_repaired ? MaintenanceExit::good : MaintenanceExit::found;
}

}  // namespace objectstore
