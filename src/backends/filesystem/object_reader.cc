#include "backends/filesystem/object_reader.h"

#include <algorithm>

#include "backends/filesystem/object_file_format.h"
#include "base/checksum.h"

namespace objectstore {

namespace {

constexpr std::size_t stream_chunk_size = 256 << 10;
// Hold nearly every metadata line, the second also small objects whole.
constexpr std::size_t first_read_for_metadata = 4 << 10;
constexpr std::size_t first_read_for_payload = 64 << 10;

Error corrupt(std::string message) {
  return Error(ErrorCode::corrupt, std::move(message));
}

Error in_object(const std::string& path, Error error) {
  return std::move(error).wrap("cannot read " + path);
}

struct OpenObject {
  std::unique_ptr<File> file;
  std::string path;
  std::string front;  // the first bytes of the file, the line among them
  object_file_format::Line line;
  std::uint64_t payload_offset = 0;
  std::uint64_t payload_size = 0;
};

// Reads on until `bytes` is the first `size` bytes of the file; fewer only where it ends.
Result<void> extend_front(File& file, std::string& bytes, std::size_t size) {
  const auto had = bytes.size();
  if (size <= had) return {};
  bytes.resize(size);
  TRY_ASSIGN(const auto found, file.read_at(had, std::span<char>(bytes).subspan(had)));
  bytes.resize(had + found);
  return {};
}

Result<OpenObject> read_line(std::unique_ptr<File> file, const std::string& path,
                             std::size_t first_read) {
  OpenObject object;
  TRY_ASSIGN(const auto status, file->status());
  const auto in_file = [&](std::size_t size) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(size, status.size));
  };
  TRY(extend_front(*file, object.front, in_file(first_read)));
  auto newline = object.front.find('\n');
  if (newline == std::string::npos) {
    TRY(extend_front(*file, object.front, in_file(object_file_format::max_line_size)));
    newline = object.front.find('\n');
  }
  if (newline == std::string::npos) return corrupt("it has no metadata line");
  TRY_ASSIGN(object.line,
             object_file_format::decode_line(std::string_view(object.front).substr(0, newline)));
  object.file = std::move(file);
  object.path = path;
  object.payload_offset = newline + 1;
  object.payload_size = status.size - object.payload_offset;
  object.line.metadata.size = object.payload_size;
  return object;
}

Result<std::optional<OpenObject>> open_object(FileTree& tree, const std::string& path,
                                              std::size_t first_read) {
  auto file = tree.open(path);
  if (!file.ok()) {
    // A directory of other objects is no object.
    if (file.error().code() == ErrorCode::conflict) return std::optional<OpenObject>();
    return std::move(file).error();
  }
  if (!*file) return std::optional<OpenObject>();
  auto object = read_line(std::move(file).value(), path, first_read);
  if (!object.ok()) return in_object(path, std::move(object).error());
  return std::optional(std::move(object).value());
}

Result<SharedBytes> read_small(OpenObject& object, ByteRange range) {
  TRY(extend_front(*object.file, object.front, object.payload_offset + object.payload_size));
  const auto payload = std::string_view(object.front).substr(object.payload_offset);
  if (payload.size() < object.payload_size) return corrupt("the file was cut off");
  const auto& checksum = object.line.checksum;
  if (checksum && checksum64(payload.substr(0, object.payload_size)) != *checksum) {
    return corrupt("the checksum of the payload fails");
  }
  return SharedBytes(std::move(object.front))
      .slice(object.payload_offset + range.offset, range.length);
}

class ObjectStream final : public ByteStream {
 public:
  ObjectStream(BlockingPool& pool, OpenObject object, ByteRange range)
      : pool_(pool),
        object_(std::move(object)),
        offset_(range.offset),
        left_(range.length),
        verified_(object_.line.checksum && range.length == object_.payload_size) {}

  [[nodiscard]] Task<Result<std::string_view>> next() override {
    if (left_ == 0) co_return std::string_view();
    auto work = [this] { return read_chunk(); };
    auto result = co_await pool_.run(std::move(work));
    if (!result.ok()) co_return in_object(object_.path, std::move(result).error());
    co_return result;
  }

 private:
  [[nodiscard]] Result<std::string_view> read_chunk() {
    buffer_.resize(std::min<std::uint64_t>(stream_chunk_size, left_));
    TRY_ASSIGN(const auto found, object_.file->read_at(object_.payload_offset + offset_, buffer_));
    if (found != buffer_.size()) return corrupt("the file was cut off");
    if (verified_) {
      checksum_.update(buffer_);
      if (found == left_ && checksum_.digest() != *object_.line.checksum) {
        return corrupt("the checksum of the payload fails");
      }
    }
    offset_ += found;
    left_ -= found;
    return std::string_view(buffer_);
  }

  BlockingPool& pool_;
  OpenObject object_;
  std::uint64_t offset_;
  std::uint64_t left_;
  bool verified_;
  Checksum64Stream checksum_;
  std::string buffer_;
};

}  // namespace

Result<std::optional<Metadata>> read_object_metadata(FileTree& tree, const std::string& path) {
  TRY_ASSIGN(auto object, open_object(tree, path, first_read_for_metadata));
  if (!object) return std::optional<Metadata>();
  return std::optional(std::move(object->line.metadata));
}

Result<GetResult> read_object(FileTree& tree, BlockingPool& pool, const std::string& path,
                              const std::optional<RangeRequest>& range) {
  TRY_ASSIGN(auto object, open_object(tree, path, first_read_for_payload));
  if (!object) return GetResult(ObjectNotFound{});
  ObjectContent content;
  content.size = object->payload_size;
  content.range.length = content.size;
  if (range) {
    const auto resolved = resolve(*range, content.size);
    if (!resolved) return GetResult(RangeNotSatisfiable{content.size});
    content.range = *resolved;
  }
  content.metadata = object->line.metadata;
  if (content.size <= max_payload_in_memory) {
    auto bytes = read_small(*object, content.range);
    if (!bytes.ok()) return in_object(path, std::move(bytes).error());
    content.body = std::move(bytes).value();
  } else {
    object->front = std::string();
    object->file->expect_sequential_reads();
    content.body = std::make_unique<ObjectStream>(pool, *std::move(object), content.range);
  }
  return GetResult(std::move(content));
}

}  // namespace objectstore
