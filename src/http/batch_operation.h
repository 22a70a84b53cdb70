// One operation of a batch, as a part of the request names it (http-api.md section 9).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/metadata.h"
#include "model/metadata_headers.h"

namespace objectstore {

enum class BatchKind : std::uint8_t { get, head, insert, remove };

// "get", "head", "insert", "delete".
[[nodiscard]] std::string_view to_string(BatchKind kind);

struct BatchOperation {
  BatchKind kind = BatchKind::get;
  std::optional<std::string> key;  // decoded; unset: an insert whose key is to be generated
  Metadata metadata;               // of an insert, as the payload
  std::string payload;
};

// The operation without its payload. invalid_argument with the contract's text behind "batch
// error: ".
[[nodiscard]] Result<BatchOperation> parse_batch_operation(const std::vector<HeaderView>& headers);

}  // namespace objectstore
