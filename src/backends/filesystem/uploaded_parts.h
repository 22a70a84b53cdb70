// What both forms of uploads in parts have in common here: those of blobs and those of objects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/multipart.h"

namespace objectstore {

// "the part is longer than the announced 5 bytes"
[[nodiscard]] Error wrong_part_length(const char* how, std::uint64_t announced);

// Appends the part's bytes to `writer`; client_stream where they are more or fewer than announced.
template <class Writer>
[[nodiscard]] Task<Result<void>> copy_part(const PartToUpload& part, Writer& writer) {
  std::uint64_t size = 0;
  while (true) {
    CO_TRY_ASSIGN(const auto bytes, co_await part.stream->next());
    if (bytes.empty()) break;
    size += bytes.size();
    if (size > part.length) co_return wrong_part_length("longer", part.length);
    CO_TRY(co_await writer.append(bytes));
  }
  if (size < part.length) co_return wrong_part_length("shorter", part.length);
  co_return Result<void>();
}

struct PartNumbers {
  std::vector<std::uint32_t> numbers;  // ascending
  bool truncated = false;
};
// The parts among the files of an upload's directory that a listing is to show, at most `most`.
[[nodiscard]] PartNumbers parts_to_list(const std::vector<std::string>& files,
                                        const ListParts& request, std::size_t most);

}  // namespace objectstore
