#include "service/object_service.h"

#include <utility>

#include "service/object_times.h"

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

ObjectService::ObjectService(ObjectStore& store, Operations& operations, Clock& clock,
                             Random& random, ObjectServiceSettings settings)
    : store_(store), operations_(operations), clock_(clock), random_(random), settings_(settings) {}

Task<Result<void>> ObjectService::put(const ObjectId& id, Metadata metadata, Upload upload,
                                      ConcurrencyPermit permit) {
  CO_TRY_ASSIGN(auto running,
                co_await operations_.begin(OperationKind::insert, id, std::move(permit)));
  CO_TRY(set_times(metadata, clock_.now()));
  const auto limit = settings_.max_object_size;
  if (!limit) co_return running.ended(co_await store_.put(id, std::move(metadata), upload));
  if (upload.length && *upload.length > *limit) co_return too_large(*limit);
  LimitedStream limited(*upload.stream, *limit);
  upload.stream = &limited;
  co_return running.ended(co_await store_.put(id, std::move(metadata), upload));
}

Task<Result<void>> ObjectService::insert(ObjectId& id, Metadata metadata, Upload upload,
                                         ConcurrencyPermit permit) {
  id.key = make_uuid_v4(random_).str();
  co_return co_await put(id, std::move(metadata), upload, std::move(permit));
}

Task<Result<GetResult>> ObjectService::get(const ObjectId& id, std::optional<RangeRequest> range,
                                           ConcurrencyPermit permit) {
  CO_TRY_ASSIGN(auto running,
                co_await operations_.begin(OperationKind::get, id, std::move(permit)));
  co_return running.ended(co_await store_.get(id, range));
}

Task<Result<std::optional<Metadata>>> ObjectService::head(const ObjectId& id,
                                                          ConcurrencyPermit permit) {
  CO_TRY_ASSIGN(auto running,
                co_await operations_.begin(OperationKind::head, id, std::move(permit)));
  co_return running.ended(co_await store_.head(id));
}

Task<Result<void>> ObjectService::remove(const ObjectId& id, ConcurrencyPermit permit) {
  CO_TRY_ASSIGN(auto running,
                co_await operations_.begin(OperationKind::remove, id, std::move(permit)));
  co_return running.ended(co_await store_.remove(id));
}

}  // namespace objectstore
