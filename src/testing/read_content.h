// The whole payload of an object that is being read, in memory: for tests.
#pragma once

#include <string>
#include <utility>

#include "storage/object_store.h"

namespace objectstore::testing {

[[nodiscard]] inline Task<Result<std::string>> read_content(ObjectContent content) {
  if (const auto* bytes = std::get_if<SharedBytes>(&content.body)) {
    co_return std::string(bytes->view());
  }
  std::string text;
  auto& stream = *std::get<std::unique_ptr<ByteStream>>(content.body);
  while (true) {
    CO_TRY_ASSIGN(const auto piece, co_await stream.next());
    if (piece.empty()) co_return text;
    text.append(piece);
  }
}

}  // namespace objectstore::testing
