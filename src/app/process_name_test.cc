#include "app/process_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "testing/seeded_random.h"

namespace objectstore {
namespace {

TEST(ProcessName, names_host_process_and_start) {
  testing::SeededRandom random;
  const auto name = process_name(random);
  EXPECT_THAT(name, ::testing::MatchesRegex("[A-Za-z0-9._-]+:[0-9]+:[0-9a-f]+"));
  EXPECT_THAT(name, ::testing::HasSubstr(":" + std::to_string(::getpid()) + ":"));
  EXPECT_NE(process_name(random), name) << "another start with the same id";
}

}  // namespace
}  // namespace objectstore
