#include "auth/token_memory.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace objectstore {
namespace {

VerifiedToken token_of(const std::string& usecase) {
  auto grant = std::make_shared<TokenGrant>();
  grant->usecase = usecase;
  return {std::move(grant), WallTime(std::chrono::seconds(7))};
}

TEST(TokenMemory, gives_back_what_was_put_under_the_whole_text) {
  TokenMemory memory(64);
  const auto verified = token_of("u");
  memory.insert("token", 1, verified);
  const auto found = memory.find("token", 1);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->grant, verified.grant);
  EXPECT_EQ(found->good_until, verified.good_until);
  EXPECT_FALSE(memory.find("token.", 1).has_value());
  EXPECT_FALSE(memory.find("toke", 1).has_value());
  EXPECT_FALSE(memory.find("", 1).has_value());
}

TEST(TokenMemory, other_keys_mean_another_verification) {
  TokenMemory memory(64);
  memory.insert("token", 1, token_of("old"));
  EXPECT_FALSE(memory.find("token", 2).has_value());
  memory.insert("token", 2, token_of("new"));
  EXPECT_FALSE(memory.find("token", 1).has_value());
  ASSERT_TRUE(memory.find("token", 2).has_value());
  EXPECT_EQ(memory.find("token", 2)->grant->usecase, "new");
  EXPECT_EQ(memory.size(), 1U);
}

TEST(TokenMemory, keeps_no_long_token) {
  TokenMemory memory(64);
  const std::string longest(TokenMemory::longest_token, 'x');
  memory.insert(longest, 1, token_of("u"));
  memory.insert(longest + "x", 1, token_of("u"));
  EXPECT_EQ(memory.size(), 1U);
  EXPECT_TRUE(memory.find(longest, 1).has_value());
  EXPECT_FALSE(memory.find(longest + "x", 1).has_value());
}

TEST(TokenMemory, never_holds_more_than_its_capacity) {
  constexpr std::size_t capacity = 4096;
  TokenMemory memory(capacity);
  std::size_t largest = 0;
  for (int i = 0; i < 20'000; ++i) {
    memory.insert("token " + std::to_string(i), 1, token_of("u"));
    if (i % 100 == 0) largest = std::max(largest, memory.size());
  }
  EXPECT_LE(largest, capacity);
  EXPECT_GE(memory.size(), capacity / 2 - capacity / 16);
  EXPECT_TRUE(memory.find("token 19999", 1).has_value());
  EXPECT_FALSE(memory.find("token 0", 1).has_value());
}

TEST(TokenMemory, a_token_in_use_stays_while_others_come_and_go) {
  TokenMemory memory(256);
  memory.insert("used", 1, token_of("u"));
  for (int i = 0; i < 10'000; ++i) {
    memory.insert("other " + std::to_string(i), 1, token_of("u"));
    ASSERT_TRUE(memory.find("used", 1).has_value()) << i;
  }
  EXPECT_LE(memory.size(), 256U);
}

TEST(TokenMemory, many_threads_use_it_at_once) {
  TokenMemory memory(32);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&memory, thread] {
      for (int i = 0; i < 2'000; ++i) {
        const auto token = std::to_string((i * 7 + thread) % 50);
        const auto found = memory.find(token, 1);
        if (found) {
          EXPECT_EQ(found->grant->usecase, token);
        } else {
          memory.insert(token, 1, token_of(token));
        }
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  EXPECT_LE(memory.size(), 32U);
}

}  // namespace
}  // namespace objectstore
