#include "backends/filesystem/blob_reader.h"

#include <algorithm>

namespace objectstore {

namespace {

constexpr std::uint64_t blocks_per_read = 4;
// Holds nearly every header, so that a second read is rare.
constexpr std::size_t first_read_size = 4096;

Error in_blob(const std::string& path, Error error) {
  return std::move(error).wrap("cannot read blob " + path);
}

class BlobStream final : public ByteStream {
 public:
  BlobStream(BlockingPool& pool, std::shared_ptr<OpenBlob> blob, ByteRange range)
      : pool_(pool), blob_(std::move(blob)), offset_(range.offset), left_(range.length) {}

  [[nodiscard]] Task<Result<std::string_view>> next() override {
    if (left_ == 0) co_return std::string_view();
    auto work = [this] { return read_blocks(); };
    auto result = co_await pool_.run(std::move(work));
    if (!result.ok()) co_return in_blob(blob_->path, std::move(result).error());
    co_return result;
  }

 private:
  [[nodiscard]] Result<std::string_view> read_blocks() {
    using namespace blob_format;
    const auto first = offset_ / block_size;
    const auto last = (offset_ + left_ - 1) / block_size;
    const auto count = std::min(blocks_per_read, last - first + 1);
    const auto stored_total =
        blob_->payload_size + block_count(blob_->payload_size) * checksum_size;
    const auto stored_from = first * stored_block_size;
    const auto stored = std::min(count * stored_block_size, stored_total - stored_from);
    buffer_.resize(stored);
    TRY_ASSIGN(const auto found, blob_->file->read_at(blob_->header.size + stored_from, buffer_));
    if (found != stored) return Error(ErrorCode::corrupt, "the file was cut off");
    TRY_ASSIGN(const auto payload, unpack_blocks(buffer_, first));
    const auto wanted = payload.substr(offset_ - first * block_size, left_);
    offset_ += wanted.size();
    left_ -= wanted.size();
    return wanted;
  }

  BlockingPool& pool_;
  std::shared_ptr<OpenBlob> blob_;
  std::uint64_t offset_;
  std::uint64_t left_;
  std::string buffer_;
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
  if (range.length > blocks_per_read * blob_format::block_size) {
    blob_->file->expect_sequential_reads();
  }
  return std::make_unique<BlobStream>(pool_, blob_, range);
}

}  // namespace objectstore
