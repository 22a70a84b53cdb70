#include "http/completion.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "http/errors.h"
#include "http/json.h"
#include "http/part_list.h"
#include "http/uploads.h"
#include "runtime/task_scope.h"

namespace objectstore {

namespace {

constexpr std::size_t max_list_bytes = 2'097'152;

std::string failure_json(std::string_view code, std::string_view message) {
  std::string json = "{\"error\":{\"code\":";
  append_json_string(json, code);
  json += ",\"message\":";
  append_json_string(json, message);
  json += "}}";
  return json;
}

std::string internal_failure(std::string_view detail) {
  return failure_json("internal error", detail);
}

std::string outcome_json(const CompleteResult& outcome, std::string_view key) {
  if (const auto* refused = std::get_if<PartRefused>(&outcome)) {
    return failure_json(refused->code, refused->message);
  }
  if (std::holds_alternative<NoSuchUpload>(outcome)) {
    return internal_failure(no_such_upload().detail);
  }
  if (std::holds_alternative<CompletionInProgress>(outcome)) {
    return internal_failure("service error: the upload is being completed, try again later");
  }
  return json_with_key(key) + '}';
}

// Runs the completion on the executor of its connection while next() and close() wait there.
class CompletionBody final : public LiveBody {
 public:
  CompletionBody(const Call& call, std::string upload_id, std::vector<ListedPart> list,
                 boost::asio::any_io_executor executor)
      : parts_(call.parts),
        id_(call.request.id),
        request_id_(call.response.request_id),
        upload_id_(std::move(upload_id)),
        list_(std::move(list)),
        executor_(std::move(executor)) {}

  [[nodiscard]] Task<Result<std::string_view>> next() override {
    if (!std::exchange(begun_, true)) {
      completing_.spawn(executor_, complete());
      ticking_.spawn(executor_, tick());
    }
    if (std::exchange(over_, outcome_.has_value())) co_return std::string_view();
    if (!outcome_ && !blank_due_) {
      auto wait = [this](Completer<Done> completer) { waiting_ = std::move(completer); };
      co_await await_callback<Done>(wait);
    }
    if (outcome_) {
      over_ = true;
      co_return std::string_view(*outcome_);
    }
    blank_due_ = false;
    co_return std::string_view(" ");
  }

  [[nodiscard]] Task<void> close() override {
    co_await completing_.join();
    co_await ticking_.join();
  }

 private:
  Task<void> complete() {
    std::string json;
    try {
      json = co_await run();
    } catch (const std::exception& error) {
      parts_.logger.error("request handler threw",
                          {{"what", error.what()}, {"request_id", request_id_}});
      json = internal_failure(internal_error().detail);
    }
    outcome_ = std::move(json);
    ticking_.request_stop();
    wake();
  }

  Task<std::string> run() {
    auto result = co_await parts_.uploads.complete(id_, upload_id_, list_);
    if (result.ok()) co_return outcome_json(*result, id_.key);
    parts_.logger.warn("upload not completed", {{"error", result.error().describe()},
                                                {"object", id_.storage_path()},
                                                {"request_id", request_id_}});
    co_return internal_failure(client_error(result.error()).detail);
  }

  Task<void> tick() {
    for (;;) {
      co_await parts_.clock.sleep_for(std::chrono::seconds(1));
      const bool stopping = co_await stop_requested();
      if (stopping) co_return;
      blank_due_ = true;
      wake();
    }
  }

  void wake() {
    if (waiting_) waiting_.complete(Done{});
  }

  ServiceParts& parts_;
  ObjectId id_;
  std::string request_id_;
  std::string upload_id_;
  std::vector<ListedPart> list_;
  boost::asio::any_io_executor executor_;
  TaskScope completing_;
  TaskScope ticking_;
  Completer<Done> waiting_;
  std::optional<std::string> outcome_;
  bool blank_due_ = false;
  bool begun_ = false;
  bool over_ = false;  // the outcome was handed out
};

// The whole body, or nullopt where it is over the limit.
Task<Result<std::optional<std::string>>> read_list(ByteStream& body) {
  std::string text;
  for (;;) {
    CO_TRY_ASSIGN(const auto piece, co_await body.next());
    if (piece.empty()) co_return std::optional<std::string>(std::move(text));
    if (text.size() + piece.size() > max_list_bytes) co_return std::optional<std::string>();
    text += piece;
  }
}

void answer_too_long(Response& response) {
  response.set_text(413, "Failed to buffer the request body: length limit exceeded");
}

}  // namespace

Task<void> complete_upload(Call& call) {
  auto upload_id = read_upload_id(call);
  if (!upload_id) co_return;
  if (!is_json_media_type(call.head.headers)) {
    call.response.set_text(415, "Expected request with `Content-Type: application/json`");
    co_return;
  }
  if (call.head.content_length && *call.head.content_length > max_list_bytes) {
    answer_too_long(call.response);
    co_return;
  }
  auto text = co_await read_list(call.body);
  if (!text.ok()) {
    fail(text.error(), call);
    co_return;
  }
  if (!*text) {
    answer_too_long(call.response);
    co_return;
  }
  auto list = parse_part_list(**text);
  if (const auto* problem = std::get_if<BadPartList>(&list)) {
    call.response.set_text(problem->status, problem->text);
    co_return;
  }
  const auto& request = call.request;
  if (!call.parts.authenticator.permits(request.access, Permission::object_write, request.id,
                                        call.response.request_id)) {
    call.response.set_json(200, internal_failure(client_error(operation_not_allowed()).detail));
    call.response.framing = Response::Framing::chunked;
    co_return;
  }
  const auto executor = co_await boost::asio::this_coro::executor;
  call.response.set_json(200, {});
  call.response.framing = Response::Framing::chunked;
  call.response.live = std::make_unique<CompletionBody>(
      call, *std::move(upload_id), std::get<std::vector<ListedPart>>(std::move(list)), executor);
}

}  // namespace objectstore
