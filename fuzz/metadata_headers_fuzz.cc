// Metadata from a request's headers: `name:value` lines.
#include "model/metadata_headers.h"

#include "base/percent.h"
#include "metadata_checks.h"

namespace objectstore {
namespace {

std::vector<HeaderView> lines_of(std::string_view text) {
  std::vector<HeaderView> lines;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto colon = std::min(line.find(':'), line.size());
    lines.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
  }
  return lines;
}

std::vector<HeaderView> views_of(const HeaderList& headers) {
  return {headers.begin(), headers.end()};
}

// As the HTTP parser guarantees it of every name.
bool names_are_tokens(const std::vector<HeaderView>& headers) {
  return std::all_of(headers.begin(), headers.end(), [](const HeaderView& header) {
    constexpr std::string_view token =
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return header.first.find_first_not_of(token) == std::string_view::npos;
  });
}

}  // namespace

FUZZ_TARGET(input) {
  const auto headers = lines_of(input);
  const auto metadata = metadata_from_headers(headers);
  if (!metadata.ok()) {
    FUZZ_CHECK(metadata.error().code() == ErrorCode::invalid_argument);
    FUZZ_CHECK(metadata.error().message().starts_with("metadata error: "));
    FUZZ_CHECK(metadata.error().describe().size() < 512 + 8 * input.size());
    return;
  }
  fuzz::check_headers(*metadata);
  if (!names_are_tokens(headers)) return;
  const auto again = metadata_from_headers(views_of(headers_from_metadata(*metadata, true)));
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(*again == *metadata);
  fuzz::check_json(*metadata);
}

}  // namespace objectstore
