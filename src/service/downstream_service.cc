#include "service/downstream_service.h"

#include <algorithm>
#include <cstddef>

namespace objectstore {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// As in the random part of a pod's name.
bool is_random_part(std::string_view text, std::size_t least, std::size_t most) {
  const auto allowed = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); };
  return text.size() >= least && text.size() <= most &&
         std::all_of(text.begin(), text.end(), allowed);
}

struct Cut {
  std::string_view before;
  std::string_view after;
};

// At the last '-'; nothing comes before it where there is none.
Cut cut_last(std::string_view text) {
  const auto dash = text.rfind('-');
  if (dash == std::string_view::npos) return {{}, text};
  return {text.substr(0, dash), text.substr(dash + 1)};
}

}  // namespace

std::string_view normalised_service(std::string_view name) {
  const auto [rest, last] = cut_last(name);
  if (is_random_part(last, 5, 5)) {
    // A deployment's pod: name, hash of the template, random part.
    const auto [deployment, hash] = cut_last(rest);
    if (!deployment.empty() && is_random_part(hash, 7, 10)) return deployment;
  }
  const bool ordinal = !last.empty() && std::all_of(last.begin(), last.end(), is_digit);
  return ordinal && !rest.empty() ? rest : name;
}

}  // namespace objectstore
