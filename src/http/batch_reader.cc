#include "http/batch_reader.h"

#include <exception>
#include <utility>

namespace objectstore {

namespace {

Error broken_body(std::string why) {
  Error error(ErrorCode::invalid_argument, std::move(why));
  return std::move(error).wrap("multipart error: Error parsing `multipart/form-data` request");
}

ClientError over_limit(const std::string& limit) {
  return batch_error(Error(ErrorCode::payload_too_large, "batch limit exceeded: " + limit));
}

}  // namespace

Task<std::optional<BatchReader::Part>> BatchReader::next() {
  using Event = FormDataReader::Event;
  while (!failed_) {
    const auto step = form_.next(input_);
    switch (step.event) {
      case Event::need_input: {
        const auto received = co_await receive();
        if (!received.ok()) co_return unreadable_rest(received.error());
        break;
      }
      case Event::head:
      case Event::bad_head:
        begin_part(step.event == Event::head);
        break;
      case Event::payload:
        add_payload(step.payload);
        break;
      case Event::part_end:
        co_return end_part();
      case Event::end:
        co_return std::nullopt;
      case Event::broken:
        co_return unreadable_rest(broken_body("malformed delimiter"));
    }
  }
  co_return std::nullopt;
}

// The next piece of the body; there must be one.
Task<Result<void>> BatchReader::receive() {
  const auto piece = co_await body_.next();
  if (!piece.ok()) co_return broken_body(piece.error().message());
  if (piece->empty()) co_return broken_body("no closing delimiter");
  received_ += piece->size();
  if (received_ > max_request_bytes) co_return broken_body("request too large");
  input_ = *piece;
  co_return Result<void>();
}

Task<void> BatchReader::read_epilogue() {
  auto left = max_epilogue_bytes;
  auto dropped = input_;
  while (form_.ended() && dropped.size() <= left) {
    left -= dropped.size();
    const auto piece = co_await body_.next();
    if (!piece.ok() || piece->empty()) co_return;
    dropped = *piece;
  }
}

void BatchReader::begin_part(bool head_is_good) {
  if (next_index_ >= max_operations) {
    content_ = over_limit("more than " + std::to_string(max_operations) + " operations");
  } else if (!head_is_good) {
    content_ = batch_error(broken_body("malformed head of a part"));
  } else if (auto operation = parse_batch_operation(form_.headers()); operation.ok()) {
    content_ = *std::move(operation);
  } else {
    content_ = batch_error(operation.error());
  }
}

void BatchReader::add_payload(std::string_view bytes) {
  auto* operation = std::get_if<BatchOperation>(&content_);
  if (operation == nullptr || operation->kind != BatchKind::insert) return;
  if (bytes.size() > max_payload_bytes - operation->payload.size()) {
    content_ = over_limit("a payload of more than " + std::to_string(max_payload_bytes) + " bytes");
    return;
  }
  try {
    operation->payload += bytes;
  } catch (const std::exception&) {  // no memory: for this payload, not for the others
    content_ = internal_error();
  }
}

BatchReader::Part BatchReader::end_part() {
  return {next_index_++, std::exchange(content_, BatchOperation())};
}

BatchReader::Part BatchReader::unreadable_rest(const Error& error) {
  failed_ = true;
  return {next_index_, batch_error(error)};
}

}  // namespace objectstore
