#include "http/batch_execution.h"

#include <utility>

#include "http/accounted_stream.h"

namespace objectstore {

namespace {

// A payload that lies in memory.
class PayloadStream final : public ByteStream {
 public:
  explicit PayloadStream(std::string_view payload) : rest_(payload) {}
  [[nodiscard]] Task<Result<std::string_view>> next() override {
    co_return std::exchange(rest_, std::string_view());
  }

 private:
  std::string_view rest_;
};

BatchOutcome plain_outcome(unsigned status) {
  BatchOutcome outcome;
  outcome.status = status;
  return outcome;
}

Task<Result<BatchOutcome>> insert(ObjectService& objects, BatchOperation& operation, ObjectId& id,
                                  ConcurrencyPermit permit) {
  PayloadStream payload(operation.payload);
  Upload upload;
  upload.stream = &payload;
  upload.length = operation.payload.size();
  if (operation.key) {
    CO_TRY(co_await objects.put(id, std::move(operation.metadata), upload, std::move(permit)));
  } else {
    CO_TRY(co_await objects.insert(id, std::move(operation.metadata), upload, std::move(permit)));
  }
  co_return plain_outcome(201);
}

Task<Result<BatchOutcome>> get(ObjectService& objects, const RateLimiter::Transfer& transfer,
                               const ObjectId& id, ConcurrencyPermit permit) {
  const std::optional<RangeRequest> whole;
  CO_TRY_ASSIGN(auto result, co_await objects.get(id, whole, std::move(permit)));
  auto* content = std::get_if<ObjectContent>(&result);
  if (content == nullptr) co_return plain_outcome(404);
  BatchOutcome outcome;
  outcome.metadata = std::move(content->metadata);
  outcome.metadata->size = content->size;
  if (auto* bytes = std::get_if<SharedBytes>(&content->body)) {
    transfer.spend(bytes->size());
    outcome.payload = std::move(*bytes);
    co_return outcome;
  }
  StreamedPayload payload;
  payload.stream = std::make_unique<AccountedStream>(
      std::get<std::unique_ptr<ByteStream>>(std::move(content->body)), transfer);
  payload.length = content->range.length;
  // A failure of the first block can still be told by the status.
  CO_TRY_ASSIGN(payload.first, co_await payload.stream->next());
  outcome.payload = std::move(payload);
  co_return outcome;
}

Task<Result<BatchOutcome>> head(ObjectService& objects, const ObjectId& id,
                                ConcurrencyPermit permit) {
  CO_TRY_ASSIGN(auto metadata, co_await objects.head(id, std::move(permit)));
  if (!metadata) co_return plain_outcome(404);
  auto outcome = plain_outcome(204);
  outcome.metadata = std::move(metadata);
  co_return outcome;
}

Task<Result<BatchOutcome>> remove(ObjectService& objects, const ObjectId& id,
                                  ConcurrencyPermit permit) {
  CO_TRY(co_await objects.remove(id, std::move(permit)));
  co_return plain_outcome(204);
}

}  // namespace

Task<Result<BatchOutcome>> execute(ObjectService& objects, const RateLimiter::Transfer& transfer,
                                   BatchOperation& operation, ObjectId& id,
                                   ConcurrencyPermit permit) {
  switch (operation.kind) {
    case BatchKind::get:
      return get(objects, transfer, id, std::move(permit));
    case BatchKind::head:
      return head(objects, id, std::move(permit));
    case BatchKind::insert:
      return insert(objects, operation, id, std::move(permit));
    case BatchKind::remove:
      break;
  }
  return remove(objects, id, std::move(permit));
}

}  // namespace objectstore
