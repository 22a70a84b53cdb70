// What maintenance commands ask and tell, as JSON: one object a line, the same on the control
// socket and in the output of `--json` (docs/operations/maintenance.md).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "maintenance/scrub.h"

namespace objectstore {

struct ChangelogCommand {
  enum class Action : std::uint8_t { list, show, retry, drop };
  Action action = Action::list;
  std::string id;          // of the change, or the entry's key; empty: of list, or retry all
  bool confirmed = false;  // drop only when it is
};
using MaintenanceCommand = std::variant<ScrubOptions, ChangelogCommand>;

inline constexpr std::size_t max_command_line = 16 << 10;  // bytes

// `{"command":"scrub","options":{…}}`, without a line end.
[[nodiscard]] std::string encode_command(const MaintenanceCommand& command);
// invalid_argument for what it doesn't know, options too: one that is left out could be the one
// that matters.
[[nodiscard]] Result<MaintenanceCommand> decode_command(std::string_view line);

// An object with a member `event`. A command tells `finding`, `progress`, `entry` and `note` any
// number of times and one `summary`, `done` or `error` at its end.
using MaintenanceEvent = nlohmann::ordered_json;

[[nodiscard]] MaintenanceEvent event_of(const Finding& finding);
[[nodiscard]] MaintenanceEvent event_of(const ScrubProgress& progress);
[[nodiscard]] MaintenanceEvent event_of(const ScrubReport& report);
[[nodiscard]] MaintenanceEvent event_of(const Error& error);
[[nodiscard]] MaintenanceEvent note_event(std::string_view message);
[[nodiscard]] MaintenanceEvent done_event(std::string_view message);

// With the line end; bytes that are not UTF-8 are replaced.
[[nodiscard]] std::string to_line(const MaintenanceEvent& event);

// Where a command tells what it finds. Used on one executor.
class CommandOutput {
 public:
  virtual ~CommandOutput() = default;
  // Does not wait.
  virtual void emit(const MaintenanceEvent& event) = 0;
  // Waits until there is room for another page of events; false: nobody reads any more.
  [[nodiscard]] virtual Task<bool> ready() = 0;
};

}  // namespace objectstore
