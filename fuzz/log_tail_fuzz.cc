// The inspection of a write-ahead log: on any bytes, and on a log made of the input with one damage
// whose place is known.
#include "backends/rocksdb/log_tail.h"

#include "fuzz.h"
#include "wal_writer.h"

namespace objectstore {
namespace {

using Kind = LogTail::Kind;

// Without bytes that could be a fragment's type: payloads that hold whole records of a log are not
// told from records here.
std::string harmless(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = c >= 1 && c <= 4 ? 'x' : c;
  return out;
}

void check_any(std::string_view bytes) {
  const auto tail = inspect_log(bytes);
  FUZZ_CHECK(tail.offset <= bytes.size());
  if (tail.kind == Kind::sound) FUZZ_CHECK(tail.offset == 0);
}

}  // namespace

FUZZ_TARGET(input) {
  check_any(input);

  fuzz::Input in(input);
  fuzz::WalWriter log;
  const auto records = 1 + in.below(6);
  // Where the last record begins.
  std::size_t last = 0;
  for (std::size_t i = 0; i < records; ++i) {
    last = log.bytes().size();
    const auto repeat = in.below(8) == 0 ? 140U : 1U;  // beyond one block of the log, and not
    const auto piece = harmless(in.text());
    std::string record = "sequence.cnt";
    for (unsigned n = 0; n < repeat; ++n)
      record.append(piece);
    log.add(record);
  }
  const auto& whole = log.bytes();
  const auto sound = inspect_log(whole);
  FUZZ_CHECK(sound.kind == Kind::sound && sound.holds_writes);

  // Space allocated ahead changes nothing.
  FUZZ_CHECK(inspect_log(whole + std::string(in.number<std::uint8_t>(), '\0')).kind == Kind::sound);

  // Cut anywhere, nothing that was promised before the cut is called damaged.
  const auto size = in.number<std::uint32_t>() % whole.size();
  const auto torn = inspect_log(std::string_view(whole).substr(0, size));
  FUZZ_CHECK(torn.kind != Kind::damaged);
  FUZZ_CHECK(torn.offset <= size);

  // One flipped bit: torn in the last record, damaged before it.
  auto damaged = whole;
  const auto at = in.number<std::uint32_t>() % whole.size();
  damaged[at] ^= static_cast<char>(1U << in.below(8));
  const auto found = inspect_log(damaged);
  FUZZ_CHECK(found.offset <= at);
  if (log.is_padding(at)) {
    FUZZ_CHECK(found.kind == Kind::sound);
  } else {
    FUZZ_CHECK(found.kind == (at >= last ? Kind::torn : Kind::damaged));
  }
}

}  // namespace objectstore
