// The uploads in parts of the blob store in memory.
#include <fmt/format.h>

#include "backends/memory/memory_blob_store.h"
#include "base/checksum.h"

namespace objectstore {

namespace {

constexpr std::uint32_t max_part_number = 10'000;  // as S3 and GCS have it

Task<Result<std::string>> read_part(const PartToUpload& part) {
  std::string bytes;
  while (true) {
    CO_TRY_ASSIGN(const auto piece, co_await part.stream->next());
    if (piece.empty()) break;
    bytes.append(piece);
    if (bytes.size() > part.length) break;
  }
  if (bytes.size() != part.length) {
    co_return Error(ErrorCode::client_stream, "the part is not as long as announced");
  }
  co_return std::move(bytes);
}

}  // namespace

MemoryBlobStore::MultipartUpload* MemoryBlobStore::find_upload(const Revision& name,
                                                               std::string_view upload_id) {
  const auto found = multipart_uploads_.find(upload_id);
  if (found == multipart_uploads_.end() || found->second.name != name) return nullptr;
  return &found->second;
}

Task<Result<std::string>> MemoryBlobStore::initiate(const Revision& name,
                                                    const Metadata& metadata) {
  const std::lock_guard lock(mutex_);
  auto id = fmt::format("upload-{}", next_upload_++);
  multipart_uploads_.emplace(id, MultipartUpload{name, metadata, {}});
  co_return std::move(id);
}

Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> MemoryBlobStore::put_part(
    const Revision& name, std::string_view upload_id, PartToUpload part) {
  using Outcome = std::variant<std::string, NoSuchUpload, PartRefused>;
  if (part.number == 0 || part.number > max_part_number) {
    co_return Outcome(PartRefused{"InvalidArgument", "part numbers are between 1 and 10000"});
  }
  {
    const std::lock_guard lock(mutex_);
    if (find_upload(name, upload_id) == nullptr) co_return Outcome(NoSuchUpload{});
  }
  CO_TRY_ASSIGN(auto bytes, co_await read_part(part));
  auto etag = fmt::format("\"{:016x}\"", checksum64(bytes));
  Part stored{etag, SharedBytes(std::move(bytes)), now()};
  const std::lock_guard lock(mutex_);
  auto* upload = find_upload(name, upload_id);
  if (upload == nullptr) co_return Outcome(NoSuchUpload{});
  upload->parts.insert_or_assign(part.number, std::move(stored));
  co_return Outcome(std::move(etag));
}

Task<Result<std::variant<PartPage, NoSuchUpload>>> MemoryBlobStore::list_parts(
    const Revision& name, std::string_view upload_id, ListParts request) {
  using Outcome = std::variant<PartPage, NoSuchUpload>;
  const std::lock_guard lock(mutex_);
  const auto* upload = find_upload(name, upload_id);
  if (upload == nullptr) co_return Outcome(NoSuchUpload{});
  PartPage page;
  const auto max = request.max.value_or(max_part_number);
  for (auto it = upload->parts.upper_bound(request.after); it != upload->parts.end(); ++it) {
    if (page.parts.size() == max) {
      page.truncated = true;
      break;
    }
    const auto& [number, part] = *it;
    page.parts.push_back(UploadedPart{number, part.etag, part.written, part.payload.size()});
  }
  co_return Outcome(std::move(page));
}

Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>> MemoryBlobStore::complete(
    const Revision& name, std::string_view upload_id, const std::vector<ListedPart>& parts) {
  using Outcome = std::variant<BlobCompleted, NoSuchUpload, PartRefused>;
  const auto written = now();
  const std::lock_guard lock(mutex_);
  auto* upload = find_upload(name, upload_id);
  if (upload == nullptr) co_return Outcome(NoSuchUpload{});
  if (parts.empty()) co_return Outcome(PartRefused{"InvalidRequest", "no part is listed"});
  std::string payload;
  std::uint32_t previous = 0;
  for (const auto& [number, etag] : parts) {
    if (number <= previous) {
      co_return Outcome(PartRefused{"InvalidPartOrder", "part numbers have to ascend"});
    }
    previous = number;
    const auto part = upload->parts.find(number);
    if (part == upload->parts.end() || part->second.etag != etag) {
      co_return Outcome(PartRefused{"InvalidPart", fmt::format("part {} is not there", number)});
    }
    payload.append(part->second.payload.view());
  }
  CO_TRY(insert(Blob{name, upload->metadata, SharedBytes(std::move(payload)), written}));
  multipart_uploads_.erase(multipart_uploads_.find(upload_id));
  co_return Outcome(BlobCompleted{});
}

Task<Result<void>> MemoryBlobStore::abort(const Revision& name, std::string_view upload_id) {
  const std::lock_guard lock(mutex_);
  if (find_upload(name, upload_id) != nullptr) {
    multipart_uploads_.erase(multipart_uploads_.find(upload_id));
  }
  co_return Result<void>();
}

Task<Result<void>> MemoryBlobStore::abort_all(const Revision& name) {
  const std::lock_guard lock(mutex_);
  std::erase_if(multipart_uploads_, [&](const auto& item) { return item.second.name == name; });
  co_return Result<void>();
}

std::map<std::string, Revision> MemoryBlobStore::multipart_uploads() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Revision> names;
  for (const auto& [id, upload] : multipart_uploads_)
    names.emplace(id, upload.name);
  return names;
}

}  // namespace objectstore
