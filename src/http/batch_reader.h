// Takes the operations of a batch off a request's body, within the limits of http-api.md section 9.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/batch_operation.h"
#include "http/errors.h"
#include "http/form_data_reader.h"
#include "runtime/byte_stream.h"

namespace objectstore {

class BatchReader {
 public:
  static constexpr std::size_t max_operations = 1000;
  static constexpr std::size_t max_payload_bytes = 1'048'576;
  static constexpr std::uint64_t max_request_bytes = 1'073'741'824;
  // What may follow the closing delimiter without costing the client its connection.
  static constexpr std::uint64_t max_epilogue_bytes = 65'536;

  // `body` outlives the reader.
  BatchReader(std::string_view boundary, ByteStream& body) : form_(boundary), body_(body) {}

  struct Part {
    std::size_t index = 0;
    std::variant<BatchOperation, ClientError> content;
  };
  // The next part once all of it has come, with what is wrong with it if anything is. The last one
  // of a body that is broken, breaks off, or is too large stands for all that could not be read.
  // nullopt: the end.
  [[nodiscard]] Task<std::optional<Part>> next();

  // Reads what follows the last part: only then may another request follow on the connection.
  [[nodiscard]] Task<void> read_epilogue();

 private:
  [[nodiscard]] Task<Result<void>> receive();
  void begin_part(bool head_is_good);
  void add_payload(std::string_view bytes);
  Part end_part();
  Part unreadable_rest(const Error& error);

  FormDataReader form_;
  ByteStream& body_;
  std::string_view input_;  // not yet parsed, of the last piece of the body
  std::uint64_t received_ = 0;
  std::size_t next_index_ = 0;
  bool failed_ = false;
  std::variant<BatchOperation, ClientError> content_;  // of the part that is being read
};

}  // namespace objectstore
