// objectstore-sim: runs random histories of the change protocol, or replays one.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "simulation/random_history.h"

namespace {

using objectstore::testing::run_random_history;

int replay(std::uint64_t seed) {
  const auto result = run_random_history(seed);
  for (const auto& line : result.trace)
    std::cout << line << '\n';
  std::cout << (result.violation ? "VIOLATION: " + *result.violation : "no violation") << '\n';
  return result.violation ? 1 : 0;
}

int run_many(std::uint64_t first, std::uint64_t last) {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  for (auto seed = first; seed <= last; ++seed) {
    const auto result = run_random_history(seed);
    if (result.violation) {
      std::cout << "seed " << seed << ": " << *result.violation
                << "\nreplay it with: objectstore-sim --seed " << seed << '\n';
      return 1;
    }
    if (terminal) std::cerr << '\r' << seed - first + 1 << " of " << last - first + 1;
  }
  if (terminal) std::cerr << '\n';
  std::cout << last - first + 1 << " histories, no violation\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs random histories of the change protocol under faults");
  std::uint64_t seed = 0;
  std::string range;
  auto* one = app.add_option("--seed", seed, "replay the history of this seed, with its trace");
  auto* many = app.add_option("--seeds", range, "run all seeds of A..B");
  one->excludes(many);
  CLI11_PARSE(app, argc, argv);
  if (!range.empty()) {
    const auto dots = range.find("..");
    if (dots == std::string::npos) {
      std::cerr << "--seeds wants A..B\n";
      return 2;
    }
    return run_many(std::stoull(range.substr(0, dots)), std::stoull(range.substr(dots + 2)));
  }
  return replay(seed);
}
