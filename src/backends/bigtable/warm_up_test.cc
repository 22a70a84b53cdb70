#include "backends/bigtable/warm_up.h"

#include <gtest/gtest.h>

#include "backends/bigtable/rpc_test_support.h"
#include "testing/manual_clock.h"
#include "testing/run.h"

namespace objectstore::bigtable {
namespace {

constexpr std::string_view ping_and_warm = "/google.bigtable.v2.Bigtable/PingAndWarm";

TEST(WarmUp, a_connection_is_warmed_for_its_instance_and_profile) {
  objectstore::testing::ScriptedRpc rpc;
  const objectstore::testing::ManualClock clock;
  rpc.expect(ping_and_warm, rpc_ok({""}));
  const auto status =
      objectstore::testing::run(warm_up(rpc, "projects/p/instances/i", "one cluster", clock));
  EXPECT_TRUE(status.ok());
  ASSERT_EQ(rpc.calls().size(), 1U);
  EXPECT_EQ(rpc.calls()[0].header("x-goog-request-params"),
            "name=projects%2Fp%2Finstances%2Fi&app_profile_id=one%20cluster");
}

TEST(WarmUp, failures_are_told) {
  objectstore::testing::ScriptedRpc rpc;
  const objectstore::testing::ManualClock clock;
  rpc.expect(ping_and_warm, rpc_failure(RpcCode::unavailable));
  const auto status = objectstore::testing::run(warm_up(rpc, "i", "", clock));
  EXPECT_EQ(status.code, RpcCode::unavailable);
}

}  // namespace
}  // namespace objectstore::bigtable
