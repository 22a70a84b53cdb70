#include "backends/bigtable/rpc_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace objectstore::bigtable {
namespace {

TEST(rpc_errors, say_what_to_do) {
  const struct {
    RpcCode code;
    ErrorCode expected;
    bool retryable;
    const char* advice;
  } cases[] = {
      {RpcCode::unavailable, ErrorCode::unavailable, true, "can't reach Bigtable at here:1"},
      {RpcCode::deadline_exceeded, ErrorCode::deadline_exceeded, true, "did not answer in time"},
      {RpcCode::aborted, ErrorCode::unavailable, true, "ABORTED"},
      {RpcCode::resource_exhausted, ErrorCode::unavailable, true, "quota"},
      {RpcCode::not_found, ErrorCode::io, false, "objectstore bigtable setup"},
      {RpcCode::permission_denied, ErrorCode::io, false, "roles/bigtable.user"},
      {RpcCode::unauthenticated, ErrorCode::io, false, "GOOGLE_APPLICATION_CREDENTIALS"},
      {RpcCode::failed_precondition, ErrorCode::io, false, "app profile"},
      {RpcCode::unimplemented, ErrorCode::unsupported, false, "is it Bigtable?"},
      {RpcCode::invalid_argument, ErrorCode::internal, false, "INVALID_ARGUMENT: no such thing"},
      {RpcCode::data_loss, ErrorCode::corrupt, false, "DATA_LOSS"},
  };
  for (const auto& c : cases) {
    RpcStatus status;
    status.code = c.code;
    status.message = "no such thing";
    const auto error = rpc_error(status, {"reading a row", "projects/p/tables/t", "here:1"});
    EXPECT_EQ(error.code(), c.expected) << to_string(c.code);
    EXPECT_EQ(error.retryable(), c.retryable) << to_string(c.code);
    EXPECT_THAT(error.describe(), ::testing::StartsWith("Bigtable: reading a row failed: "));
    EXPECT_THAT(error.describe(), ::testing::HasSubstr(c.advice));
    EXPECT_THAT(error.describe(), ::testing::EndsWith(": no such thing"));
  }
}

}  // namespace
}  // namespace objectstore::bigtable
