// The duration grammar of expiration policies; see expiration.h.
#include <array>
#include <numeric>

#include "base/shortened.h"
#include "model/expiration.h"
#include "model/text.h"

namespace objectstore {

namespace {

constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;
constexpr std::uint64_t seconds_per_hour = 3600;
constexpr std::uint64_t seconds_per_day = 24 * seconds_per_hour;

struct Unit {
  std::string_view name;
  std::uint64_t seconds;
  std::uint64_t nanoseconds;  // set for units below one second only
};

constexpr std::array units = {
    Unit{"nanos", 0, 1},
    Unit{"nsec", 0, 1},
    Unit{"ns", 0, 1},
    Unit{"usec", 0, 1'000},
    Unit{"us", 0, 1'000},
    Unit{"\xc2\xb5s", 0, 1'000},
    Unit{"millis", 0, 1'000'000},
    Unit{"msec", 0, 1'000'000},
    Unit{"ms", 0, 1'000'000},
    Unit{"seconds", 1, 0},
    Unit{"second", 1, 0},
    Unit{"secs", 1, 0},
    Unit{"sec", 1, 0},
    Unit{"s", 1, 0},
    Unit{"minutes", 60, 0},
    Unit{"minute", 60, 0},
    Unit{"min", 60, 0},
    Unit{"mins", 60, 0},
    Unit{"m", 60, 0},
    Unit{"hours", 3600, 0},
    Unit{"hour", 3600, 0},
    Unit{"hr", 3600, 0},
    Unit{"hrs", 3600, 0},
    Unit{"h", 3600, 0},
    Unit{"days", 86'400, 0},
    Unit{"day", 86'400, 0},
    Unit{"d", 86'400, 0},
    Unit{"weeks", 604'800, 0},
    Unit{"week", 604'800, 0},
    Unit{"wk", 604'800, 0},
    Unit{"wks", 604'800, 0},
    Unit{"w", 604'800, 0},
    Unit{"months", 2'630'016, 0},
    Unit{"month", 2'630'016, 0},
    Unit{"M", 2'630'016, 0},
    Unit{"years", 31'557'600, 0},
    Unit{"year", 31'557'600, 0},
    Unit{"yr", 31'557'600, 0},
    Unit{"yrs", 31'557'600, 0},
    Unit{"y", 31'557'600, 0},
};

struct Number {
  std::uint64_t whole = 0;
  bool has_point = false;
  // The digits after the point without final zeros, as an integer over 10^fraction_digits.
  std::uint64_t fraction = 0;
  unsigned fraction_digits = 0;
};

// No unit has a power of ten with more zeros than this in reach: such a fraction is never exact.
constexpr unsigned max_fraction_digits = 12;

Error invalid(std::string message) {
  return {ErrorCode::invalid_argument, std::move(message)};
}
Error too_large() {
  return invalid("number is too large");
}
Error inexact() {
  return invalid("fraction can't be represented exactly");
}

bool add_checked(std::uint64_t& sum, std::uint64_t value) {
  return !__builtin_add_overflow(sum, value, &sum);
}

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  // Whether anything but blanks is left.
  bool skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_]))
      ++at_;
    return at_ < text_.size();
  }

  Result<Number> number() {
    Number number;
    bool any = false;
    while (skip_blanks() && is_ascii_digit(text_[at_])) {
      const auto digit = static_cast<std::uint64_t>(text_[at_++] - '0');
      any = true;
      if (__builtin_mul_overflow(number.whole, std::uint64_t{10}, &number.whole) ||
          !add_checked(number.whole, digit)) {
        return too_large();
      }
    }
    if (!any) return expected("number");
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      TRY(fraction(number));
    }
    return number;
  }

  Result<const Unit*> unit() {
    const auto start = at_;
    while (at_ < text_.size() && is_unit_character(text_[at_]))
      ++at_;
    const auto name = text_.substr(start, at_ - start);
    if (name.empty()) return expected("time unit");
    for (const auto& unit : units) {
      if (unit.name == name) return &unit;
    }
    return invalid("unknown time unit \"" + std::string(shortened(name)) + "\"");
  }

 private:
  static bool is_unit_character(char c) {
    return is_ascii_letter(c) || static_cast<unsigned char>(c) >= 0x80;
  }

  Error expected(const char* what) const {
    return invalid("expected " + std::string(what) + " at " + std::to_string(at_));
  }

  Result<void> fraction(Number& number) {
    unsigned zeros = 0;  // held back until another digit follows
    while (skip_blanks() && is_ascii_digit(text_[at_])) {
      const char digit = text_[at_++];
      number.has_point = true;
      if (digit == '0') {
        ++zeros;
        continue;
      }
      if (zeros >= max_fraction_digits - number.fraction_digits) return inexact();
      number.fraction_digits += zeros + 1;
      for (; zeros > 0; --zeros)
        number.fraction *= 10;
      number.fraction = number.fraction * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    if (!number.has_point) return expected("number");
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// The fraction's share of `size`, or nullopt where it isn't whole.
std::optional<std::uint64_t> share_of(const Number& number, std::uint64_t size) {
  std::uint64_t divisor = 1;
  for (unsigned i = 0; i < number.fraction_digits; ++i)
    divisor *= 10;
  const auto common = std::gcd(divisor, size);
  divisor /= common;
  if (number.fraction % divisor != 0) return std::nullopt;
  return number.fraction / divisor * (size / common);
}

Result<void> add_term(PolicyDuration& sum, const Number& number, const Unit& unit) {
  if (unit.nanoseconds == 1 && number.has_point) return inexact();
  // Whole seconds for hours and longer, nanoseconds for the rest.
  const bool fraction_in_seconds = unit.seconds >= seconds_per_hour;
  const auto fraction_unit = fraction_in_seconds ? unit.seconds
                             : unit.seconds > 0  ? unit.seconds * nanoseconds_per_second
                                                 : unit.nanoseconds;
  const auto fraction = share_of(number, fraction_unit);
  if (!fraction) return inexact();

  std::uint64_t seconds = 0;
  std::uint64_t nanoseconds = 0;
  if (__builtin_mul_overflow(number.whole, unit.seconds, &seconds) ||
      __builtin_mul_overflow(number.whole, unit.nanoseconds, &nanoseconds) ||
      !add_checked(fraction_in_seconds ? seconds : nanoseconds, *fraction) ||
      !add_checked(seconds, nanoseconds / nanoseconds_per_second)) {
    return too_large();
  }
  // Only what is left of the term's nanoseconds: all of them may be as many as the number holds.
  nanoseconds = nanoseconds % nanoseconds_per_second + sum.nanoseconds;
  if (!add_checked(seconds, nanoseconds / nanoseconds_per_second) ||
      !add_checked(sum.seconds, seconds)) {
    return too_large();
  }
  sum.nanoseconds = static_cast<std::uint32_t>(nanoseconds % nanoseconds_per_second);
  return {};
}

void append_item(std::string& out, std::uint64_t count, std::string_view unit) {
  if (count == 0) return;
  if (!out.empty()) out += ' ';
  out += std::to_string(count);
  out += unit;
}

}  // namespace

Result<PolicyDuration> parse_duration(std::string_view text) {
  if (text == "0") return PolicyDuration{};
  Scanner scanner(text);
  if (!scanner.skip_blanks()) return invalid("value was empty");
  PolicyDuration sum;
  do {
    TRY_ASSIGN(const auto number, scanner.number());
    TRY_ASSIGN(const auto* unit, scanner.unit());
    TRY(add_term(sum, number, *unit));
  } while (scanner.skip_blanks());
  return sum;
}

std::string format_duration(PolicyDuration duration) {
  const auto [seconds, nanoseconds] = duration;
  std::string text;
  append_item(text, seconds / seconds_per_day, "d");
  append_item(text, seconds % seconds_per_day / seconds_per_hour, "h");
  append_item(text, seconds % seconds_per_hour / 60, "m");
  append_item(text, seconds % 60, "s");
  append_item(text, nanoseconds / 1'000'000, "ms");
  append_item(text, nanoseconds / 1'000 % 1'000, "us");
  append_item(text, nanoseconds % 1'000, "ns");
  return text.empty() ? "0s" : text;
}

PolicyDuration policy_duration(Duration duration) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  return {static_cast<std::uint64_t>(seconds.count()),
          static_cast<std::uint32_t>((duration - seconds).count())};
}

}  // namespace objectstore
