#include "backends/memory/memory_blob_store.h"

#include <algorithm>

namespace objectstore {

namespace {

std::string address_of(const Revision& name) {
  return "session of " + name.path();
}

}  // namespace

class MemoryBlobStore::Writer final : public BlobWriter {
 public:
  Writer(MemoryBlobStore& store, Revision name, Metadata metadata)
      : store_(store), name_(std::move(name)), metadata_(std::move(metadata)) {}

  Task<Result<void>> append(std::string_view bytes) override {
    bytes_.append(bytes);
    co_return Result<void>();
  }

  Task<Result<std::string>> begin() override {
    if (store_.late_uploads_ != LateUploads::prevented_by_address) co_return std::string();
    co_return address_of(name_);
  }

  Task<Result<void>> finish() override {
    const auto written = store_.now();
    const std::lock_guard lock(store_.mutex_);
    const auto upload = store_.uploads_.find(name_);
    const bool open = upload != store_.uploads_.end();
    if (open) store_.uploads_.erase(upload);
    if (!open && store_.late_uploads_ == LateUploads::prevented) {
      co_return Error(ErrorCode::unavailable, "the upload was discarded");
    }
    if (store_.cancelled_.contains(name_)) {
      co_return Error(ErrorCode::unavailable, "the upload was discarded");
    }
    Blob blob{name_, metadata_, SharedBytes(std::move(bytes_)), written};
    co_return store_.insert(std::move(blob));
  }

 private:
  MemoryBlobStore& store_;
  Revision name_;
  Metadata metadata_;
  std::string bytes_;
};

namespace {

class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(SharedBytes bytes) : bytes_(std::move(bytes)) {}
  Task<Result<std::string_view>> next() override {
    constexpr std::size_t chunk = std::size_t{256} * 1024;
    const auto rest = bytes_.view().substr(offset_, chunk);
    offset_ += rest.size();
    co_return rest;
  }

 private:
  SharedBytes bytes_;
  std::size_t offset_ = 0;
};

}  // namespace

class MemoryBlobStore::Reader final : public BlobReader {
 public:
  explicit Reader(Blob blob) : blob_(std::move(blob)) {}
  [[nodiscard]] const Metadata& metadata() const override { return blob_.metadata; }
  [[nodiscard]] std::uint64_t size() const override { return blob_.payload.size(); }
  [[nodiscard]] std::unique_ptr<ByteStream> stream(ByteRange range) override {
    return std::make_unique<MemoryStream>(blob_.payload.slice(range.offset, range.length));
  }

 private:
  Blob blob_;
};

Task<Result<std::unique_ptr<BlobWriter>>> MemoryBlobStore::create(const Revision& name,
                                                                  const Metadata& metadata) {
  const std::lock_guard lock(mutex_);
  uploads_.insert(name);
  std::unique_ptr<BlobWriter> writer = std::make_unique<Writer>(*this, name, metadata);
  co_return std::move(writer);
}

Task<Result<std::unique_ptr<BlobReader>>> MemoryBlobStore::open(const Revision& name) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<BlobReader> reader;
  if (const auto it = blobs_.find(name.path()); it != blobs_.end()) {
    reader = std::make_unique<Reader>(it->second);
  }
  co_return std::move(reader);
}

Result<void> MemoryBlobStore::insert(Blob blob) {
  const auto path = blob.name.path();
  if (existing_blobs_ == ExistingBlobs::replaced) {
    blobs_.insert_or_assign(path, std::move(blob));
    return {};
  }
  const bool created = blobs_.try_emplace(path, std::move(blob)).second;
  if (!created) return Error(ErrorCode::conflict, "the blob exists already");
  return {};
}

Task<Result<Discarded>> MemoryBlobStore::discard(const Revision& name, std::string_view upload) {
  const std::lock_guard lock(mutex_);
  if (existing_blobs_ == ExistingBlobs::replaced) {
    blobs_.erase(name.path());
    co_return Discarded::may_appear_later;
  }
  bool for_good = late_uploads_ == LateUploads::prevented;
  if (late_uploads_ == LateUploads::prevented_by_address && upload == address_of(name)) {
    cancelled_.insert(name);
    for_good = true;
  }
  if (late_uploads_ == LateUploads::prevented) {
    std::erase_if(multipart_uploads_, [&](const auto& item) { return item.second.name == name; });
  }
  uploads_.erase(name);
  blobs_.erase(name.path());
  co_return for_good ? Discarded::for_good : Discarded::may_appear_later;
}

Task<Result<bool>> MemoryBlobStore::extend(const Revision& name, WallTime deadline) {
  const std::lock_guard lock(mutex_);
  const auto it = blobs_.find(name.path());
  if (it == blobs_.end()) co_return false;
  auto& present = it->second.metadata.time_expires;
  if (present) present = std::max(*present, deadline);
  co_return true;
}

void MemoryBlobStore::remove_expired(WallTime now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(blobs_, [now](const auto& blob) {
    const auto& deadline = blob.second.metadata.time_expires;
    return deadline && *deadline < now;
  });
}

std::map<Revision, WallTime> MemoryBlobStore::deadlines() const {
  const std::lock_guard lock(mutex_);
  std::map<Revision, WallTime> deadlines;
  for (const auto& [path, blob] : blobs_) {
    if (blob.metadata.time_expires) deadlines.emplace(blob.name, *blob.metadata.time_expires);
  }
  return deadlines;
}

Task<Result<BlobPage>> MemoryBlobStore::list_blobs(std::string from, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  BlobPage page;
  for (auto it = blobs_.lower_bound(from); it != blobs_.end(); ++it) {
    if (page.blobs.size() >= limit) {
      page.next = it->first;
      break;
    }
    const auto& [path, blob] = *it;
    page.blobs.push_back(
        ListedBlob{path, blob.name, blob.payload.size(), blob.written, std::string()});
  }
  co_return std::move(page);
}

std::set<Revision> MemoryBlobStore::blobs() const {
  const std::lock_guard lock(mutex_);
  std::set<Revision> names;
  for (const auto& [path, blob] : blobs_)
    names.insert(blob.name);
  return names;
}

std::set<Revision> MemoryBlobStore::uploads() const {
  const std::lock_guard lock(mutex_);
  return {uploads_.begin(), uploads_.end()};
}

}  // namespace objectstore
