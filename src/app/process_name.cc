#include "app/process_name.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "model/text.h"

namespace objectstore {

std::string process_name(Random& random) {
  std::array<char, 256> host{};
  std::string name;
  if (::gethostname(host.data(), host.size() - 1) == 0) name = host.data();
  std::erase_if(name, [](char c) {
    return !is_ascii_letter(c) && !is_ascii_digit(c) && c != '-' && c != '.' && c != '_';
  });
  if (name.empty()) name = "unknown";
  return fmt::format("{}:{}:{:04x}", name.substr(0, 64), ::getpid(), random.below(0x10000));
}

}  // namespace objectstore
