// Descriptions of objects as Cloud Storage gives them: JSON.
#include "backends/gcs/object_resource.h"
#include "fuzz.h"

namespace objectstore {

FUZZ_TARGET(input) {
  const auto stored = read_stored_object(input);
  if (!stored.ok()) FUZZ_CHECK(stored.error().code() == ErrorCode::unavailable);
  (void)read_custom_time(input);
  const auto metadata = read_object_metadata(input);
  if (!metadata.ok()) return;
  // What can be read can be written, and says the same then.
  const auto again = read_object_metadata(write_resource(*metadata));
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->expiration == metadata->expiration && again->custom == metadata->custom);
  FUZZ_CHECK(again->origin == metadata->origin && again->filename == metadata->filename);
  FUZZ_CHECK(again->content_type == metadata->content_type);
}

}  // namespace objectstore
