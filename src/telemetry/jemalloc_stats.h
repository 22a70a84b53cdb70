// What jemalloc counts, where the program is linked with it.
#pragma once

#include <cstddef>
#include <optional>

namespace objectstore {

struct JemallocStats {
  std::size_t allocated = 0;
  std::size_t active = 0;
  std::size_t resident = 0;
  std::size_t mapped = 0;
};

// As of now, in bytes. nullopt: another allocator serves this program.
[[nodiscard]] std::optional<JemallocStats> jemalloc_stats();

}  // namespace objectstore
