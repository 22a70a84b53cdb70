// The duration grammar: texts round-trip through their value, and terms add up.
#include "fuzz.h"
#include "model/expiration.h"

namespace objectstore {
namespace {

constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;

void check_round_trip(PolicyDuration duration) {
  FUZZ_CHECK(duration.nanoseconds < nanoseconds_per_second);
  const auto text = format_duration(duration);
  FUZZ_CHECK(text.size() < 64);
  const auto again = parse_duration(text);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(*again == duration);
}

// "a b" is the sum of "a" and "b".
void check_sum(std::string_view left_text, std::string_view right_text) {
  if (left_text == "0" || right_text == "0") return;
  const auto left = parse_duration(left_text);
  const auto right = parse_duration(right_text);
  if (!left.ok() || !right.ok()) return;
  const auto both = parse_duration(std::string(left_text) + " " + std::string(right_text));
  const auto nanoseconds = left->nanoseconds + right->nanoseconds;
  const auto carry = nanoseconds / nanoseconds_per_second;
  std::uint64_t seconds = 0;
  const bool overflow = __builtin_add_overflow(left->seconds, right->seconds, &seconds) ||
                        __builtin_add_overflow(seconds, carry, &seconds);
  FUZZ_CHECK(both.ok() == !overflow);
  if (!both.ok()) return;
  FUZZ_CHECK(both->seconds == seconds);
  FUZZ_CHECK(both->nanoseconds == nanoseconds % nanoseconds_per_second);
}

}  // namespace

FUZZ_TARGET(input) {
  if (const auto duration = parse_duration(input); duration.ok()) {
    check_round_trip(*duration);
    FUZZ_CHECK(input.find_first_of("-+_") == std::string_view::npos);
  } else {
    FUZZ_CHECK(duration.error().code() == ErrorCode::invalid_argument);
    FUZZ_CHECK(duration.error().message().size() < 64 + input.size());
  }
  const auto middle = fuzz::Choices(input).up_to(input.size());
  check_sum(input.substr(0, middle), input.substr(middle));

  fuzz::Input in(input);
  PolicyDuration any;
  any.seconds = in.number<std::uint64_t>();
  any.nanoseconds = in.number<std::uint32_t>() % nanoseconds_per_second;
  check_round_trip(any);
}

}  // namespace objectstore
