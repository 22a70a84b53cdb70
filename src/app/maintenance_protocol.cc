#include "app/maintenance_protocol.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace objectstore {

namespace {

using Json = MaintenanceEvent;

constexpr std::pair<ChangelogCommand::Action, std::string_view> changelog_actions[] = {
    {ChangelogCommand::Action::list, "changelog list"},
    {ChangelogCommand::Action::show, "changelog show"},
    {ChangelogCommand::Action::retry, "changelog retry"},
    {ChangelogCommand::Action::drop, "changelog drop"},
};

Error bad(std::string why) {
  return Error(ErrorCode::invalid_argument, std::move(why));
}

// Takes members of the right type out of an object, so that what is left over is known.
class Options {
 public:
  explicit Options(Json object) : object_(std::move(object)) {}

  template <class T>
  void take(const char* name, T& into) {
    const auto it = object_.find(name);
    if (it == object_.end()) return;
    if (matches<T>(*it)) {
      into = it->template get<T>();
      object_.erase(it);
    }
  }
  [[nodiscard]] Result<void> finish() const {
    if (object_.empty()) return Result<void>();
    return bad("option " + object_.begin().key() + " is unknown here, or of another type");
  }

 private:
  template <class T>
  static bool matches(const Json& value) {
    if constexpr (std::is_same_v<T, bool>) {
      return value.is_boolean();
    } else if constexpr (std::is_same_v<T, std::string>) {
      return value.is_string();
    } else {
      return value.is_number_unsigned();
    }
  }
  Json object_;
};

Json counts(const char* event, const ScrubProgress& progress) {
  Json json;
  json["event"] = event;
  json["phase"] = progress.phase;
  json["rows"] = progress.rows;
  json["blobs"] = progress.blobs;
  json["entries"] = progress.entries;
  json["open_uploads"] = progress.open_uploads;
  json["swept_later"] = progress.swept_later;
  json["unknown_versions"] = progress.unknown_versions;
  json["bytes_verified"] = progress.bytes_verified;
  json["findings"] = progress.findings;
  return json;
}

Json message_event(const char* event, std::string_view message) {
  Json json;
  json["event"] = event;
  json["message"] = message;
  return json;
}

std::string_view to_string(ScrubReport::Outcome outcome) {
  switch (outcome) {
    case ScrubReport::Outcome::clean:
      return "clean";
    case ScrubReport::Outcome::findings:
      return "findings";
    case ScrubReport::Outcome::incomplete:
      break;
  }
  return "incomplete";
}

Json options_of(const ScrubOptions& scrub) {
  Json options;
  options["deep"] = scrub.deep;
  options["repair"] = scrub.repair;
  options["bytes_per_second"] = scrub.bytes_per_second;
  options["young_s"] = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(scrub.young).count());
  options["resume"] = scrub.resume;
  return options;
}

Result<MaintenanceCommand> decode_scrub(Options options) {
  ScrubOptions scrub;
  auto young_s = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(scrub.young).count());
  options.take("deep", scrub.deep);
  options.take("repair", scrub.repair);
  options.take("bytes_per_second", scrub.bytes_per_second);
  options.take("young_s", young_s);
  options.take("resume", scrub.resume);
  TRY(options.finish());
  constexpr std::uint64_t hundred_years_s = 100ULL * 366 * 24 * 3600;
  scrub.young = std::chrono::seconds(std::min(young_s, hundred_years_s));
  return MaintenanceCommand(std::move(scrub));
}

Result<MaintenanceCommand> decode_changelog(ChangelogCommand::Action action, Options options) {
  ChangelogCommand command;
  command.action = action;
  options.take("id", command.id);
  options.take("confirmed", command.confirmed);
  TRY(options.finish());
  return MaintenanceCommand(std::move(command));
}

}  // namespace

std::string encode_command(const MaintenanceCommand& command) {
  Json json;
  if (const auto* scrub = std::get_if<ScrubOptions>(&command)) {
    json["command"] = "scrub";
    json["options"] = options_of(*scrub);
  } else {
    const auto& changelog = std::get<ChangelogCommand>(command);
    for (const auto& [action, name] : changelog_actions) {
      if (action == changelog.action) json["command"] = name;
    }
    json["options"] = Json::object();
    if (!changelog.id.empty()) json["options"]["id"] = changelog.id;
    if (changelog.confirmed) json["options"]["confirmed"] = true;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<MaintenanceCommand> decode_command(std::string_view line) {
  auto json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return bad("the command is no JSON object");
  const auto command = json.find("command");
  const auto options = json.find("options");
  if (command == json.end() || !command->is_string()) return bad("no member command");
  if (options == json.end() || !options->is_object()) return bad("no member options");
  if (json.size() != 2) return bad("the command has members beside command and options");
  const auto& name = command->get_ref<const std::string&>();
  if (name == "scrub") return decode_scrub(Options(std::move(*options)));
  for (const auto& [action, known] : changelog_actions) {
    if (name == known) return decode_changelog(action, Options(std::move(*options)));
  }
  return bad("unknown command " + name);
}

MaintenanceEvent event_of(const Finding& finding) {
  Json json;
  json["event"] = "finding";
  json["kind"] = objectstore::to_string(finding.kind);
  json["object"] = finding.object;
  json["name"] = finding.name;
  json["bytes"] = finding.bytes;
  json["detail"] = finding.detail;
  json["repaired"] = finding.repaired;
  return json;
}

MaintenanceEvent event_of(const ScrubProgress& progress) {
  return counts("progress", progress);
}

MaintenanceEvent event_of(const ScrubReport& report) {
  auto json = counts("summary", report.totals);
  json.erase("phase");
  json["outcome"] = to_string(report.outcome);
  json["repaired"] = report.repaired;
  json["resume"] = report.resume;
  json["problem"] = report.problem;
  return json;
}

MaintenanceEvent event_of(const Error& error) {
  auto json = message_event("error", error.describe());
  json["code"] = objectstore::to_string(error.code());
  return json;
}

MaintenanceEvent note_event(std::string_view message) {
  return message_event("note", message);
}

MaintenanceEvent done_event(std::string_view message) {
  return message_event("done", message);
}

std::string to_line(const MaintenanceEvent& event) {
  return event.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace objectstore
