#include "testing/history.h"

#include <gtest/gtest.h>

namespace objectstore::testing {
namespace {

using Kind = Operation::Kind;

struct Case {
  const char* name;
  std::vector<Operation> operations;
  bool linearizable;
};

class Linearizability : public ::testing::TestWithParam<Case> {};

TEST_P(Linearizability, is_judged) {
  EXPECT_EQ(is_linearizable(GetParam().operations), GetParam().linearizable);
}

const Operation write_a{Kind::write, "a", 1, 2};
const Operation write_b{Kind::write, "b", 3, 4};

INSTANTIATE_TEST_SUITE_P(
    Cases, Linearizability,
    ::testing::Values(
        Case{"nothing", {}, true},
        Case{"read_of_absence", {{Kind::read, std::nullopt, 1, 2}}, true},
        Case{"read_from_nowhere", {{Kind::read, "a", 1, 2}}, false},
        Case{"read_of_the_last", {write_a, write_b, {Kind::read, "b", 5, 6}}, true},
        Case{"read_of_the_overwritten", {write_a, write_b, {Kind::read, "a", 5, 6}}, false},
        Case{"lost_write", {write_a, {Kind::read, std::nullopt, 3, 4}}, false},
        Case{"read_during_a_write",
             {write_a, {Kind::write, "b", 3, 6}, {Kind::read, "a", 4, 5}},
             true},
        Case{"new_then_old",
             {write_a, {Kind::write, "b", 3, 8}, {Kind::read, "b", 4, 5}, {Kind::read, "a", 6, 7}},
             false},
        Case{"open_write_takes_effect_late",
             {{Kind::write, "a", 1, never}, write_b, {Kind::read, "a", 5, 6}},
             true},
        Case{"open_write_takes_effect_once",
             {{Kind::write, "a", 1, never},
              {Kind::read, "a", 2, 3},
              {Kind::write, "b", 4, 5},
              {Kind::read, "a", 6, 7}},
             false},
        Case{"open_write_never_takes_effect",
             {{Kind::write, "a", 1, never}, write_b, {Kind::read, "b", 5, 6}},
             true},
        Case{"revived_after_a_delete",
             {write_a, {Kind::write, std::nullopt, 3, 4}, {Kind::read, "a", 5, 6}},
             false}),
    [](const ::testing::TestParamInfo<Case>& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace objectstore::testing
