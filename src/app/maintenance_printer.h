// Shows the events of a maintenance command: readable, or as they are for machines.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "app/maintenance_protocol.h"
#include "runtime/clock.h"

namespace objectstore {

// What commands end with.
enum class MaintenanceExit : int {
  good = 0,
  found = 1,       // scrub: findings that are not repaired; changelog: an error
  incomplete = 2,  // scrub only
};

struct PrinterStyle {
  bool json = false;
  // The width of the terminal that `err` is; unset: it is none, and progress is told in lines.
  std::optional<std::size_t> terminal_width;
  std::string command;  // the command line that was run, without --resume
  bool scrub = false;
};

// Findings, entries and summaries go to `out`, progress, notes and errors to `err`. Bytes that
// could steer a terminal are escaped.
class MaintenancePrinter {
 public:
  MaintenancePrinter(std::ostream& out, std::ostream& err, PrinterStyle style, Clock& clock);

  void print(const MaintenanceEvent& event);
  // For what goes wrong on this side.
  void fail(const Error& error);

  // Set once the last event was printed.
  [[nodiscard]] std::optional<MaintenanceExit> ended() const { return ended_; }

 private:
  void print_readable(const std::string& kind, const MaintenanceEvent& event);
  void print_progress(const MaintenanceEvent& event);
  void print_finding(const MaintenanceEvent& event);
  void print_entry(const MaintenanceEvent& event);
  void print_summary(const MaintenanceEvent& event);
  void clear_bar();
  [[nodiscard]] MaintenanceExit exit_of(const std::string& kind, const MaintenanceEvent& event);

  std::ostream& out_;
  std::ostream& err_;
  const PrinterStyle style_;
  Clock& clock_;
  std::optional<MonotonicTime> next_progress_;
  bool bar_shown_ = false;
  std::optional<MaintenanceExit> ended_;
};

// Control characters and bytes that are not UTF-8 as `\xNN`.
[[nodiscard]] std::string printable(std::string_view text);
// "1.5 GiB", "12 bytes"
[[nodiscard]] std::string readable_bytes(std::uint64_t bytes);
// The two largest units: "3d 4h", "2m 13s"
[[nodiscard]] std::string readable_seconds(std::uint64_t seconds);

}  // namespace objectstore
