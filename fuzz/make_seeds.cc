// Writes the seeds of the binary formats: make_seeds CORPUS_DIRECTORY. The other seeds are texts,
// or were found by fuzzing.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "backends/filesystem/blob_format.h"
#include "backends/rocksdb/row_format.h"
#include "base/encoding.h"

namespace objectstore {
namespace {

constexpr std::string_view key = "u/org.1/objects/k";
constexpr std::uint64_t some_ms = 1'776'692'220'123;

Uuid id(std::uint64_t n) {
  return Uuid::v7(some_ms + n, n, n);
}

Metadata full_metadata() {
  Metadata metadata;
  metadata.expiration.kind = ExpirationKind::time_to_idle;
  metadata.expiration.duration.seconds = 3600;
  metadata.time_created = from_unix_ms(some_ms);
  metadata.time_expires = from_unix_ms(some_ms + 3'600'000);
  metadata.content_type = "text/plain";
  metadata.compression = Compression::zstd;
  metadata.origin = "203.0.113.9";
  metadata.filename = "a.txt";
  metadata.custom = {{"a", "1"}, {"b", ""}};
  return metadata;
}

void write(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

// As row_format_fuzz reads it: the key with its length, then the value without its checksum.
std::string row_seed(const std::string& value) {
  std::string out;
  append_u8(out, static_cast<std::uint8_t>(key.size()));
  return out.append(key).append(value, 0, value.size() - 8);
}

void write_rows(const std::filesystem::path& directory) {
  StoredRow row;
  write(directory / "absent", row_seed(encode_row(key, row)));
  row.cells.stamp = Stamp{some_ms * 1000, id(1)};
  row.cells.stamp_written_ms = some_ms;
  row.cells.intents[id(2)] = IntentCell{some_ms, true};
  row.cells.intents[id(3)] = IntentCell{some_ms + 1, false};
  write(directory / "stamp_and_intents", row_seed(encode_row(key, row)));
  InlineRow value;
  row.cells.state = value;
  write(directory / "inline_plain", row_seed(encode_row(key, row)));
  value.metadata = full_metadata();
  row.cells.state = value;
  row.payload_size = 5;
  row.payload_checksum = payload_checksum(key, "hello");
  write(directory / "inline_full", row_seed(encode_row(key, row)));
  const Revision target(std::string(key), id(4));
  row.cells.state = RedirectRow{target, full_metadata().expiration, from_unix_ms(some_ms)};
  write(directory / "redirect", row_seed(encode_row(key, row)));
  write(directory / "log_value", row_seed(encode_log_value(key, some_ms, "{\"id\":\"o\"}")));
  write(directory / "log_value_with_state",
        row_seed(encode_log_value(key, some_ms, "{\"id\":\"o\"}", "{\"version\":1}")));
}

// As blob_format_fuzz reads it: a footer, then a header.
void write_blobs(const std::filesystem::path& directory) {
  const Revision name(std::string(key), id(5));
  for (const bool full : {false, true}) {
    const auto header = blob_format::encode_header(name, full ? full_metadata() : Metadata());
    const auto footer =
        blob_format::encode_footer(full ? 200'000 : 0, blob_format::header_checksum(*header));
    write(directory / (full ? "full" : "plain"), footer + *header);
  }
}

}  // namespace
}  // namespace objectstore

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_seeds CORPUS_DIRECTORY\n";
    return 1;
  }
  const std::filesystem::path corpus = argv[1];
  objectstore::write_rows(corpus / "row_format");
  objectstore::write_blobs(corpus / "blob_format");
  return 0;
}
