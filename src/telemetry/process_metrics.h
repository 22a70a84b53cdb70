// What the operating system and the allocator tell of this process, and what was built.
//
// Names: https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "runtime/metrics.h"
#include "runtime/thread_pool.h"

namespace objectstore {

// What of the process a program wants shown.
struct ProcessParts {
  std::string version;               // "0.1.0+abcdef"
  std::size_t workers = 0;           // event loops, a thread each
  const ThreadPool* pool = nullptr;  // for calls that block
  std::string directory = "/proc";   // of the kernel's process files, for tests
};

// Registers `process_*`, `objectstore_build_info`, the runtime's and, where the program is linked
// with it, jemalloc's gauges; they are brought up to date before every reading until this goes.
//
// The tasks that are alive, and those that wait for a worker, are not counted by an event loop of
// Asio: `runtime.num_alive_tasks` and `runtime.global_queue_depth` have no counterpart here.
class ProcessMetrics {
 public:
  // `metrics` outlives it, and so does the pool.
  ProcessMetrics(Metrics& metrics, const ProcessParts& parts);

 private:
  std::vector<Metrics::RefreshHandle> handles_;
};

}  // namespace objectstore
