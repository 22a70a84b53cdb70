// What every use of OpenSSL needs.
#pragma once

#include <string>
#include <string_view>

namespace objectstore {

// For std::unique_ptr: the function of OpenSSL that frees the object.
template <auto free>
struct OpenSslDeleter {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};

// Empties the calling thread's list of errors when it goes: what is left there would be taken for
// those of a later call.
struct OpenSslErrorsCleared {
  ~OpenSslErrorsCleared();
};

// Why the calling thread's last call failed, `unknown` where OpenSSL does not say. Empties that
// list.
[[nodiscard]] std::string take_openssl_reason(std::string_view unknown);

// A pem_password_cb that has no password; without one OpenSSL asks on the terminal.
int no_openssl_password(char* buffer, int size, int writing, void* context);

}  // namespace objectstore
