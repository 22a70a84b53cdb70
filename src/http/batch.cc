#include "http/batch.h"

#include <fmt/format.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <exception>
#include <string>
#include <utility>

#include "http/batch_execution.h"
#include "http/batch_output.h"
#include "http/batch_reader.h"
#include "http/headers.h"
#include "runtime/task_scope.h"

namespace objectstore {

namespace {

// Of the response, until it is sent. What a read will yield is guessed until it has ended: up to
// thirty-two gets run at once, or 128 heads, of which few have the 400 KB of metadata they may
// have.
constexpr std::size_t max_held_bytes = std::size_t{8} << 20;
constexpr std::size_t get_bytes = std::size_t{256} << 10;
constexpr std::size_t head_bytes = std::size_t{64} << 10;

struct Operation {
  std::size_t index = 0;
  ObjectId id;
  BatchOperation asked;
};

std::size_t expected_bytes(BatchKind kind) {
  if (kind == BatchKind::get) return get_bytes;
  return kind == BatchKind::head ? head_bytes : 0;
}

Permission permission_for(BatchKind kind) {
  if (kind == BatchKind::insert) return Permission::object_write;
  return kind == BatchKind::remove ? Permission::object_delete : Permission::object_read;
}

// Where one coroutine waits until another one of its thread has changed something.
class Waiting {
 public:
  [[nodiscard]] Task<void> wait() {
    auto keep = [this](Completer<Done> completer) { waiter_ = std::move(completer); };
    co_await await_callback<Done>(keep);
  }
  void wake() {
    if (waiter_) waiter_.complete(Done{});
  }

 private:
  Completer<Done> waiter_;
};

// All of it runs on the executor of the connection. One task reads parts of the request and begins
// their operations, each a task of its own; next() yields what these have made ready.
class Batch final : public LiveBody {
 public:
  Batch(const Call& call, std::string_view boundary, std::string own_boundary,
        boost::asio::any_io_executor executor)
      : parts_(call.parts),
        request_(call.request),
        request_id_(call.response.request_id),
        executor_(std::move(executor)),
        reader_(boundary, call.body),
        output_(std::move(own_boundary)) {}

  [[nodiscard]] std::string content_type() const { return output_.content_type(); }

  [[nodiscard]] Task<Result<std::string_view>> next() override;
  [[nodiscard]] Task<void> close() override;

 private:
  Task<void> read();
  Task<void> admit(BatchReader::Part part);
  std::optional<ClientError> check(const Operation& operation);
  Task<void> start(Operation operation);
  void defer(Operation operation);
  Task<void> start_deferred();

  Task<void> run(Operation operation, ConcurrencyPermit permit);
  void answer(const Operation& operation, BatchOutcome outcome);
  void refuse(std::size_t index, const ClientError& error);
  void fail(const Operation& operation, const Error& error);
  void threw(std::size_t index, const std::exception& error);
  void break_off(const std::exception& error);

  [[nodiscard]] bool has_room_for(BatchKind kind) const;
  [[nodiscard]] bool all_ended() const;
  void room_grew();

  ServiceParts& parts_;
  const AdmittedRequest& request_;
  std::string request_id_;
  boost::asio::any_io_executor executor_;
  TaskScope tasks_;
  BatchReader reader_;
  BatchOutput output_;

  std::deque<Operation> deferred_;  // reads that wait for room
  bool starting_deferred_ = false;
  std::size_t running_ = 0;
  std::size_t expected_ = 0;  // what running operations are taken to yield

  bool begun_ = false;
  bool read_ = false;      // no part comes any more
  bool finished_ = false;  // the last delimiter is in the output
  bool broken_ = false;    // the response can't go on
  bool closing_ = false;

  Waiting for_output_;         // next()
  Waiting for_deferred_room_;  // start_deferred()
  Waiting for_refusal_room_;   // read()
};

Task<Result<std::string_view>> Batch::next() {
  if (!std::exchange(begun_, true)) tasks_.spawn(executor_, read());
  for (;;) {
    if (broken_) co_return Error(ErrorCode::internal, "the batch could not go on");
    const auto held = output_.held();
    auto piece = co_await output_.next();
    if (output_.held() < held) room_grew();
    if (!piece.ok() || !piece->empty() || finished_) co_return piece;
    if (all_ended()) {
      output_.finish();
      finished_ = true;
    } else if (!broken_ && output_.empty()) {
      co_await for_output_.wait();
    }
  }
}

Task<void> Batch::close() {
  closing_ = true;
  deferred_.clear();
  room_grew();
  co_await tasks_.join();
}

bool Batch::all_ended() const {
  return read_ && running_ == 0 && deferred_.empty() && !starting_deferred_ && output_.empty();
}

bool Batch::has_room_for(BatchKind kind) const {
  const auto used = expected_ + output_.held();
  return used == 0 || used + expected_bytes(kind) <= max_held_bytes;
}

void Batch::room_grew() {
  for_deferred_room_.wake();
  for_refusal_room_.wake();
}

Task<void> Batch::read() {
  try {
    while (!closing_ && !broken_) {
      auto part = co_await reader_.next();
      if (!part) break;
      co_await admit(*std::move(part));
    }
    read_ = true;
    for_output_.wake();
    if (!closing_) co_await reader_.read_epilogue();
  } catch (const std::exception& error) {
    break_off(error);
  }
}

Task<void> Batch::admit(BatchReader::Part part) {
  if (closing_) co_return;  // while it was read
  const auto index = part.index;
  if (const auto* error = std::get_if<ClientError>(&part.content)) {
    refuse(index, *error);
    // Operations are a thousand at most, parts that are none are not.
    const bool bounded = index < BatchReader::max_operations;
    while (!bounded && output_.held() > max_held_bytes && !closing_ && !broken_)
      co_await for_refusal_room_.wait();
    co_return;
  }
  try {
    Operation operation{index, request_.id, std::get<BatchOperation>(std::move(part.content))};
    operation.id.key = operation.asked.key.value_or("");
    if (const auto refused = check(operation)) {
      refuse(index, *refused);
    } else if (!is_read(operation.asked.kind) ||
               (!starting_deferred_ && has_room_for(operation.asked.kind))) {
      co_await start(std::move(operation));
    } else {
      defer(std::move(operation));
    }
  } catch (const std::exception& error) {
    threw(index, error);
  }
}

std::optional<ClientError> Batch::check(const Operation& operation) {
  const auto& id = operation.id;
  const auto& asked = operation.asked;
  if (parts_.rate_limiter.admit(id.usecase, id.scopes, request_id_)) {
    return batch_error(Error(ErrorCode::at_capacity, "rate limited"));
  }
  if (!parts_.authenticator.permits(request_.access, permission_for(asked.kind), id, request_id_)) {
    return client_error(operation_not_allowed());
  }
  if (asked.kind == BatchKind::insert) {
    const auto allowed = parts_.policies.check(id.usecase, asked.metadata.expiration);
    if (!allowed.ok()) return client_error(allowed.error());
    request_.transfer.spend(asked.payload.size());
  }
  return std::nullopt;
}

// Begins the operation once it has a place.
Task<void> Batch::start(Operation operation) {
  auto permit = parts_.concurrency.try_acquire(OperationClass::bulk);
  if (!permit) {
    auto acquired = co_await parts_.concurrency.acquire(OperationClass::bulk);
    if (!acquired.ok()) {
      fail(operation, acquired.error());
      co_return;
    }
    permit = *std::move(acquired);
  }
  if (closing_) co_return;
  const auto expected = expected_bytes(operation.asked.kind);
  ++running_;
  expected_ += expected;
  try {
    tasks_.spawn(executor_, run(std::move(operation), std::move(permit)));
  } catch (...) {
    --running_;
    expected_ -= expected;
    throw;
  }
}

void Batch::defer(Operation operation) {
  // A key that is no good anyway need not be kept, however long it is.
  if (const auto fit = validate(operation.id); !fit.ok()) {
    fail(operation, fit.error());
    return;
  }
  deferred_.push_back(std::move(operation));
  if (std::exchange(starting_deferred_, true)) return;
  tasks_.spawn(executor_, start_deferred());
}

Task<void> Batch::start_deferred() {
  while (!deferred_.empty() && !broken_ && !closing_) {
    if (!has_room_for(deferred_.front().asked.kind)) {
      co_await for_deferred_room_.wait();
      continue;
    }
    auto operation = std::move(deferred_.front());
    deferred_.pop_front();
    const auto index = operation.index;
    try {
      co_await start(std::move(operation));
    } catch (const std::exception& error) {
      threw(index, error);
    }
  }
  starting_deferred_ = false;
  for_output_.wake();
}

Task<void> Batch::run(Operation operation, ConcurrencyPermit permit) {
  try {
    auto result = co_await execute(parts_.objects, request_.transfer, operation.asked, operation.id,
                                   std::move(permit));
    if (result.ok()) {
      answer(operation, *std::move(result));
    } else {
      fail(operation, result.error());
    }
  } catch (const std::exception& error) {
    threw(operation.index, error);
  }
  --running_;
  expected_ -= expected_bytes(operation.asked.kind);
  room_grew();
  for_output_.wake();
}

void Batch::answer(const Operation& operation, BatchOutcome outcome) {
  try {
    output_.add(operation.index, operation.asked.kind, operation.id.key, std::move(outcome));
  } catch (const std::exception& error) {
    break_off(error);
  }
  for_output_.wake();
}

void Batch::refuse(std::size_t index, const ClientError& error) {
  try {
    output_.add_error(index, error);
  } catch (const std::exception& thrown) {
    break_off(thrown);
  }
  for_output_.wake();
}

void Batch::fail(const Operation& operation, const Error& error) {
  const auto told = client_error(error);
  log_failure(error, told.status, operation.id, request_id_, parts_.logger);
  refuse(operation.index, told);
}

// What an operation throws is its own failure.
void Batch::threw(std::size_t index, const std::exception& error) {
  parts_.logger.error(
      "batch operation threw",
      {{"what", error.what()}, {"index", std::to_string(index)}, {"request_id", request_id_}});
  refuse(index, internal_error());
}

// What is thrown while a part is written may leave half of it: nothing can follow.
void Batch::break_off(const std::exception& error) {
  parts_.logger.error("batch threw", {{"what", error.what()}, {"request_id", request_id_}});
  broken_ = true;
  room_grew();
  for_output_.wake();
}

}  // namespace

Task<void> run_batch(Call& call) {
  const auto type = find_header(call.head.headers, "content-type");
  const auto boundary = type ? form_data_boundary(*type) : std::nullopt;
  if (!boundary) {
    call.response.set_text(400, "Invalid `boundary` for `multipart/form-data` request");
    co_return;
  }
  const auto high = call.parts.random.next();
  const auto low = call.parts.random.next();
  auto own_boundary = fmt::format("os-boundary-{:016x}{:016x}", high, low);
  const auto executor = co_await boost::asio::this_coro::executor;
  auto batch = std::make_unique<Batch>(call, *boundary, std::move(own_boundary), executor);
  call.response.set_empty(200);
  call.response.framing = Response::Framing::chunked;
  call.response.add_header("content-type", batch->content_type());
  call.response.live = std::move(batch);
}

}  // namespace objectstore
