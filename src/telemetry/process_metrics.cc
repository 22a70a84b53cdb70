#include "telemetry/process_metrics.h"

#include "telemetry/jemalloc_stats.h"
#include "telemetry/proc_files.h"

namespace objectstore {

namespace {

Gauge& growing(Metrics& metrics, std::string name, std::string help) {
  MetricInfo info{std::move(name), std::move(help), ""};
  info.grows_only = true;
  return metrics.gauges(std::move(info)).with({});
}

template <class Number>
void set(Gauge& gauge, const std::optional<Number>& value) {
  if (value) gauge.set(static_cast<double>(*value));
}

Metrics::RefreshHandle watch_process(Metrics& metrics, const std::string& directory) {
  const auto boot = parse_boot_time(read_proc_file(directory + "/stat"));
  auto& cpu = growing(metrics, "process_cpu_seconds_total",
                      "Time of processors used, by user and system, in seconds.");
  auto& resident = metrics.gauge("process_resident_memory_bytes", "Resident memory in bytes.");
  auto& size = metrics.gauge("process_virtual_memory_bytes", "Virtual memory in bytes.");
  auto& threads = metrics.gauge("process_threads", "Threads of the operating system.");
  auto& start = metrics.gauge("process_start_time_seconds",
                              "When the process was started, in seconds since the epoch.");
  auto& open = metrics.gauge("process_open_fds", "Open file descriptors.");
  auto& most = metrics.gauge("process_max_fds", "The largest number of open file descriptors.");
  return metrics.before_reading([=, &cpu, &resident, &size, &threads, &start, &open, &most] {
    if (const auto stat = parse_process_stat(read_proc_file(directory + "/self/stat"))) {
      cpu.set(stat->cpu_seconds);
      resident.set(static_cast<double>(stat->resident_bytes));
      size.set(static_cast<double>(stat->virtual_bytes));
      threads.set(static_cast<double>(stat->threads));
      if (boot) start.set(static_cast<double>(*boot) + stat->started_seconds_of_boot);
    }
    set(open, count_open_files(directory + "/self/fd"));
    set(most, parse_open_files_limit(read_proc_file(directory + "/self/limits")));
  });
}

Metrics::RefreshHandle watch_allocator(Metrics& metrics) {
  if (!jemalloc_stats()) return nullptr;
  auto& allocated = metrics.gauge("jemalloc_allocated_bytes",
                                  "Bytes that the program has allocated.", "jemalloc.allocated");
  auto& active = metrics.gauge("jemalloc_active_bytes", "Bytes in pages that hold allocations.",
                               "jemalloc.active");
  auto& resident =
      metrics.gauge("jemalloc_resident_bytes",
                    "Bytes in resident pages that the allocator has mapped.", "jemalloc.resident");
  auto& mapped =
      metrics.gauge("jemalloc_mapped_bytes", "Bytes in extents that the allocator has mapped.",
                    "jemalloc.mapped");
  return metrics.before_reading([&] {
    const auto stats = jemalloc_stats();
    if (!stats) return;
    allocated.set(static_cast<double>(stats->allocated));
    active.set(static_cast<double>(stats->active));
    resident.set(static_cast<double>(stats->resident));
    mapped.set(static_cast<double>(stats->mapped));
  });
}

Metrics::RefreshHandle watch_pool(Metrics& metrics, const ThreadPool& pool) {
  auto& threads = metrics.gauge("objectstore_runtime_blocking_threads",
                                "Threads for calls that block.", "runtime.num_blocking_threads");
  auto& idle = metrics.gauge("objectstore_runtime_idle_blocking_threads",
                             "Threads for calls that block which have nothing to do.",
                             "runtime.num_idle_blocking_threads");
  auto& queued = metrics.gauge("objectstore_runtime_blocking_queue_depth",
                               "Calls that wait for a thread.", "runtime.blocking_queue_depth");
  return metrics.before_reading([&] {
    const auto load = pool.load();
    threads.set(static_cast<double>(load.threads));
    idle.set(static_cast<double>(load.idle));
    queued.set(static_cast<double>(load.queued));
  });
}

}  // namespace

ProcessMetrics::ProcessMetrics(Metrics& metrics, const ProcessParts& parts) {
  metrics.gauges({"objectstore_build_info", "Always 1; what was built.", "", {"version"}})
      .with({parts.version})
      .set(1);
  metrics
      .gauge("objectstore_runtime_workers", "Event loops, each with a thread.",
             "runtime.num_workers")
      .set(static_cast<double>(parts.workers));
  handles_.push_back(watch_process(metrics, parts.directory));
  handles_.push_back(watch_allocator(metrics));
  if (parts.pool != nullptr) handles_.push_back(watch_pool(metrics, *parts.pool));
}

}  // namespace objectstore
