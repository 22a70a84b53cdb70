// A damaged blob's file: reading it, whole or in part, gives the bytes that were written or an
// error, never others.
#include "backends/filesystem/blob_reader.h"

#include "base/encoding.h"
#include "damage.h"
#include "memory_files.h"
#include "testing/run.h"

namespace objectstore {
namespace {

struct Blob {
  std::string payload;
  std::string file;
};

Blob make_blob(fuzz::Input& in) {
  using namespace blob_format;
  Metadata metadata;
  metadata.origin = "fuzz";
  const auto id = Uuid::v7(in.number<std::uint8_t>(), 0, 0);
  Blob blob;
  // Of some blocks, or of few bytes.
  const auto most = in.flag() ? 3 * block_size : 300;
  const auto size = in.number<std::uint32_t>() % most;
  const auto piece = in.text();
  for (char n = 0; blob.payload.size() < size; ++n)
    blob.payload.append(64, n).append(piece);
  auto header = encode_header(Revision("u/objects/k", id), metadata);
  blob.file = *header;
  for (std::uint64_t index = 0; index < block_count(blob.payload.size()); ++index) {
    const auto block = std::string_view(blob.payload).substr(index * block_size, block_size);
    blob.file.append(block);
    append_u64(blob.file, block_checksum(block, index));
  }
  blob.file += encode_footer(blob.payload.size(), header_checksum(*header));
  return blob;
}

Task<Result<std::string>> read_all(std::unique_ptr<ByteStream> stream) {
  std::string bytes;
  for (;;) {
    const auto piece = co_await stream->next();
    if (!piece.ok()) co_return piece.error();
    if (piece->empty()) co_return bytes;
    bytes.append(*piece);
  }
}

// Whether the read succeeded.
bool check_read(FilesystemBlobReader& reader, ByteRange range, std::string_view expected) {
  const auto bytes = testing::run(read_all(reader.stream(range)));
  if (!bytes.ok()) {
    FUZZ_CHECK(bytes.error().code() == ErrorCode::corrupt);
    return false;
  }
  FUZZ_CHECK(*bytes == expected.substr(range.offset, range.length));
  return true;
}

}  // namespace

FUZZ_TARGET(input) {
  fuzz::Input in(input);
  const auto blob = make_blob(in);
  auto file = blob.file;
  const auto from = in.number<std::uint32_t>();
  const auto length = in.number<std::uint32_t>();
  for (auto times = in.below(3); times > 0; --times)
    fuzz::damage(file, in);

  fuzz::MemoryTree tree(file);
  const auto opened = open_blob(tree, "the.blob");
  if (!opened.ok()) {
    FUZZ_CHECK(opened.error().code() == ErrorCode::corrupt);
    FUZZ_CHECK(file != blob.file);
    return;
  }
  InlinePool pool;
  FilesystemBlobReader reader(pool, *opened);
  FUZZ_CHECK(reader.size() == blob.payload.size());
  const bool whole = check_read(reader, ByteRange{0, reader.size()}, blob.payload);
  FUZZ_CHECK(whole == (file == blob.file));
  ByteRange part;
  part.offset = from % (reader.size() + 1);
  part.length = length % (reader.size() - part.offset + 1);
  const bool readable = check_read(reader, part, blob.payload);
  FUZZ_CHECK(readable || !whole);
}

}  // namespace objectstore
