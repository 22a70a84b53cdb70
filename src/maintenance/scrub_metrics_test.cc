#include <gmock/gmock.h>

#include "maintenance/test_support.h"

namespace objectstore::testing {
namespace {

class ScrubMetricsTest : public ScrubTest {
 protected:
  void scrub_once() {
    const ScrubParts parts{
        row_lister_, blob_lister_, rows_,   blob_store_, hooked_log_,           changes_,
        settler(),   clock_,       random_, logger_,     ScrubMetrics(metrics_)};
    (void)wait(scrub(parts, options_, told_));
  }
  double findings(const char* kind) {
    return metrics_.gauges({"objectstore_scrub_findings", "", "", {"kind"}}).with({kind}).value();
  }
  std::uint64_t runs(const char* outcome) {
    return metrics_.counters({"objectstore_scrub_runs_total", "", "", {"outcome"}})
        .with({outcome})
        .value();
  }
  double gauge(const char* name) { return metrics_.gauge(name, "").value(); }

  Metrics metrics_;
};

TEST_F(ScrubMetricsTest, the_last_run_is_shown) {
  ASSERT_TRUE(put("whole", large).ok());
  ASSERT_TRUE(put("dangling", large).ok());
  drop_blob(target("dangling"));
  scrub_once();
  EXPECT_EQ(findings("dangling_row"), 1);
  EXPECT_EQ(findings("orphaned_blob"), 0);
  EXPECT_EQ(runs("findings"), 1U);
  EXPECT_EQ(gauge("objectstore_scrub_running"), 0);
  EXPECT_EQ(gauge("objectstore_scrub_rows"), 2);
  EXPECT_EQ(gauge("objectstore_scrub_blobs"), 1);
  EXPECT_EQ(gauge("objectstore_scrub_last_end_timestamp_seconds"),
            in_seconds(clock_.now().time_since_epoch()));

  ASSERT_TRUE(remove("dangling").ok());
  scrub_once();
  EXPECT_EQ(findings("dangling_row"), 0);
  EXPECT_EQ(runs("findings"), 1U);
  EXPECT_EQ(runs("clean"), 1U);
}

TEST_F(ScrubMetricsTest, a_run_under_way_leaves_the_last_one_s_findings) {
  ASSERT_TRUE(put("dangling", large).ok());
  drop_blob(target("dangling"));
  scrub_once();
  double meanwhile = -1;
  double running = -1;
  blob_lister_.change = [&](ListedBlob&) {
    meanwhile = findings("dangling_row");
    running = gauge("objectstore_scrub_running");
  };
  ASSERT_TRUE(put("whole", large).ok());
  scrub_once();
  EXPECT_EQ(meanwhile, 1);
  EXPECT_EQ(running, 1);
}

}  // namespace
}  // namespace objectstore::testing
