// Configuration files: what is accepted and shown is accepted again and means the same.
#include "app/config_check.h"
#include "app/config_load.h"
#include "app/config_show.h"
#include "base/percent.h"
#include "fuzz.h"

namespace objectstore {
namespace {

void check_problems(const std::vector<ConfigProblem>& problems) {
  for (const auto& problem : problems)
    FUZZ_CHECK(!problem.text.empty() && problem.str().ends_with(problem.text));
}

}  // namespace

FUZZ_TARGET(input) {
  const auto load = load_config_text(std::string(input), "c.yaml", {});
  check_problems(load.errors);
  check_problems(load.unknown_keys);
  // YAML can't show again what is no UTF-8.
  if (!load.errors.empty() || !is_utf8(input)) return;
  (void)startup_errors(load.config);
  (void)startup_warnings(load.config);

  const auto shown = show_config(load.config);
  const auto again = load_config_text(shown, "shown.yaml", {});
  FUZZ_CHECK(again.errors.empty() && again.unknown_keys.empty());
  FUZZ_CHECK(show_config(again.config) == shown);
  const bool hides_secrets = shown.find("***") != std::string::npos;
  FUZZ_CHECK(hides_secrets || again.config == load.config);
}

}  // namespace objectstore
