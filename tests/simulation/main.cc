// objectstore-sim: runs random histories of the change protocol, or replays one.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>

#include "simulation/random_history.h"

namespace {

using namespace objectstore::testing;

struct Seeds {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Seeds> parse_seeds(std::string_view text) {
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  const auto first = parse_number(text.substr(0, dots));
  const auto last = parse_number(text.substr(dots + 2));
  if (!first || !last || *first > *last) return std::nullopt;
  return Seeds{*first, *last};
}

std::optional<BrokenRule> rule_named(std::string_view name) {
  for (const auto& rule : all_rules()) {
    if (rule.name == name) return rule.rule;
  }
  return std::nullopt;
}

void draw_progress(std::uint64_t done, std::uint64_t total) {
  constexpr std::uint64_t width = 40;
  const auto filled = done * width / total;
  std::cerr << "\r[" << std::string(filled, '#') << std::string(width - filled, ' ') << "] " << done
            << " of " << total << std::flush;
}

int replay(std::uint64_t seed, std::optional<BrokenRule> broken) {
  const auto result = run_random_history(seed, broken);
  for (const auto& line : result.trace)
    std::cout << line << '\n';
  std::cout << (result.violation ? "VIOLATION: " + *result.violation : "no violation") << '\n';
  return result.violation ? 1 : 0;
}

int run_many(Seeds seeds, std::optional<BrokenRule> broken, const std::string& rule) {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const auto total = seeds.last - seeds.first + 1;
  const auto step = std::max<std::uint64_t>(1, total / 200);
  SimTally tally;
  for (std::uint64_t done = 0; done < total; ++done) {
    const auto seed = seeds.first + done;
    const auto result = run_random_history(seed, broken);
    if (result.violation) {
      if (terminal) std::cerr << '\n';
      std::cout << "seed " << seed << ": " << *result.violation
                << "\nreplay it with: objectstore-sim --seed " << seed
                << (broken ? " --without " + rule : "") << '\n';
      return 1;
    }
    tally.add(result);
    if (terminal && done % step == 0) draw_progress(done, total);
  }
  if (terminal) draw_progress(total, total);
  if (terminal) std::cerr << '\n';
  std::cout << tally.report() << "no violation\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs random histories of the change protocol under faults");
  std::uint64_t seed = 0;
  std::string range;
  std::string without;
  std::string names;
  for (const auto& rule : all_rules())
    names += "\n  " + std::string(rule.name);
  auto* one = app.add_option("--seed", seed, "replay the history of this seed, with its trace");
  auto* many = app.add_option("--seeds", range, "run all seeds of A..B");
  app.add_option("--without", without, "leave a rule of the protocol out:" + names);
  one->excludes(many);
  CLI11_PARSE(app, argc, argv);

  const auto broken = rule_named(without);
  if (!without.empty() && !broken) {
    std::cerr << "no such rule: " << without << "; --help lists them\n";
    return 2;
  }
  if (range.empty()) return replay(seed, broken);
  const auto seeds = parse_seeds(range);
  if (!seeds) {
    std::cerr << "--seeds wants A..B, two numbers, the smaller one first\n";
    return 2;
  }
  return run_many(*seeds, broken, without);
}
