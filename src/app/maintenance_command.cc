#include "app/maintenance_command.h"

#include <nlohmann/json.hpp>

#include "app/changelog_command.h"

namespace objectstore {

namespace {

class OutputObserver final : public ScrubObserver {
 public:
  explicit OutputObserver(CommandOutput& output) : output_(output) {}
  void found(const Finding& finding) override { output_.emit(event_of(finding)); }
  void progress(const ScrubProgress& progress) override { output_.emit(event_of(progress)); }

 private:
  CommandOutput& output_;
};

}  // namespace

Task<void> run_command(ScrubParts parts, MaintenanceCommand command, CommandOutput& output) {
  if (auto* options = std::get_if<ScrubOptions>(&command)) {
    OutputObserver observer(output);
    const auto report = co_await scrub(parts, std::move(*options), observer);
    output.emit(event_of(report));
    co_return;
  }
  auto changelog = std::get<ChangelogCommand>(std::move(command));
  co_await run_changelog_command(parts.log, parts.clock, std::move(changelog), output);
}

}  // namespace objectstore
