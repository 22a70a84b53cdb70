// Stored metadata: what can be read is written back as an equal value.
#include "model/metadata.h"

#include "metadata_checks.h"

namespace objectstore {
namespace {

void check_time(const std::optional<WallTime>& time) {
  if (!time) return;
  const auto text = format_rfc3339_micros(*time);
  constexpr std::string_view form = "0000-00-00T00:00:00.000000Z";
  FUZZ_CHECK(text.size() == form.size());
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    FUZZ_CHECK(form[i] == '0' ? digit : text[i] == form[i]);
  }
}

}  // namespace

FUZZ_TARGET(input) {
  if (const auto policy = redirect_policy_from_json(input); policy.ok()) {
    FUZZ_CHECK(policy->duration.nanoseconds < 1'000'000'000);
  }
  const auto metadata = metadata_from_json(input);
  if (!metadata.ok()) {
    FUZZ_CHECK(metadata.error().code() == ErrorCode::corrupt);
    FUZZ_CHECK(metadata.error().message().size() < 128);
    return;
  }
  fuzz::check_json(*metadata);
  fuzz::check_headers(*metadata);
  check_time(metadata->time_created);
  check_time(metadata->time_expires);
}

}  // namespace objectstore
