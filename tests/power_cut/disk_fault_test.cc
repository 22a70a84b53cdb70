// A disk that fails at any call, under the whole stack; and then the power.
#include <gtest/gtest.h>

#include <cerrno>
#include <iostream>

#include "power_cut/power_cuts.h"
#include "testing/scratch_directory.h"

namespace objectstore::testing {
namespace {

struct Fault {
  const char* name;
  int error;
  std::size_t count;  // calls in a row that fail
  std::size_t every;  // so many calls are between the first of them, of one run and the next
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

class DiskFaultTest : public ::testing::TestWithParam<Fault> {
 protected:
  // Each kind of write over each, in few calls.
  static Plan plan() {
    using Kind = Action::Kind;
    return {
        {Kind::write, "a", 20'000}, {Kind::write, "b", 100},
        {Kind::write, "a", 30'000}, {Kind::write, "b", 20'000},
        {Kind::flush, "", 0},       {Kind::write, "a", 3000},
        {Kind::remove, "b", 0},     {Kind::break_off, "a", 300'000},
        {Kind::reopen, "", 0},      {Kind::write, "a", 20'000},
    };
  }
};

TEST_P(DiskFaultTest, at_any_call_loses_nothing_acknowledged) {
  const auto [name, error, count, every] = GetParam();
  std::size_t calls = 0;
  {
    const ScratchDirectory scratch;
    const auto recording = record(scratch.path(), plan(), 1);
    calls = recording.calls.size() - recording.opened;
  }
  std::size_t refused = 0;
  std::size_t restarts = 0;
  for (std::size_t first = 1; first <= calls; first += every) {
    SCOPED_TRACE("the calls from number " + std::to_string(first) + " on fail");
    const ScratchDirectory scratch;
    const auto faulty = record_with_fault(scratch.path(), plan(), 1, {first, count, error});
    for (const auto& problem : faulty.problems)
      ADD_FAILURE() << problem;
    refused += faulty.refused_writes;
    if (faulty.restarted) ++restarts;
    const auto end = faulty.recording.calls.size();
    for (const auto unsynced : {PowerCut::Unsynced::lost, PowerCut::Unsynced::chance}) {
      const auto failures = run_cuts(faulty.recording, {{end, {unsynced, first}}}, scratch.path(),
                                     none_left_out, [](const Failure&) { return true; });
      for (const auto& failure : failures)
        ADD_FAILURE() << describe(faulty.recording, failure);
    }
    if (HasFailure()) break;
  }
  std::cout << calls << " calls, " << refused << " writes refused, " << restarts
            << " restarts needed\n";
  EXPECT_GT(refused, 0U);
}

INSTANTIATE_TEST_SUITE_P(Errors, DiskFaultTest,
                         ::testing::Values(Fault{"no_space", ENOSPC, 1, 2},
                                           Fault{"no_space_for_long", ENOSPC, 30, 5},
                                           Fault{"io_error", EIO, 1, 2},
                                           Fault{"io_error_for_long", EIO, 30, 5}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace objectstore::testing
