// The bytes of a connection: requests that follow each other, as one piece and in many.
#include "http_stream.h"

namespace objectstore {

FUZZ_TARGET(input) {
  fuzz::check_stream(input);
}

}  // namespace objectstore
