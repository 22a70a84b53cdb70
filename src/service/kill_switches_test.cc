#include "service/kill_switches.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <thread>

namespace objectstore {
namespace {

using Scoped = std::map<std::string, std::string>;

Scopes scopes(std::string_view segment) {
  return *Scopes::parse(segment);
}

TEST(KillSwitches, conditions) {
  const struct {
    Killswitch killswitch;
    std::string_view usecase, scopes;
    std::optional<std::string_view> service;
    bool expected;
  } cases[] = {
      // Without parts: everything.
      {{}, "a", "_", std::nullopt, true},
      {{}, "", "org=1", "relay", true},
      // The usecase is equal.
      {{"a", {}, {}}, "a", "org=1", "relay", true},
      {{"a", {}, {}}, "b", "_", std::nullopt, false},
      {{"a", {}, {}}, "A", "_", std::nullopt, false},
      {{"a", {}, {}}, "ab", "_", std::nullopt, false},
      {{"*", {}, {}}, "a", "_", std::nullopt, false},
      // Of each name the first scope counts; others don't matter.
      {{{}, {{"org", "1"}}, {}}, "a", "org=1", std::nullopt, true},
      {{{}, {{"org", "1"}}, {}}, "a", "project=7;org=1", std::nullopt, true},
      {{{}, {{"org", "1"}}, {}}, "a", "org=1;org=2", std::nullopt, true},
      {{{}, {{"org", "2"}}, {}}, "a", "org=1;org=2", std::nullopt, false},
      {{{}, {{"org", "1"}}, {}}, "a", "org=12", std::nullopt, false},
      {{{}, {{"org", "1"}}, {}}, "a", "_", std::nullopt, false},
      {{{}, {{"org", "1"}, {"project", "7"}}, {}}, "a", "project=7;org=1", std::nullopt, true},
      {{{}, {{"org", "1"}, {"project", "7"}}, {}}, "a", "org=1", std::nullopt, false},
      // The service is a glob.
      {{{}, {}, "relay*"}, "a", "_", "relay-pop", true},
      {{{}, {}, "relay*"}, "a", "_", "symbolicator", false},
      {{{}, {}, "relay*"}, "a", "_", std::nullopt, false},
      {{{}, {}, "*"}, "a", "_", std::nullopt, false},
      {{{}, {}, "*"}, "a", "_", "", true},
      {{{}, {}, "[relay"}, "a", "_", "[relay", false},
      {{{}, {}, "[relay"}, "a", "_", std::nullopt, false},
      // All parts.
      {{"a", {{"org", "1"}}, "relay"}, "a", "org=1", "relay", true},
      {{"a", {{"org", "1"}}, "relay"}, "b", "org=1", "relay", false},
      {{"a", {{"org", "1"}}, "relay"}, "a", "org=2", "relay", false},
      {{"a", {{"org", "1"}}, "relay"}, "a", "org=1", "other", false},
  };
  int row = 0;
  for (const auto& c : cases) {
    const KillSwitches configured(std::vector<Killswitch>{c.killswitch});
    EXPECT_EQ(configured.matches(c.usecase, scopes(c.scopes), c.service), c.expected) << row;
    KillSwitches runtime(std::vector<Killswitch>{});
    runtime.set_runtime({c.killswitch});
    EXPECT_EQ(runtime.matches(c.usecase, scopes(c.scopes), c.service), c.expected) << row;
    ++row;
  }
}

TEST(KillSwitches, those_of_the_runtime_options_are_added_and_replaced) {
  KillSwitches killswitches(std::vector<Killswitch>{{"configured", {}, {}}});
  const auto matches = [&](std::string_view usecase) {
    return killswitches.matches(usecase, Scopes(), std::nullopt);
  };
  EXPECT_TRUE(matches("configured"));
  EXPECT_FALSE(matches("a"));
  killswitches.set_runtime({{"a", {}, {}}, {"b", {}, {}}});
  EXPECT_TRUE(matches("configured") && matches("a") && matches("b"));
  killswitches.set_runtime({{"b", {}, {}}});
  EXPECT_TRUE(matches("configured") && matches("b"));
  EXPECT_FALSE(matches("a"));
  killswitches.set_runtime({});
  EXPECT_TRUE(matches("configured"));
  EXPECT_FALSE(matches("b"));
}

TEST(KillSwitches, are_replaced_while_requests_look_at_them) {
  KillSwitches killswitches(std::vector<Killswitch>{});
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      // No set of switches has it.
      EXPECT_FALSE(killswitches.matches("c", Scopes(), std::nullopt));
    }
  });
  for (int i = 0; i < 2000; ++i) {
    killswitches.set_runtime({{"a", {}, "relay*"}, {"b", {}, {}}});
    killswitches.set_runtime({});
  }
  done = true;
  reader.join();
}

RC_GTEST_PROP(KillSwitches, match_as_the_reference_does, ()) {
  const auto name = rc::gen::element<std::string>("a", "b");
  const auto maybe_name = [&name]() -> std::optional<std::string> {
    if (*rc::gen::arbitrary<bool>()) return *name;
    return std::nullopt;
  };
  const auto any_killswitches = [&] {
    std::vector<Killswitch> list(*rc::gen::inRange<std::size_t>(0, 4));
    for (auto& killswitch : list) {
      killswitch.usecase = maybe_name();
      killswitch.scopes = *rc::gen::container<Scoped>(*rc::gen::inRange(0, 2), name, name);
      killswitch.service = maybe_name();
    }
    return list;
  };
  const auto configured = any_killswitches();
  const auto runtime = any_killswitches();
  KillSwitches killswitches(configured);
  killswitches.set_runtime(runtime);

  const auto usecase = *name;
  std::vector<Scope> list(*rc::gen::inRange<std::size_t>(0, 4));
  for (auto& scope : list)
    scope = {*name, *name};
  const auto service = maybe_name();

  bool expected = false;
  for (const auto* switches : {&configured, &runtime}) {
    for (const auto& killswitch : *switches) {
      bool match = !killswitch.usecase || *killswitch.usecase == usecase;
      for (const auto& [scope, value] : killswitch.scopes) {
        std::optional<std::string> first;
        for (const auto& given : list)
          if (given.name == scope && !first) first = given.value;
        match = match && first == value;
      }
      match = match && (!killswitch.service || killswitch.service == service);
      expected = expected || match;
    }
  }
  RC_ASSERT(killswitches.matches(usecase, Scopes(list), service) == expected);
}

}  // namespace
}  // namespace objectstore
