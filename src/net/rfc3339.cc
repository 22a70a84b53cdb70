#include "net/rfc3339.h"

#include <chrono>

namespace objectstore {

namespace {

// Consumes its input from the left; after the first mismatch nothing fits any more.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool accept(char c) {
    if (!ok_ || !rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) ok_ = false;
  }
  [[nodiscard]] bool at_digit() const {
    return ok_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
  }
  int digit() {
    if (!at_digit()) {
      ok_ = false;
      return 0;
    }
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }
  // Of exactly `digits` digits, at most `highest`.
  int number(int digits, int highest) {
    int value = 0;
    for (int i = 0; i < digits; ++i)
      value = value * 10 + digit();
    if (value > highest) ok_ = false;
    return value;
  }
  [[nodiscard]] bool finished() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

Duration scan_fraction(Scanner& scanner) {
  Duration fraction{};
  if (!scanner.accept('.')) return fraction;
  Duration unit = std::chrono::milliseconds(100);
  do {
    fraction += unit * scanner.digit();
    unit /= 10;
  } while (scanner.at_digit());
  return fraction;
}

Duration scan_offset(Scanner& scanner) {
  if (scanner.accept('Z')) return {};
  const bool negative = scanner.accept('-');
  if (!negative) scanner.expect('+');
  const std::chrono::hours hours(scanner.number(2, 23));
  scanner.expect(':');
  const Duration offset = hours + std::chrono::minutes(scanner.number(2, 59));
  return negative ? -offset : offset;
}

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  Scanner scanner(text);
  const std::chrono::year year(scanner.number(4, 9999));
  scanner.expect('-');
  const std::chrono::month month(static_cast<unsigned>(scanner.number(2, 12)));
  scanner.expect('-');
  const std::chrono::day day(static_cast<unsigned>(scanner.number(2, 31)));
  scanner.expect('T');
  const std::chrono::hours hours(scanner.number(2, 23));
  scanner.expect(':');
  const std::chrono::minutes minutes(scanner.number(2, 59));
  scanner.expect(':');
  const std::chrono::seconds seconds(scanner.number(2, 59));
  const auto fraction = scan_fraction(scanner);
  const auto offset = scan_offset(scanner);
  const std::chrono::year_month_day date(year, month, day);
  if (!scanner.finished() || !date.ok() || year < std::chrono::year(1970)) return std::nullopt;
  // The time of day and the offset add up to less than two days.
  constexpr auto last = std::chrono::floor<std::chrono::days>(WallTime::max());
  if (std::chrono::sys_days(date) > last - std::chrono::days(2)) return WallTime::max();
  return WallTime(std::chrono::sys_days(date)) + hours + minutes + seconds + fraction - offset;
}

}  // namespace objectstore
