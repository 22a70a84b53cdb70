// TLS of a client, apart from any socket: bytes of the wire go in and come out in memory. So a
// connection reads and writes its socket in one way, with TLS or without.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct ssl_ctx_st;
struct ssl_st;
struct bio_st;

namespace objectstore {

struct TlsSettings {
  std::string ca_file;      // PEM, instead of the system's roots; empty: those
  std::string server_name;  // what the certificate must be for; empty: the host connected to
};

// What all connections to a service share. Immutable, safe to use from any thread.
class TlsContext {
 public:
  // TLS 1.2 or later, verified certificates, ALPN "h2". Reads files. Error invalid_argument.
  [[nodiscard]] static Result<std::shared_ptr<const TlsContext>> client(TlsSettings settings);

  [[nodiscard]] const TlsSettings& settings() const { return settings_; }

 private:
  friend class TlsSession;
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  TlsSettings settings_;
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

// One connection's side of TLS. Not thread-safe.
class TlsSession {
 public:
  // `host` is a name or an IP address: what the peer's certificate must be for, unless the settings
  // say otherwise.
  [[nodiscard]] static Result<std::unique_ptr<TlsSession>> client(const TlsContext& context,
                                                                  const std::string& host);

  // Goes on with the handshake by what was received; true: it is complete. Error unavailable: the
  // peer isn't who it should be, or speaks something else.
  [[nodiscard]] Result<bool> handshake();

  // Takes bytes from the wire, appends what they hold to `plain`, also where it fails behind that.
  [[nodiscard]] Result<void> receive(std::string_view wire, std::string& plain);
  // The same during the handshake, when nothing can be held.
  void receive_handshake(std::string_view wire);

  // Appends `plain`, encrypted, to `wire`; also what TLS itself has to say.
  [[nodiscard]] Result<void> send(std::string_view plain, std::string& wire);
  void take_output(std::string& wire);

 private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  std::unique_ptr<ssl_st, Free> ssl_;
  bio_st* in_ = nullptr;   // owned by ssl_
  bio_st* out_ = nullptr;  // owned by ssl_
};

}  // namespace objectstore
