#include "telemetry/jemalloc_stats.h"

#include <cstdint>

// Null in programs without jemalloc, which this room does not ask for.
extern "C" __attribute__((weak)) int mallctl(const char* name, void* old_value,
                                             std::size_t* old_size, void* new_value,
                                             std::size_t new_size);

namespace objectstore {

namespace {

bool read(const char* name, std::size_t& value) {
  auto size = sizeof(value);
  return ::mallctl(name, &value, &size, nullptr, 0) == 0;
}

}  // namespace

std::optional<JemallocStats> jemalloc_stats() {
  if (&::mallctl == nullptr) return std::nullopt;
  // Its counts stand still until the epoch is written.
  std::uint64_t epoch = 1;
  ::mallctl("epoch", nullptr, nullptr, &epoch, sizeof(epoch));
  JemallocStats stats;
  const bool complete =
      read("stats.allocated", stats.allocated) && read("stats.active", stats.active) &&
      read("stats.resident", stats.resident) && read("stats.mapped", stats.mapped);
  if (!complete) return std::nullopt;
  return stats;
}

}  // namespace objectstore
