// A chunked body, and a request behind it that must begin where the reference says.
#include "http_stream.h"

namespace objectstore {

FUZZ_TARGET(input) {
  std::string stream = "PUT /o HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  stream.append(input).append("GET /next HTTP/1.1\r\n\r\n");
  fuzz::check_stream(stream);
}

}  // namespace objectstore
