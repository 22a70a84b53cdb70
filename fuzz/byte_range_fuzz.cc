// The Range header: what is accepted has one meaning, and lies within the object.
#include "model/byte_range.h"

#include <limits>

#include "fuzz.h"

namespace objectstore {
namespace {

std::string text_of(const RangeRequest& request) {
  if (const auto* suffix = std::get_if<RangeRequest::Suffix>(&request.spec)) {
    return "bytes=-" + std::to_string(suffix->length);
  }
  const auto& range = std::get<RangeRequest::FromTo>(request.spec);
  return "bytes=" + std::to_string(range.first) + "-" +
         (range.last ? std::to_string(*range.last) : "");
}

bool asks_for(const RangeRequest& request, std::uint64_t byte, std::uint64_t size) {
  if (const auto* suffix = std::get_if<RangeRequest::Suffix>(&request.spec)) {
    return size - byte <= suffix->length;
  }
  const auto& range = std::get<RangeRequest::FromTo>(request.spec);
  return byte >= range.first && (!range.last || byte <= *range.last);
}

void check_resolved(const RangeRequest& request, std::uint64_t size) {
  const auto range = resolve(request, size);
  if (range) {
    FUZZ_CHECK(range->length > 0);
    FUZZ_CHECK(range->length <= size && range->offset <= size - range->length);
  }
  if (size > 64) return;
  for (std::uint64_t byte = 0; byte < size; ++byte) {
    const bool given = range && byte >= range->offset && byte < range->offset + range->length;
    FUZZ_CHECK(given == asks_for(request, byte, size));
  }
}

}  // namespace

FUZZ_TARGET(input) {
  const auto request = parse_range(input);
  if (!request.ok()) {
    FUZZ_CHECK(request.error().message().starts_with("invalid Range header"));
    FUZZ_CHECK(!fuzz::has_control(request.error().message()));
    return;
  }
  const bool several = input.find(',') != std::string_view::npos;
  FUZZ_CHECK(request->has_value() != several);
  if (!*request) return;
  const auto again = parse_range(text_of(**request));
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(*again == *request);
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  for (const auto size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{17}, most})
    check_resolved(**request, size);
  check_resolved(**request, fuzz::Choices(input).up_to(64));
}

}  // namespace objectstore
