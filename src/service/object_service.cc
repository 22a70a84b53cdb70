#include "service/object_service.h"

#include <utility>

namespace objectstore {

namespace {

Error too_large(std::uint64_t limit) {
  return {ErrorCode::payload_too_large,
          "object exceeds the limit of " + std::to_string(limit) + " bytes"};
}

// A payload that fails once it has yielded more than `limit` bytes.
class LimitedStream final : public ByteStream {
 public:
  LimitedStream(ByteStream& inner, std::uint64_t limit)
      : inner_(inner), limit_(limit), left_(limit) {}

  Task<Result<std::string_view>> next() override {
    auto piece = co_await inner_.next();
    if (!piece.ok()) co_return piece;
    if (piece->size() > left_) co_return too_large(limit_);
    left_ -= piece->size();
    co_return piece;
  }

 private:
  ByteStream& inner_;
  std::uint64_t limit_;
  std::uint64_t left_;
};

}  // namespace

// Counts an operation from its first check to its answer. The places where operations are admitted
// are the constructors' calls below: usecase policies (put, insert), and concurrency limits (all),
// are checked there, right after validate(). Kill switches and rate limits come before the body of
// a request is looked at, in http/request_checks.h.
class ObjectService::Running {
 public:
  explicit Running(ObjectService& service) : service_(service) { ++service_.running_; }
  ~Running() { service_.ended(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  ObjectService& service_;
};

ObjectService::ObjectService(ObjectStore& store, Clock& clock, Random& random, Logger& logger,
                             ObjectServiceSettings settings)
    : store_(store), clock_(clock), random_(random), logger_(logger), settings_(settings) {}

Task<Result<void>> ObjectService::put(const ObjectId& id, Metadata metadata, Upload upload) {
  const Running running(*this);
  CO_TRY(validate(id));
  const auto now = clock_.now();
  auto deadline = metadata.expiration.deadline_from(now);
  if (!deadline.ok()) {
    const std::string problem = "invalid expiration policy value";
    const std::string context = "metadata error: " + problem;
    co_return std::move(deadline).error().wrap(problem).wrap(context).wrap(context);
  }
  metadata.time_created = now;
  metadata.time_expires = *deadline;

  const auto limit = settings_.max_object_size;
  if (!limit) co_return co_await store_.put(id, std::move(metadata), upload);
  if (upload.length && *upload.length > *limit) {
    logger_.debug("upload refused: too large", {{"length", std::to_string(*upload.length)}});
    co_return too_large(*limit);
  }
  LimitedStream limited(*upload.stream, *limit);
  upload.stream = &limited;
  co_return co_await store_.put(id, std::move(metadata), upload);
}

Task<Result<void>> ObjectService::insert(ObjectId& id, Metadata metadata, Upload upload) {
  id.key = make_uuid_v4(random_).str();
  co_return co_await put(id, std::move(metadata), upload);
}

Task<Result<GetResult>> ObjectService::get(const ObjectId& id, std::optional<RangeRequest> range) {
  const Running running(*this);
  CO_TRY(validate(id));
  co_return co_await store_.get(id, range);
}

Task<Result<std::optional<Metadata>>> ObjectService::head(const ObjectId& id) {
  const Running running(*this);
  CO_TRY(validate(id));
  co_return co_await store_.head(id);
}

Task<Result<void>> ObjectService::remove(const ObjectId& id) {
  const Running running(*this);
  CO_TRY(validate(id));
  co_return co_await store_.remove(id);
}

void ObjectService::ended() {
  if (running_.fetch_sub(1) != 1 || !draining_.load()) return;
  std::vector<Completer<Done>> wake;
  {
    const std::lock_guard lock(mutex_);
    wake.swap(drainers_);
  }
  for (auto& drainer : wake)
    drainer.complete(Done{});
}

Task<void> ObjectService::drain() {
  // Before the count is looked at: an operation that ends in between sees it, or is seen.
  draining_.store(true);
  auto enqueue = [this](Completer<Done> completer) {
    {
      const std::lock_guard lock(mutex_);
      if (running_.load() != 0) {
        drainers_.push_back(std::move(completer));
        return;
      }
    }
    completer.complete(Done{});
  };
  co_await await_callback<Done>(enqueue);
}

}  // namespace objectstore
