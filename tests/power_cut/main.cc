// Disks are images in memory where that can be had: a test writes some thousand of them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

int main(int argc, char** argv) {
  const char* memory = "/dev/shm";
  if (::access(memory, W_OK) == 0) ::setenv("TEST_TMPDIR", memory, 0);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
