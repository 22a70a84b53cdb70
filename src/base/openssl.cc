#include "base/openssl.h"

#include <openssl/err.h>

namespace objectstore {

OpenSslErrorsCleared::~OpenSslErrorsCleared() {
  ERR_clear_error();
}

std::string take_openssl_reason(std::string_view unknown) {
  const auto code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? std::string(reason) : std::string(unknown);
}

int no_openssl_password(char*, int, int, void*) {
  return -1;
}

}  // namespace objectstore
