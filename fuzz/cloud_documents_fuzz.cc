// The XML documents of S3 and of the XML API of GCS, which a proxy may have written as well.
#include "cloud/xml_multipart.h"
#include "fuzz.h"

namespace objectstore {
namespace {

template <class T>
void check_error(const Result<T>& result) {
  if (!result.ok()) FUZZ_CHECK(result.error().code() == ErrorCode::unavailable);
}

}  // namespace

FUZZ_TARGET(input) {
  check_error(read_upload_id(input));
  check_error(read_upload_page(input));
  const auto completion = read_completion(input);
  check_error(completion);
  if (completion.ok() && *completion) FUZZ_CHECK(!fuzz::has_control((*completion)->code));

  const auto page = read_part_page(input);
  check_error(page);
  if (!page.ok()) return;
  // What was listed can be listed for completion, and that is a document again.
  std::vector<ListedPart> parts;
  for (const auto& part : page->parts)
    parts.push_back({part.number, part.etag});
  FUZZ_CHECK(write_completion(parts).starts_with("<"));
}

}  // namespace objectstore
