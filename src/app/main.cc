#include <unistd.h>

#include <exception>
#include <iostream>
#include <thread>

#include "app/cli.h"
#include "app/server.h"

namespace {

objectstore::Environment read_environment() {
  objectstore::Environment out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto separator = text.find('=');
    if (separator == std::string_view::npos) continue;
    out.emplace(text.substr(0, separator), text.substr(separator + 1));
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    objectstore::CliWorld world{
        std::cout,
        std::cerr,
        read_environment(),
        "/",
        [](std::chrono::seconds time) { std::this_thread::sleep_for(time); },
        objectstore::run_server,
        objectstore::run_maintenance,
        objectstore::run_bigtable_command};
    const int code = objectstore::run_cli(std::vector<std::string>(argv + 1, argv + argc), world);
    std::cout.flush();
    return std::cout.fail() ? 1 : code;
  } catch (const std::exception& e) {
    // Out of memory and the like: nothing of ours throws.
    std::cerr << "error: " << e.what() << '\n';
    return 1;
  }
}
