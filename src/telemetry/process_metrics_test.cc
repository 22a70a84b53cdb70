#include "telemetry/process_metrics.h"

#include <gmock/gmock.h>

#include <fstream>

#include "telemetry/jemalloc_stats.h"
#include "telemetry/proc_files.h"
#include "telemetry/prometheus_text.h"
#include "testing/scratch_directory.h"

namespace objectstore {
namespace {

using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Optional;

// Fields from the third on.
std::string stat_line(const std::string& name) {
  return "4711 (" + name +
         ") S 1 4711 4711 0 -1 4194304 100 0 0 0 "
         "250 150 0 0 20 0 9 0 123400 1048576 300 18446744073709551615 1 1 0\n";
}

TEST(ProcFilesTest, a_process_is_read_behind_any_name) {
  for (const char* name : {"objectstore", "a b", ") S 1 (", "((("}) {
    const auto stat = parse_process_stat(stat_line(name));
    ASSERT_TRUE(stat) << name;
    EXPECT_THAT(stat->cpu_seconds, DoubleEq(4));
    EXPECT_EQ(stat->threads, 9U);
    EXPECT_THAT(stat->started_seconds_of_boot, DoubleEq(1234));
    EXPECT_EQ(stat->virtual_bytes, 1048576U);
    EXPECT_EQ(stat->resident_bytes, 300U * 4096U);
  }
}

TEST(ProcFilesTest, other_forms_are_told) {
  for (const char* text : {"", "4711 (x", "4711 (x) S 1 2 3", "no stat at all"})
    EXPECT_FALSE(parse_process_stat(text)) << text;
  EXPECT_FALSE(parse_boot_time("cpu 1 2 3\n"));
  EXPECT_FALSE(parse_boot_time("btime soon\n"));
  EXPECT_FALSE(parse_open_files_limit("Max open files            unlimited   unlimited  files\n"));
}

TEST(ProcFilesTest, lines_are_found_by_their_names) {
  EXPECT_THAT(parse_boot_time("cpu 1 2\nbtime 1700000000\nprocesses 3\n"), Optional(1700000000U));
  EXPECT_THAT(parse_open_files_limit("Limit   Soft Limit   Hard Limit   Units\n"
                                     "Max open files            1024     524288     files\n"),
              Optional(1024U));
}

TEST(ProcessMetricsTest, gauges_are_read_from_the_kernel) {
  const testing::ScratchDirectory scratch;
  const auto self = scratch.path() / "self";
  std::filesystem::create_directories(self / "fd");
  for (const char* descriptor : {"0", "1", "2", "3"})
    std::ofstream(self / "fd" / descriptor).put('x');
  std::ofstream(self / "stat") << stat_line("objectstore");
  std::ofstream(self / "limits") << "Max open files   1024  4096  files\n";
  std::ofstream(scratch.path() / "stat") << "btime 1700000000\n";

  Metrics metrics;
  ProcessParts parts;
  parts.version = "1.2.3+abc";
  parts.workers = 4;
  parts.directory = scratch.path().string();
  const ProcessMetrics shown(metrics, parts);
  const auto text = prometheus_text(metrics);
  for (const char* line :
       {"process_cpu_seconds_total 4\n", "process_resident_memory_bytes 1228800\n",
        "process_virtual_memory_bytes 1048576\n", "process_threads 9\n",
        "process_start_time_seconds 1700001234\n", "process_open_fds 3\n", "process_max_fds 1024\n",
        "objectstore_build_info{version=\"1.2.3+abc\"} 1\n", "objectstore_runtime_workers 4\n",
        "# TYPE process_cpu_seconds_total counter\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(ProcessMetricsTest, this_process_has_all_of_them) {
  Metrics metrics;
  const ProcessMetrics shown(metrics, ProcessParts{});
  metrics.refresh();
  for (const char* name : {"process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_threads", "process_start_time_seconds", "process_open_fds"})
    EXPECT_THAT(metrics.gauge(name, "").value(), Gt(0)) << name;
}

TEST(ProcessMetricsTest, the_blocking_pool_tells_its_threads) {
  Metrics metrics;
  ThreadPool pool(3, 10);
  ProcessParts parts;
  parts.pool = &pool;
  const ProcessMetrics shown(metrics, parts);
  const auto text = prometheus_text(metrics);
  EXPECT_THAT(text, HasSubstr("objectstore_runtime_blocking_threads 3\n"));
  EXPECT_THAT(text, HasSubstr("objectstore_runtime_idle_blocking_threads 3\n"));
  EXPECT_THAT(text, HasSubstr("objectstore_runtime_blocking_queue_depth 0\n"));
}

TEST(ProcessMetricsTest, without_jemalloc_there_are_no_gauges_of_it) {
  Metrics metrics;
  const ProcessMetrics shown(metrics, ProcessParts{});
  const bool linked = jemalloc_stats().has_value();
  EXPECT_EQ(prometheus_text(metrics).find("jemalloc_allocated_bytes") != std::string::npos, linked);
}

}  // namespace
}  // namespace objectstore
