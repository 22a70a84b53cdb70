// Assertions that stay on in release builds: a broken assumption must not reach a disk.
#pragma once

namespace objectstore {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace objectstore

#define OBJECTSTORE_ASSERT(expression) \
  ((expression) ? void(0) : ::objectstore::assertion_failed(#expression, __FILE__, __LINE__))
