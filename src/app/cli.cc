#include "app/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <ostream>

#include "app/config_check.h"
#include "app/config_load.h"
#include "app/config_show.h"
#include "app/healthcheck.h"
#include "app/maintenance_arguments.h"
#include "app/start_rehearsal.h"
#include "app/version.h"
#include "runtime/spdlog_logger.h"

namespace objectstore {
namespace {

constexpr auto health_timeout = std::chrono::seconds(5);
// About a hundred years: what can surely be added to any clock.
constexpr std::uint64_t max_sleep_s = 3'155'760'000;

struct Arguments {
  std::optional<std::filesystem::path> config_file;
  std::optional<std::chrono::seconds> time;  // of sleep and down
};

// CLI11 would take "-1" for a very large unsigned number.
std::optional<std::chrono::seconds> parse_seconds(const std::string& text) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return std::chrono::seconds(std::min(value, max_sleep_s));
}

// Prints what is wrong, if anything is.
bool report_errors(const ConfigLoad& load, CliWorld& world) {
  for (const auto& problem : load.errors)
    world.err << "error: " << problem.str() << '\n';
  return !load.errors.empty();
}

int run(const Arguments& arguments, CliWorld& world) {
  const auto load = load_config(arguments.config_file, world.environment);
  if (report_errors(load, world)) return 1;
  const auto& logging = load.config.logging;
  const auto filter = world.environment.find("RUST_LOG");
  SpdlogLogger logger(filter == world.environment.end()
                          ? logging.level
                          : effective_log_level(logging.level, filter->second),
                      logging.format);
  for (const auto& problem : load.unknown_keys) {
    logger.warn("unknown configuration key is ignored",
                {{"key", problem.key}, {"origin", problem.origin}});
  }
  for (const auto& text : startup_warnings(load.config)) {
    logger.warn("configuration", {{"reason", text}});
  }
  const auto reasons = startup_errors(load.config);
  for (const auto& reason : reasons) {
    logger.error("the server can't start", {{"reason", reason}});
  }
  if (!reasons.empty()) {
    // With the log off, or quieter than errors, nobody would learn why.
    if (!logger.enabled(LogLevel::error)) world.err << "error: " << reasons.front() << '\n';
    return 1;
  }
  return world.serve(load.config, logger);
}

int healthcheck(const Arguments& arguments, CliWorld& world) {
  const auto load = load_config(arguments.config_file, world.environment);
  if (report_errors(load, world)) return 1;
  const auto scheme = load.config.http.tls ? Scheme::https : Scheme::http;
  const auto health = check_health(load.config.http_addr, scheme, health_timeout);
  if (health) return 0;
  world.err << "error: unhealthy: " << health.error().describe() << '\n';
  return 1;
}

int config_check(const Arguments& arguments, CliWorld& world) {
  const auto load = load_config(arguments.config_file, world.environment);
  bool problems = report_errors(load, world);
  for (const auto& problem : load.unknown_keys) {
    world.err << "error: " << problem.str() << '\n';
    problems = true;
  }
  // A tree with errors was bound in part only: what it would mean is not known.
  if (load.errors.empty()) {
    const auto rehearsal = rehearse_start(load.config);
    for (const auto& errors : {startup_errors(load.config), rehearsal.errors}) {
      for (const auto& text : errors)
        world.err << "error: " << text << '\n';
      problems = problems || !errors.empty();
    }
    for (const auto& warnings : {startup_warnings(load.config), rehearsal.warnings}) {
      for (const auto& text : warnings)
        world.err << "warning: " << text << '\n';
    }
  }
  if (problems) return 1;
  world.out << "configuration is valid\n";
  return 0;
}

int config_show(const Arguments& arguments, CliWorld& world) {
  const auto load = load_config(arguments.config_file, world.environment);
  if (report_errors(load, world)) return 1;
  world.out << show_config(load.config);
  return 0;
}

int sleep(const Arguments& arguments, CliWorld& world) {
  world.sleep(arguments.time.value_or(std::chrono::seconds(0)));
  return 0;
}

int down(const Arguments& arguments, CliWorld& world) {
  const auto marker = world.root / "tmp" / "objectstore.down";
  std::ofstream file(marker, std::ios::binary | std::ios::trunc);
  file.close();
  if (file.fail()) {
    world.err << "error: creating " << marker.string() << " failed\n";
    return 1;
  }
  if (arguments.time) world.sleep(*arguments.time);
  return 0;
}

int maintain(const Arguments& arguments, const MaintenanceArguments& maintenance, CliWorld& world) {
  const auto order = maintenance.order(arguments.config_file);
  if (!order.ok()) {
    world.err << "error: " << order.error().describe() << '\n';
    return MaintenanceArguments::usage_error;
  }
  const auto load = load_config(arguments.config_file, world.environment);
  if (report_errors(load, world)) return MaintenanceArguments::config_error;
  return world.maintain(load.config, *order, world.out, world.err);
}

int bigtable(const Arguments& arguments, BigtableCommand command, CliWorld& world) {
  const auto load = load_config(arguments.config_file, world.environment);
  if (report_errors(load, world)) return 1;
  return world.bigtable(load.config, command, world.out, world.err);
}

// The command line and what it was parsed into.
class CommandLine {
 public:
  CommandLine() {
    app_.require_subcommand(1);
    app_.add_option("-c,--config", arguments_.config_file, "YAML file with the configuration");
    command("run", "Start the server", run);
    command("healthcheck", "Ask a running server whether it is well", healthcheck);
    command("version", "Print the version", [](const Arguments&, CliWorld& world) {
      world.out << version_text() << '\n';
      return 0;
    });
    add_seconds(command("sleep", "Wait", sleep))->required();
    add_seconds(
        command("down", "Create the marker that makes the server not ready, then wait", down));
    for (auto* const added : maintenance_.add_to(app_)) {
      actions_.emplace_back(added, [this](const Arguments& arguments, CliWorld& world) {
        return maintain(arguments, maintenance_, world);
      });
    }
    auto* const config = app_.add_subcommand("config", "Look at the configuration");
    config->require_subcommand(1);
    command("check", "Report everything that is wrong with it", config_check, config);
    command("show", "Print the effective configuration, without secrets", config_show, config);
    auto* const tables = app_.add_subcommand("bigtable", "Prepare Bigtable tables");
    tables->require_subcommand(1);
    add_bigtable("setup", "Create the tables and families that are missing", BigtableCommand::setup,
                 tables);
    add_bigtable("strip", "Remove from the rows what the existing service does not know",
                 BigtableCommand::strip, tables);
    command("help", "Print this text", [this](const Arguments&, CliWorld& world) {
      world.out << usage_;
      return 0;
    });
    usage_ = app_.help();
  }
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  int execute(const std::vector<std::string>& arguments, CliWorld& world) {
    try {
      app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
      world.out << app_.help();
      return 0;
    } catch (const CLI::ParseError& e) {
      world.err << reason(e) << "\nRun objectstore --help for more information.\n";
      return maintenance_.requested() ? MaintenanceArguments::usage_error : 1;
    }
    for (const auto& [parsed, action] : actions_) {
      if (parsed->parsed()) return action(arguments_, world);
    }
    return 1;
  }

 private:
  using Action = std::function<int(const Arguments&, CliWorld&)>;

  // CLI11 takes an unknown command for a missing one.
  [[nodiscard]] std::string reason(const CLI::ParseError& error) const {
    const auto words = app_.remaining(true);
    const bool required = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
    return required && !words.empty() ? "Unknown command or option: " + words.front()
                                      : std::string(error.what());
  }

  CLI::App* command(const std::string& name, const std::string& description, Action action,
                    CLI::App* parent = nullptr) {
    auto* const added = (parent == nullptr ? &app_ : parent)->add_subcommand(name, description);
    actions_.emplace_back(added, std::move(action));
    return added;
  }

  void add_bigtable(const std::string& name, const std::string& description, BigtableCommand what,
                    CLI::App* parent) {
    const auto action = [what](const Arguments& arguments, CliWorld& world) {
      return bigtable(arguments, what, world);
    };
    command(name, description, action, parent);
  }

  CLI::Option* add_seconds(CLI::App* command) {
    const auto take = [this](const CLI::results_t& words) {
      arguments_.time = parse_seconds(words[0]);
      return arguments_.time.has_value();
    };
    return command->add_option("seconds", take, "How long, in whole seconds")->type_name("UINT");
  }

  CLI::App app_{"Object storage service", "objectstore"};
  // Taken before parsing: afterwards CLI11 gives the help of the command that was parsed.
  std::string usage_;
  Arguments arguments_;
  MaintenanceArguments maintenance_;
  std::vector<std::pair<CLI::App*, Action>> actions_;
};

}  // namespace

int run_cli(const std::vector<std::string>& arguments, CliWorld& world) {
  CommandLine command_line;
  return command_line.execute(arguments, world);
}

}  // namespace objectstore
