// The arguments of `scrub` and `changelog`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/maintenance_client.h"

namespace CLI {
class App;
}

namespace objectstore {

// Bytes a second: "50MB/s", "1.5GiB", "1000000"; "0" is no limit.
[[nodiscard]] Result<std::uint64_t> parse_rate(std::string_view text);

class MaintenanceArguments {
 public:
  // Apart from scrub's own 1 (findings) and 2 (incomplete); the other is scrub's "incomplete".
  static constexpr int usage_error = 64;
  static constexpr int config_error = 2;

  // Adds the commands; returns those that can be carried out. `app` and this must stay in place.
  std::vector<CLI::App*> add_to(CLI::App& app);

  // Whether the arguments that were parsed begin with one of them.
  [[nodiscard]] bool requested() const;

  // What was asked for. Precondition: requested(), and the parsing went well.
  [[nodiscard]] Result<MaintenanceOrder> order(
      const std::optional<std::filesystem::path>& config_file) const;

 private:
  void add_scrub(CLI::App& app);
  void add_changelog(CLI::App& app);
  [[nodiscard]] Result<ScrubOptions> scrub_options() const;
  [[nodiscard]] Result<ChangelogCommand> changelog_command() const;
  [[nodiscard]] std::string command_line(
      const std::optional<std::filesystem::path>& config_file) const;

  CLI::App* scrub_ = nullptr;
  CLI::App* changelog_ = nullptr;
  CLI::App* list_ = nullptr;
  CLI::App* show_ = nullptr;
  CLI::App* retry_ = nullptr;
  CLI::App* drop_ = nullptr;

  bool json_ = false;
  bool deep_ = false;
  bool repair_ = false;
  std::string resume_;
  std::string rate_;
  std::string young_;
  std::string id_;
  bool all_ = false;
  bool yes_ = false;
};

}  // namespace objectstore
