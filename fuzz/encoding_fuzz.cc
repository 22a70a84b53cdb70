// The decoder of binary fields: it never passes the end, and reads back what was written.
#include "base/encoding.h"

#include "fuzz.h"

namespace objectstore {
namespace {

enum Field : std::uint8_t { u8, u32, u64, big_endian, bytes, fixed, field_count };

// One read of `field`; whether it gave something, which must then lie within what was left.
bool read_one(Decoder& decoder, std::uint8_t field, std::size_t size) {
  const auto before = decoder.rest();
  const auto moved = [&] { return before.size() - decoder.rest().size(); };
  switch (field) {
    case u8:
      return decoder.u8().has_value() && moved() == 1;
    case u32:
      return decoder.u32().has_value() && moved() == 4;
    case u64:
      return decoder.u64().has_value() && moved() == 8;
    case big_endian:
      return decoder.u64_big_endian().has_value() && moved() == 8;
    case bytes: {
      const auto text = decoder.bytes();
      return text && moved() == 4 + text->size() && before.substr(4).starts_with(*text);
    }
    default: {
      const auto text = decoder.fixed(size);
      return text && moved() == size && before.starts_with(*text);
    }
  }
}

void read_as_told(fuzz::Input in) {
  const auto script = in.text();
  Decoder decoder(in.rest());
  bool failed = false;
  for (const char step : script) {
    const auto code = static_cast<std::uint8_t>(step);
    const bool read = read_one(decoder, code % field_count, code / field_count);
    FUZZ_CHECK(!read || !failed);
    failed = failed || !read;
    FUZZ_CHECK(!failed || !decoder.done());
  }
}

void write_and_read_back(fuzz::Input in) {
  const auto small = in.number<std::uint8_t>();
  const auto middle = in.number<std::uint32_t>();
  const auto large = in.number<std::uint64_t>();
  const auto key = in.number<std::uint64_t>();
  std::string out;
  append_u8(out, small);
  append_u32(out, middle);
  append_bytes(out, in.rest());
  append_u64(out, large);
  append_u64_big_endian(out, key);
  Decoder decoder(out);
  FUZZ_CHECK(decoder.u8() == small);
  FUZZ_CHECK(decoder.u32() == middle);
  FUZZ_CHECK(decoder.bytes() == in.rest());
  FUZZ_CHECK(decoder.u64() == large);
  FUZZ_CHECK(decoder.u64_big_endian() == key);
  FUZZ_CHECK(decoder.done());
}

}  // namespace

FUZZ_TARGET(input) {
  read_as_told(fuzz::Input(input));
  write_and_read_back(fuzz::Input(input));
}

}  // namespace objectstore
