#include "service/downstream_service.h"

#include <gtest/gtest.h>

#include <utility>

namespace objectstore {
namespace {

TEST(DownstreamService, suffixes_of_pods_are_removed) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {"relay", "relay"},
      {"relay-pop", "relay-pop"},
      // of a deployment
      {"relay-7d9c5b8f6-x2x9z", "relay"},
      {"relay-pop-7d9c5b8-abcde", "relay-pop"},
      {"relay-1234567890-12345", "relay"},
      {"a-abcdefg-abcde", "a"},
      {"relay-7d9c5b8f6-x2x9z-7d9c5b8f6-x2x9z", "relay-7d9c5b8f6-x2x9z"},  // once
      // almost
      {"relay-123abc-abcde", "relay-123abc-abcde"},            // hash of 6
      {"relay-12345678901-abcde", "relay-12345678901-abcde"},  // of 11
      {"relay-7d9c5b8f6-abcd", "relay-7d9c5b8f6-abcd"},        // random part of 4
      {"relay-7d9c5b8f6-abcdef", "relay-7d9c5b8f6-abcdef"},    // of 6
      {"relay-7d9c5b8f6-abcdE", "relay-7d9c5b8f6-abcdE"},
      {"relay-7d9C5b8f6-abcde", "relay-7d9C5b8f6-abcde"},
      {"-7d9c5b8f6-abcde", "-7d9c5b8f6-abcde"},  // nothing is left
      {"7d9c5b8f6-abcde", "7d9c5b8f6-abcde"},
      // of a stateful set
      {"relay-0", "relay"},
      {"relay-pop-12", "relay-pop"},
      {"relay-12345", "relay"},
      {"relay-123456-12345", "relay-123456"},
      {"7d9c5b8f6-12345", "7d9c5b8f6"},
      {"-7d9c5b8f6-12345", "-7d9c5b8f6"},
      {"relay--1", "relay-"},
      // almost
      {"relay-", "relay-"},
      {"relay-1a", "relay-1a"},
      {"-1", "-1"},
      {"1", "1"},
      {"-", "-"},
  };
  for (const auto& [name, expected] : cases)
    EXPECT_EQ(normalised_service(name), expected) << name;
}

}  // namespace
}  // namespace objectstore
