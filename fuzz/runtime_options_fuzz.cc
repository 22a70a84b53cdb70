// Runtime options: what is accepted is accepted again as it is written anew, what is said is short.
#include <nlohmann/json.hpp>

#include "fuzz.h"
#include "service/runtime_options.h"

namespace objectstore {
namespace {

constexpr std::size_t longest_message = 512;  // bytes

std::string written(const std::vector<Killswitch>& killswitches) {
  auto list = nlohmann::json::array();
  for (const auto& killswitch : killswitches) {
    auto entry = nlohmann::json::object();
    if (killswitch.usecase) entry["usecase"] = *killswitch.usecase;
    if (killswitch.service) entry["service"] = *killswitch.service;
    if (!killswitch.scopes.empty()) entry["scopes"] = killswitch.scopes;
    list.push_back(std::move(entry));
  }
  nlohmann::json document;
  document["options"]["killswitches"] = std::move(list);
  return document.dump();
}

}  // namespace

FUZZ_TARGET(input) {
  const auto options = parse_runtime_options(input);
  if (!options.ok()) {
    FUZZ_CHECK(options.error().code() == ErrorCode::invalid_argument);
    FUZZ_CHECK(options.error().message().size() < longest_message);
    return;
  }
  FUZZ_CHECK(options->killswitches.size() <= most_runtime_killswitches);
  FUZZ_CHECK(options->notes.size() < 32);
  for (const auto& note : options->notes)
    FUZZ_CHECK(note.size() < longest_message);

  const auto again = parse_runtime_options(written(options->killswitches));
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->killswitches == options->killswitches);
  // Globs that are none are still there.
  for (const auto& note : again->notes)
    FUZZ_CHECK(note.find("unknown") == std::string::npos);
}

}  // namespace objectstore
