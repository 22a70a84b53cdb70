#include "backends/filesystem/blob_reader.h"

#include "backends/filesystem/block_reader.h"

namespace objectstore {

namespace {

// Reads beyond this are worth reading ahead for.
constexpr std::uint64_t short_read = 256 << 10;
// Holds nearly every header, so that a second read is rare.
constexpr std::size_t first_read_size = 4096;

Error in_blob(const std::string& path, Error error) {
  return std::move(error).wrap("cannot read blob " + path);
}

class BlobStream final : public ByteStream {
 public:
  BlobStream(BlockingPool& pool, std::shared_ptr<OpenBlob> blob, ByteRange range)
      : pool_(pool),
        blob_(std::move(blob)),
        blocks_(blob_->header.size, blob_->payload_size, range) {}

  [[nodiscard]] Task<Result<std::string_view>> next() override {
    if (blocks_.done()) co_return std::string_view();
    auto work = [this] { return blocks_.next(*blob_->file); };
    auto result = co_await pool_.run(std::move(work));
    if (!result.ok()) co_return in_blob(blob_->path, std::move(result).error());
    co_return result;
  }

 private:
  BlockingPool& pool_;
  std::shared_ptr<OpenBlob> blob_;
  BlockReader blocks_;
};

// The first `size` bytes.
Result<std::string> read_front(File& file, std::size_t size) {
  std::string bytes(size, '\0');
  TRY_ASSIGN(const auto found, file.read_at(0, bytes));
  bytes.resize(found);
  return bytes;
}

Result<blob_format::Header> read_header(File& file) {
  TRY_ASSIGN(auto bytes, read_front(file, first_read_size));
  TRY_ASSIGN(const auto lengths, blob_format::decode_lengths(bytes));
  if (lengths.header_size() > bytes.size()) {
    TRY_ASSIGN(bytes, read_front(file, lengths.header_size()));
  }
  return blob_format::decode_header(std::string_view(bytes).substr(0, lengths.header_size()));
}

Result<std::uint64_t> read_footer(File& file, const blob_format::Header& header,
                                  std::uint64_t file_bytes) {
  if (file_bytes < header.size + blob_format::footer_size) {
    return Error(ErrorCode::corrupt, "the blob's end is missing");
  }
  std::string bytes(blob_format::footer_size, '\0');
  TRY_ASSIGN(const auto found, file.read_at(file_bytes - bytes.size(), bytes));
  bytes.resize(found);
  return blob_format::decode_footer(bytes, header, file_bytes);
}

Result<std::shared_ptr<OpenBlob>> verify(std::unique_ptr<File> file, const std::string& path) {
  TRY_ASSIGN(const auto status, file->status());
  TRY_ASSIGN(auto header, read_header(*file));
  TRY_ASSIGN(const auto payload_size, read_footer(*file, header, status.size));
  return std::make_shared<OpenBlob>(
      OpenBlob{std::move(file), path, std::move(header), payload_size, status.modified});
}

}  // namespace

Result<std::shared_ptr<OpenBlob>> open_blob(FileTree& tree, const std::string& path) {
  TRY_ASSIGN(auto file, tree.open(path));
  if (!file) return std::shared_ptr<OpenBlob>();
  auto blob = verify(std::move(file), path);
  if (!blob.ok()) return in_blob(path, std::move(blob).error());
  return blob;
}

std::unique_ptr<ByteStream> FilesystemBlobReader::stream(ByteRange range) {
  OBJECTSTORE_ASSERT(range.offset <= size() && range.length <= size() - range.offset);
  if (range.length > short_read) blob_->file->expect_sequential_reads();
  return std::make_unique<BlobStream>(pool_, blob_, range);
}

}  // namespace objectstore
