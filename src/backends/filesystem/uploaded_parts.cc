#include "backends/filesystem/uploaded_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/filesystem/part_format.h"

namespace objectstore {

Error wrong_part_length(const char* how, std::uint64_t announced) {
  return Error(ErrorCode::client_stream,
               fmt::format("the part is {} than the announced {} bytes", how, announced));
}

PartNumbers parts_to_list(const std::vector<std::string>& files, const ListParts& request,
                          std::size_t most) {
  PartNumbers parts;
  parts.numbers.reserve(files.size());
  for (const auto& file : files) {
    const auto number = part_format::number_of(file);
    if (number && *number > request.after) parts.numbers.push_back(*number);
  }
  std::sort(parts.numbers.begin(), parts.numbers.end());
  const auto shown = std::min<std::size_t>(request.max.value_or(most), most);
  parts.truncated = parts.numbers.size() > shown;
  if (parts.truncated) parts.numbers.resize(shown);
  return parts;
}

}  // namespace objectstore
