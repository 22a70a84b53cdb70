// The upload ids that clients send back.
#include "fuzz.h"
#include "tiered/upload_token.h"

namespace objectstore {

FUZZ_TARGET(input) {
  ObjectId object;
  object.usecase = "u";
  object.key = "a/b";
  const auto token = decode_upload_token(object, input);
  if (!token.ok()) {
    FUZZ_CHECK(token.error().code() == ErrorCode::invalid_argument);
    return;
  }
  FUZZ_CHECK(token->revision.object_path() == object.storage_path());
  const auto again = decode_upload_token(object, encode_upload_token(object, *token));
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->change == token->change && again->revision == token->revision);
  FUZZ_CHECK(again->upload_id == token->upload_id);
  ObjectId other = object;
  other.key = "b";
  FUZZ_CHECK(!decode_upload_token(other, input).ok());
}

}  // namespace objectstore
