// The certificate and key that the listener shows its clients.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "runtime/clock.h"
#include "runtime/log.h"

struct ssl_ctx_st;
struct ssl_st;

namespace objectstore {

struct SslFree {
  void operator()(ssl_st* ssl) const;
};
using SslHandle = std::unique_ptr<ssl_st, SslFree>;

// TLS 1.2 and 1.3, HTTP/1.1 by ALPN, ciphers with forward secrecy and authenticated encryption,
// neither compression nor renegotiation nor early data. Clients resume sessions by tickets, which a
// reload ends. Safe to use from any thread.
class ServerTls {
 public:
  struct Files {
    std::string cert_file;  // PEM: the server's certificate, then those that vouch for it
    std::string key_file;   // PEM, without a password; may be the same file
  };

  // Reads the files: blocks. A certificate that is out of its time is a warning, for its clients
  // may not care. Errors name the file: io (can't be read), invalid_argument.
  // `clock` and `logger` outlive the result.
  [[nodiscard]] static Result<std::shared_ptr<ServerTls>> load(Files files, const Clock& clock,
                                                               Logger& logger);

  // Reads the files anew, for connections accepted from now on. On an error everything stays as it
  // was. Blocks.
  [[nodiscard]] Result<void> reload();

  // The server's side of one connection, without a transport. Null: out of memory.
  [[nodiscard]] SslHandle accept() const;

  [[nodiscard]] const Files& files() const { return files_; }

 private:
  ServerTls(Files files, const Clock& clock, Logger& logger);

  const Files files_;
  const Clock& clock_;
  Logger& logger_;
  mutable std::mutex mutex_;
  std::shared_ptr<ssl_ctx_st> context_;  // guarded by mutex_
};

}  // namespace objectstore
