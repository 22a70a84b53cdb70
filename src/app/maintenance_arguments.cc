#include "app/maintenance_arguments.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>

#include "model/expiration.h"
#include "model/text.h"

namespace objectstore {

namespace {

Error bad(std::string why) {
  return Error(ErrorCode::invalid_argument, std::move(why));
}

constexpr std::pair<std::string_view, double> units[] = {
    {"", 1},     {"B", 1},      {"KB", 1e3},        {"MB", 1e6},
    {"GB", 1e9}, {"KIB", 1024}, {"MIB", 1048576.0}, {"GIB", 1073741824.0},
};

// For a POSIX shell.
std::string quoted(const std::string& text) {
  const auto plain = [](char c) {
    return is_ascii_letter(c) || is_ascii_digit(c) ||
           std::string_view("-_./:=+,@%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

Result<Duration> parse_age(const std::string& text) {
  TRY_ASSIGN(const auto age, parse_duration(text));
  constexpr std::uint64_t ten_years_s = 10ULL * 366 * 24 * 3600;
  if (age.seconds > ten_years_s) return bad("--young is longer than ten years");
  return Duration(std::chrono::seconds(age.seconds));
}

}  // namespace

Result<std::uint64_t> parse_rate(std::string_view text) {
  const auto wrong = bad("\"" + std::string(text) +
                         "\" is no rate; give bytes a second, as in 50MB/s, 8MiB or 1000000");
  double value = 0;
  const auto* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc() || !(value >= 0)) return wrong;
  std::string unit;
  for (const char* c = rest; c != end; ++c)
    unit += is_ascii_letter(*c) ? static_cast<char>(*c & ~0x20) : *c;
  if (unit.ends_with("/S")) unit.resize(unit.size() - 2);
  for (const auto& [name, factor] : units) {
    if (unit != name) continue;
    const double bytes = value * factor;
    if (bytes >= 1e18 || (value > 0 && bytes < 1)) return wrong;
    return static_cast<std::uint64_t>(bytes);
  }
  return wrong;
}

std::vector<CLI::App*> MaintenanceArguments::add_to(CLI::App& app) {
  add_scrub(app);
  add_changelog(app);
  // So that -c is taken behind the command, too.
  for (auto* const command : {scrub_, changelog_, list_, show_, retry_, drop_})
    command->fallthrough();
  return {scrub_, list_, show_, retry_, drop_};
}

void MaintenanceArguments::add_scrub(CLI::App& app) {
  scrub_ =
      app.add_subcommand("scrub", "Compare rows, blobs and change log; beside a server or not");
  scrub_->add_flag("--deep", deep_, "Read every payload and verify its checksums");
  scrub_->add_flag("--repair", repair_, "Delete blobs that nobody points to");
  scrub_->add_flag("--json", json_, "One JSON object a line");
  scrub_->add_option("--resume", resume_, "Go on where an incomplete run has stopped");
  scrub_->add_option("--rate", rate_, "Bytes to verify a second, as in 50MB/s");
  scrub_->add_option("--young", young_, "A younger blob is no orphan yet; default 26h");
}

void MaintenanceArguments::add_changelog(CLI::App& app) {
  changelog_ = app.add_subcommand("changelog", "Look at the change log and its quarantine");
  changelog_->require_subcommand(1);
  list_ = changelog_->add_subcommand("list", "Every entry");
  list_->add_flag("--json", json_, "One JSON object a line");
  show_ = changelog_->add_subcommand("show", "One entry");
  show_->add_option("id", id_, "The change's id, or the entry's key")->required();
  show_->add_flag("--json", json_, "One JSON object a line");
  retry_ = changelog_->add_subcommand("retry", "Put a quarantined entry back into the log");
  auto* const id = retry_->add_option("id", id_, "The change's id, or the entry's key");
  retry_->add_flag("--all", all_, "Every quarantined entry")->excludes(id);
  retry_->add_flag("--json", json_, "One JSON object a line");
  drop_ = changelog_->add_subcommand("drop", "Forget a quarantined entry for good");
  drop_->add_option("id", id_, "The change's id, or the entry's key")->required();
  drop_->add_flag("--yes", yes_, "Do it, instead of saying what would be lost");
  drop_->add_flag("--json", json_, "One JSON object a line");
}

bool MaintenanceArguments::requested() const {
  return scrub_->parsed() || changelog_->parsed();
}

Result<MaintenanceOrder> MaintenanceArguments::order(
    const std::optional<std::filesystem::path>& config_file) const {
  MaintenanceOrder order;
  order.json = json_;
  order.command_line = command_line(config_file);
  if (scrub_->parsed()) {
    TRY_ASSIGN(order.command, scrub_options());
  } else {
    TRY_ASSIGN(order.command, changelog_command());
  }
  if (encode_command(order.command).size() >= max_command_line) {
    return bad("the arguments are too long");
  }
  return order;
}

Result<ScrubOptions> MaintenanceArguments::scrub_options() const {
  ScrubOptions options;
  options.deep = deep_;
  options.repair = repair_;
  options.resume = resume_;
  if (!rate_.empty()) {
    TRY_ASSIGN(options.bytes_per_second, parse_rate(rate_));
  }
  if (!young_.empty()) {
    TRY_ASSIGN(options.young, parse_age(young_));
  }
  return options;
}

Result<ChangelogCommand> MaintenanceArguments::changelog_command() const {
  using Action = ChangelogCommand::Action;
  ChangelogCommand command;
  command.id = id_;
  command.confirmed = yes_;
  if (show_->parsed()) command.action = Action::show;
  if (retry_->parsed()) command.action = Action::retry;
  if (drop_->parsed()) command.action = Action::drop;
  if (command.action == Action::retry && id_.empty() != all_) {
    return bad("name the change to try again, or all of them by --all");
  }
  return command;
}

std::string MaintenanceArguments::command_line(
    const std::optional<std::filesystem::path>& config_file) const {
  std::string line = "objectstore ";
  if (config_file) line += "-c " + quoted(config_file->string()) + " ";
  line += "scrub";
  if (deep_) line += " --deep";
  if (repair_) line += " --repair";
  if (json_) line += " --json";
  if (!rate_.empty()) line += " --rate " + quoted(rate_);
  if (!young_.empty()) line += " --young " + quoted(young_);
  return line;
}

}  // namespace objectstore
