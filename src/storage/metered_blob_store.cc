#include "storage/metered_blob_store.h"

#include <utility>

namespace objectstore {

namespace {

// Of an answer that is false, or null, where there is no such blob.
struct FoundOutcome {
  template <class T>
  TierOutcome operator()(const Result<T>& answer) const {
    return answer.ok() && !*answer ? TierOutcome::missing : tier_outcome(answer);
  }
};

}  // namespace

class MeteredBlobStore::Writer final : public BlobWriter {
 public:
  Writer(MeteredBlobStore& store, std::unique_ptr<BlobWriter> inner, MonotonicTime created)
      : store_(store), inner_(std::move(inner)), created_(created) {}

  Task<Result<void>> append(std::string_view bytes) override {
    auto appended = co_await inner_->append(bytes);
    if (appended.ok()) store_.bytes_.written(bytes.size());
    co_return appended;
  }
  Task<Result<std::string>> begin() override { return store_.begin_.timed(inner_->begin()); }
  void proceed() override { inner_->proceed(); }
  void give_up() override { inner_->give_up(); }
  Task<Result<void>> finish() override {
    auto finished = co_await store_.finish_.timed(inner_->finish());
    store_.upload_.ended(tier_outcome(finished), created_);
    co_return finished;
  }

 private:
  MeteredBlobStore& store_;
  std::unique_ptr<BlobWriter> inner_;
  const MonotonicTime created_;
};

class MeteredBlobStore::Stream final : public ByteStream {
 public:
  Stream(TierBytes& bytes, std::unique_ptr<ByteStream> inner)
      : bytes_(bytes), inner_(std::move(inner)) {}

  Task<Result<std::string_view>> next() override {
    auto piece = co_await inner_->next();
    if (piece.ok()) bytes_.read(piece->size());
    co_return piece;
  }

 private:
  TierBytes& bytes_;
  std::unique_ptr<ByteStream> inner_;
};

class MeteredBlobStore::Reader final : public BlobReader {
 public:
  Reader(TierBytes& bytes, std::unique_ptr<BlobReader> inner)
      : bytes_(bytes), inner_(std::move(inner)) {}

  [[nodiscard]] const Metadata& metadata() const override { return inner_->metadata(); }
  [[nodiscard]] std::uint64_t size() const override { return inner_->size(); }
  std::unique_ptr<ByteStream> stream(ByteRange range) override {
    return std::make_unique<Stream>(bytes_, inner_->stream(range));
  }

 private:
  TierBytes& bytes_;
  std::unique_ptr<BlobReader> inner_;
};

Task<Result<std::unique_ptr<BlobWriter>>> MeteredBlobStore::create(const Revision& name,
                                                                   const Metadata& metadata) {
  const auto begun = tier_.now();
  auto writer = co_await create_.timed(inner_.create(name, metadata));
  if (!writer.ok()) co_return writer;
  auto inner = std::move(writer).value();
  Result<std::unique_ptr<BlobWriter>> metered(
      std::make_unique<Writer>(*this, std::move(inner), begun));
  co_return metered;
}

Task<Result<std::unique_ptr<BlobReader>>> MeteredBlobStore::open(const Revision& name) {
  auto call = inner_.open(name);
  auto reader = co_await open_.timed(std::move(call), FoundOutcome());
  if (!reader.ok() || *reader == nullptr) co_return reader;
  auto inner = std::move(reader).value();
  Result<std::unique_ptr<BlobReader>> metered(std::make_unique<Reader>(bytes_, std::move(inner)));
  co_return metered;
}

Task<Result<Discarded>> MeteredBlobStore::discard(const Revision& name, std::string_view upload) {
  return discard_.timed(inner_.discard(name, upload));
}

Task<Result<bool>> MeteredBlobStore::extend(const Revision& name, WallTime deadline) {
  return extend_.timed(inner_.extend(name, deadline), FoundOutcome());
}

}  // namespace objectstore
