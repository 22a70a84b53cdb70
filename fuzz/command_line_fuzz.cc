// The command line, an argument a line: numbers, ages and rates within bounds, and commands that
// the control socket's reader takes.
#include <sstream>

#include "app/cli.h"
#include "app/maintenance_arguments.h"
#include "fuzz.h"

namespace objectstore {

namespace {

std::vector<std::string> arguments_of(std::string_view text) {
  std::vector<std::string> arguments;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    arguments.emplace_back(line);
  }
  return arguments;
}

void check_order(const MaintenanceOrder& order) {
  const auto line = encode_command(order.command);
  FUZZ_CHECK(line.size() < max_command_line);
  const auto again = decode_command(line);
  FUZZ_CHECK(again.ok() && encode_command(*again) == line);
  if (const auto* scrub = std::get_if<ScrubOptions>(&order.command)) {
    FUZZ_CHECK(scrub->young >= Duration::zero());
  }
}

void check_rate(std::string_view text) {
  const auto rate = parse_rate(text);
  if (!rate.ok()) return;
  const auto again = parse_rate(std::to_string(*rate));
  FUZZ_CHECK(again.ok() && *again == *rate);
}

}  // namespace

FUZZ_TARGET(input) {
  const auto arguments = arguments_of(input);
  for (const auto& argument : arguments) {
    check_rate(argument);
    // No files are read but those of the working directory and above it.
    if (argument.find('/') != std::string::npos) return;
  }
  constexpr std::int64_t two_hundred_years_s = 200LL * 366 * 24 * 3600;
  std::ostringstream out;
  std::ostringstream err;
  int calls = 0;
  CliWorld world{out,
                 err,
                 // The port is nobody's: healthcheck fails at once.
                 {{"OS__AUTH__ENFORCE", "false"},
                  {"OS__LOGGING__LEVEL", "off"},
                  {"OS__HTTP_ADDR", "127.0.0.1:1"}},
                 "/nonexistent",
                 [&](std::chrono::seconds time) {
                   ++calls;
                   FUZZ_CHECK(time.count() >= 0 && time.count() < two_hundred_years_s);
                 },
                 [&](const Config&, Logger&) {
                   ++calls;
                   return 0;
                 },
                 [&](const Config&, const MaintenanceOrder& order, std::ostream&, std::ostream&) {
                   ++calls;
                   check_order(order);
                   return 0;
                 },
                 [&](const Config&, BigtableCommand, std::ostream&, std::ostream&) {
                   ++calls;
                   return 0;
                 }};
  const int code = run_cli(arguments, world);
  FUZZ_CHECK(code >= 0 && code < 256);
  FUZZ_CHECK(calls <= 1);
  // Whatever fails says why.
  FUZZ_CHECK(code == 0 || !err.str().empty());
}

}  // namespace objectstore
