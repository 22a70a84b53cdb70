#include "backends/rocksdb/row_format.h"

#include <iterator>
#include <utility>

#include "base/checksum.h"
#include "base/encoding.h"

namespace objectstore {

namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::size_t checksum_size = 8;
constexpr std::uint32_t nanoseconds_per_second = 1'000'000'000;
enum class Kind : std::uint8_t { absent = 0, inlined = 1, redirect = 2 };

void append_time(std::string& out, const std::optional<WallTime>& time) {
  append_u8(out, time ? 1 : 0);
  if (time) append_u64(out, static_cast<std::uint64_t>(time->time_since_epoch().count()));
}

void append_text(std::string& out, const std::optional<std::string>& text) {
  append_u8(out, text ? 1 : 0);
  if (text) append_bytes(out, *text);
}

void append_policy(std::string& out, const ExpirationPolicy& policy) {
  append_u8(out, static_cast<std::uint8_t>(policy.kind));
  append_u64(out, policy.duration.seconds);
  append_u32(out, policy.duration.nanoseconds);
}

void append_metadata(std::string& out, const Metadata& metadata) {
  append_policy(out, metadata.expiration);
  append_time(out, metadata.time_created);
  append_time(out, metadata.time_expires);
  append_bytes(out, metadata.content_type);
  append_u8(out, metadata.compression ? 1 : 0);
  append_text(out, metadata.origin);
  append_text(out, metadata.filename);
  append_u32(out, static_cast<std::uint32_t>(metadata.custom.size()));
  for (const auto& [name, value] : metadata.custom) {
    append_bytes(out, name);
    append_bytes(out, value);
  }
}

// Reads fields one after the other; after a short read every further one fails as well.
class Reader {
 public:
  explicit Reader(std::string_view input) : decoder_(input) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool done() const { return ok_ && decoder_.done(); }
  std::uint8_t u8() { return take(decoder_.u8()); }
  std::uint32_t u32() { return take(decoder_.u32()); }
  std::uint64_t u64() { return take(decoder_.u64()); }
  std::string text() { return std::string(take(decoder_.bytes())); }
  Uuid uuid() { return take(Uuid::from_bytes(take(decoder_.fixed(16)))); }
  bool flag() {
    const auto value = u8();
    if (value > 1) ok_ = false;
    return value == 1;
  }
  std::optional<WallTime> time() {
    if (!flag()) return std::nullopt;
    return WallTime(Duration(static_cast<std::int64_t>(u64())));
  }
  std::optional<std::string> optional_text() {
    if (!flag()) return std::nullopt;
    return text();
  }
  ExpirationPolicy policy() {
    ExpirationPolicy policy;
    const auto kind = u8();
    if (kind > static_cast<std::uint8_t>(ExpirationKind::time_to_idle)) ok_ = false;
    policy.kind = static_cast<ExpirationKind>(kind);
    policy.duration.seconds = u64();
    policy.duration.nanoseconds = u32();
    if (policy.duration.nanoseconds >= nanoseconds_per_second) ok_ = false;
    return policy;
  }
  // The next item of a list that is sorted and has no item twice.
  template <class Map>
  void append_sorted(Map& map, typename Map::key_type key, typename Map::mapped_type value) {
    if (!map.empty() && !(std::prev(map.end())->first < key)) ok_ = false;
    map.emplace_hint(map.end(), std::move(key), std::move(value));
  }
  void fail() { ok_ = false; }

 private:
  template <class T>
  T take(std::optional<T> value) {
    if (!value) ok_ = false;
    return value.value_or(T{});
  }
  Decoder decoder_;
  bool ok_ = true;
};

Metadata read_metadata(Reader& in) {
  Metadata metadata;
  metadata.expiration = in.policy();
  metadata.time_created = in.time();
  metadata.time_expires = in.time();
  metadata.content_type = in.text();
  if (in.flag()) metadata.compression = Compression::zstd;
  metadata.origin = in.optional_text();
  metadata.filename = in.optional_text();
  const auto count = in.u32();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    auto name = in.text();
    in.append_sorted(metadata.custom, std::move(name), in.text());
  }
  return metadata;
}

void append_cells(std::string& out, const RowCells& cells) {
  append_u8(out, cells.stamp ? 1 : 0);
  if (cells.stamp) {
    append_u64(out, cells.stamp->number);
    out.append(cells.stamp->id.bytes());
    append_u64(out, cells.stamp_written_ms);
  }
  append_u32(out, static_cast<std::uint32_t>(cells.intents.size()));
  for (const auto& [id, intent] : cells.intents) {
    out.append(id.bytes());
    append_u64(out, intent.time_ms);
    append_u8(out, intent.open ? 1 : 0);
  }
}

void read_cells(Reader& in, RowCells& cells) {
  if (in.flag()) {
    Stamp stamp;
    stamp.number = in.u64();
    stamp.id = in.uuid();
    cells.stamp = stamp;
    cells.stamp_written_ms = in.u64();
  }
  const auto count = in.u32();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const auto id = in.uuid();
    IntentCell intent;
    intent.time_ms = in.u64();
    intent.open = in.flag();
    in.append_sorted(cells.intents, id, intent);
  }
}

Error corrupt_row(std::string_view key, std::string_view why) {
  return Error(ErrorCode::corrupt, "row " + std::string(key) + " is corrupt: " + std::string(why));
}

}  // namespace

std::string encode_row(std::string_view key, const StoredRow& row) {
  std::string out;
  append_u8(out, format_version);
  append_cells(out, row.cells);
  if (const auto* value = std::get_if<InlineRow>(&row.cells.state)) {
    append_u8(out, static_cast<std::uint8_t>(Kind::inlined));
    append_metadata(out, value->metadata);
    append_u64(out, row.payload_size);
    append_u64(out, row.payload_checksum);
  } else if (const auto* redirect = std::get_if<RedirectRow>(&row.cells.state)) {
    append_u8(out, static_cast<std::uint8_t>(Kind::redirect));
    out.append(redirect->target.id().bytes());
    append_policy(out, redirect->policy);
    append_time(out, redirect->deadline);
  } else {
    append_u8(out, static_cast<std::uint8_t>(Kind::absent));
  }
  append_u64(out, checksum64(out, checksum64(key)));
  return out;
}

Result<StoredRow> decode_row(std::string_view key, std::string_view value) {
  if (value.size() <= checksum_size) return corrupt_row(key, "too short");
  const auto body = value.substr(0, value.size() - checksum_size);
  Decoder tail(value.substr(body.size()));
  if (tail.u64() != checksum64(body, checksum64(key))) return corrupt_row(key, "wrong checksum");

  Reader in(body);
  if (const auto version = in.u8(); version != format_version) {
    return corrupt_row(key, "unknown version " + std::to_string(version));
  }
  StoredRow row;
  read_cells(in, row.cells);
  switch (static_cast<Kind>(in.u8())) {
    case Kind::absent:
      break;
    case Kind::inlined: {
      InlineRow state;
      state.metadata = read_metadata(in);
      row.payload_size = in.u64();
      row.payload_checksum = in.u64();
      state.metadata.size = row.payload_size;
      row.cells.state = std::move(state);
      break;
    }
    case Kind::redirect: {
      const auto id = in.uuid();
      const auto policy = in.policy();
      row.cells.state = RedirectRow{Revision(std::string(key), id), policy, in.time()};
      break;
    }
    default:
      in.fail();
  }
  if (!in.done()) return corrupt_row(key, "malformed");
  return row;
}

std::uint64_t payload_checksum(std::string_view key, std::string_view payload) {
  return checksum64(payload, checksum64(key));
}

std::string expiry_key(WallTime deadline, std::string_view row_key) {
  std::string key;
  append_u64_big_endian(key, static_cast<std::uint64_t>(deadline.time_since_epoch().count()));
  key.append(row_key);
  return key;
}

std::optional<ExpiryKey> parse_expiry_key(std::string_view key) {
  Decoder in(key);
  const auto deadline = in.u64_big_endian();
  if (!deadline) return std::nullopt;
  return ExpiryKey{WallTime(Duration(static_cast<std::int64_t>(*deadline))), in.rest()};
}

std::string encode_log_value(std::string_view key, std::uint64_t time, std::string_view text,
                             std::string_view state) {
  std::string out;
  append_u64(out, time);
  append_bytes(out, text);
  if (!state.empty()) append_bytes(out, state);
  append_u64(out, checksum64(out, checksum64(key)));
  return out;
}

std::optional<LogValue> decode_log_value(std::string_view key, std::string_view value) {
  Decoder in(value);
  const auto time = in.u64();
  const auto text = in.bytes();
  if (!time || !text) return std::nullopt;
  LogValue decoded{*time, *text, {}};
  if (in.rest().size() > checksum_size) {
    const auto state = in.bytes();
    if (!state || state->empty()) return std::nullopt;
    decoded.state = *state;
  }
  const auto body = value.substr(0, value.size() - in.rest().size());
  if (in.u64() != checksum64(body, checksum64(key)) || !in.done()) return std::nullopt;
  return decoded;
}

}  // namespace objectstore
