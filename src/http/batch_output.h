// What of a batch's response is ready and not yet sent: parts in the order in which operations end
// (http-api.md section 9).
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "http/batch_execution.h"
#include "http/batch_operation.h"
#include "http/errors.h"

namespace objectstore {

class BatchOutput {
 public:
  explicit BatchOutput(std::string boundary) : boundary_(std::move(boundary)) {}

  // Of the response.
  [[nodiscard]] std::string content_type() const;

  // `index`: of the operation's part in the request; `key`: the object's.
  void add(std::size_t index, BatchKind kind, std::string_view key, BatchOutcome outcome);
  void add_error(std::size_t index, const ClientError& error);
  // The last delimiter: nothing is added behind it.
  void finish();

  [[nodiscard]] bool empty() const { return !sending_ && items_.empty(); }
  // The bytes of memory held, that of streams by estimate.
  [[nodiscard]] std::size_t held() const { return held_; }

  // Frees what the last call returned, and returns what is to be sent next; empty: nothing is
  // ready. An error where a payload can't be read to its end, in the middle of its part.
  [[nodiscard]] Task<Result<std::string_view>> next();

 private:
  using Item = std::variant<std::string, SharedBytes, StreamedPayload>;

  void begin_part(std::size_t index, unsigned status);
  void push_text(std::string_view text);
  void push(Item item);
  [[nodiscard]] Task<Result<std::string_view>> next_of_stream(StreamedPayload& payload);

  std::string boundary_;
  std::string part_;  // being written; reused
  std::deque<Item> items_;
  std::optional<Item> sending_;  // returned by next(), a stream at least in part
  std::size_t held_ = 0;
};

}  // namespace objectstore
