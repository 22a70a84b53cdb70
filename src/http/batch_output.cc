#include "http/batch_output.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/percent.h"
#include "model/metadata_headers.h"

namespace objectstore {

namespace {

// Parts share one piece of the response up to this size; a larger payload is a piece of its own.
constexpr std::size_t most_joined_bytes = std::size_t{64} << 10;
constexpr std::size_t most_copied_bytes = std::size_t{16} << 10;
// The buffers of a payload that is read from a store meanwhile.
constexpr std::size_t stream_bytes = std::size_t{2} << 20;

constexpr std::string_view line_end = "\r\n";

std::size_t held_by(const std::variant<std::string, SharedBytes, StreamedPayload>& item) {
  if (const auto* text = std::get_if<std::string>(&item)) return text->size();
  if (const auto* bytes = std::get_if<SharedBytes>(&item)) return bytes->size();
  return stream_bytes;
}

void append_metadata(std::string& out, const Metadata& metadata) {
  for (const auto& [name, value] : headers_from_metadata(metadata, false))
    out.append(name).append(": ").append(value).append(line_end);
  // As on GET and HEAD of one object: not of the contract's reference.
  if (metadata.size) fmt::format_to(std::back_inserter(out), "x-sn-size: {}\r\n", *metadata.size);
}

}  // namespace

std::string BatchOutput::content_type() const {
  return "multipart/form-data; boundary=\"" + boundary_ + "\"";
}

void BatchOutput::add(std::size_t index, BatchKind kind, std::string_view key,
                      BatchOutcome outcome) {
  begin_part(index, outcome.status);
  fmt::format_to(std::back_inserter(part_),
                 "x-sn-batch-operation-key: {}\r\nx-sn-batch-operation-kind: {}\r\n",
                 percent_encode(key, ""), to_string(kind));
  if (outcome.metadata) append_metadata(part_, *outcome.metadata);
  part_ += line_end;
  auto* bytes = std::get_if<SharedBytes>(&outcome.payload);
  if (bytes != nullptr && bytes->size() <= most_copied_bytes) {
    part_ += bytes->view();
  } else if (bytes != nullptr) {
    push_text(std::exchange(part_, {}));
    push(std::move(*bytes));
  } else if (auto* streamed = std::get_if<StreamedPayload>(&outcome.payload)) {
    push_text(std::exchange(part_, {}));
    push(std::move(*streamed));
  }
  part_ += line_end;
  push_text(part_);
}

void BatchOutput::add_error(std::size_t index, const ClientError& error) {
  begin_part(index, error.status);
  part_.append(line_end).append(error.json()).append(line_end);
  push_text(part_);
}

void BatchOutput::finish() {
  push_text("--" + boundary_ + "--");
}

void BatchOutput::begin_part(std::size_t index, unsigned status) {
  part_.clear();
  fmt::format_to(std::back_inserter(part_),
                 "--{}\r\n"
                 "x-sn-batch-operation-index: {}\r\n"
                 "x-sn-batch-operation-status: {} {}\r\n"
                 "content-disposition: form-data; name=part\r\n",
                 boundary_, index, status, reason_phrase(status));
}

void BatchOutput::push_text(std::string_view text) {
  auto* last = items_.empty() ? nullptr : std::get_if<std::string>(&items_.back());
  if (last == nullptr || last->size() + text.size() > most_joined_bytes) {
    push(std::string(text));
    return;
  }
  last->append(text);
  held_ += text.size();
}

void BatchOutput::push(Item item) {
  const auto size = held_by(item);
  items_.push_back(std::move(item));
  held_ += size;
}

Task<Result<std::string_view>> BatchOutput::next() {
  for (;;) {
    if (sending_) {
      if (auto* payload = std::get_if<StreamedPayload>(&*sending_)) {
        auto piece = co_await next_of_stream(*payload);
        if (!piece.ok() || !piece->empty()) co_return piece;
      }
      held_ -= held_by(*sending_);
      sending_.reset();
    }
    if (items_.empty()) co_return std::string_view();
    sending_ = std::move(items_.front());
    items_.pop_front();
    if (const auto* text = std::get_if<std::string>(&*sending_)) co_return std::string_view(*text);
    if (const auto* bytes = std::get_if<SharedBytes>(&*sending_)) co_return bytes->view();
  }
}

Task<Result<std::string_view>> BatchOutput::next_of_stream(StreamedPayload& payload) {
  auto piece = std::exchange(payload.first, {});
  if (payload.length == 0 && piece.empty()) co_return piece;
  if (piece.empty()) {
    CO_TRY_ASSIGN(piece, co_await payload.stream->next());
  }
  if (piece.empty() || piece.size() > payload.length) {
    co_return Error(ErrorCode::corrupt, "a stored payload has not its size");
  }
  payload.length -= piece.size();
  co_return piece;
}

}  // namespace objectstore
