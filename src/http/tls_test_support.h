// A TLS listener's files, and a client that speaks TLS to it.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/openssl.h"
#include "http/test_support.h"
#include "http/tls_context.h"
#include "testing/scratch_directory.h"
#include "testing/test_keys.h"

namespace objectstore::http_test {

using SslContext = std::unique_ptr<SSL_CTX, OpenSslDeleter<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL_SESSION, OpenSslDeleter<SSL_SESSION_free>>;

inline std::string pem_of(X509* certificate) {
  if (certificate == nullptr) return {};
  const std::unique_ptr<BIO, OpenSslDeleter<BIO_free_all>> bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_X509(bio.get(), certificate), 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

// A certificate and its key, in two files.
class TlsFiles {
 public:
  TlsFiles() { renew(); }

  void write_certificate(const std::string& pem) const { write(files().cert_file, pem); }
  void write_key(const std::string& pem) const { write(files().key_file, pem); }
  void renew() {
    pair = testing::make_test_certificate("IP:127.0.0.1");
    write_certificate(pair.certificate_pem);
    write_key(pair.private_pem);
  }
  [[nodiscard]] ServerTls::Files files() const {
    return {(directory_.path() / "cert.pem").string(), (directory_.path() / "key.pem").string()};
  }
  [[nodiscard]] std::shared_ptr<ServerTls> load() {
    auto loaded = ServerTls::load(files(), clock_, logger_);
    EXPECT_TRUE(loaded.ok());
    return std::move(loaded).value();
  }

  testing::TestCertificate pair;

 private:
  static void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  }

  testing::ScratchDirectory directory_;
  ManualClock clock_;
  NullLogger logger_;
};

struct TlsClientOptions {
  int version = 0;  // exactly this one; 0: the best of both
  std::string protocol = "http/1.1";
  SSL_SESSION* session = nullptr;  // to be resumed
};

// Connects, but does not begin the handshake.
class TlsClient final : public Client {
 public:
  explicit TlsClient(TestServer& server, const TlsClientOptions& options = {})
      : Client(server), context_(SSL_CTX_new(TLS_client_method())) {
    if (options.version != 0) {
      SSL_CTX_set_security_level(context_.get(), 0);  // else OpenSSL offers nothing below 1.2
      SSL_CTX_set_min_proto_version(context_.get(), options.version);
      SSL_CTX_set_max_proto_version(context_.get(), options.version);
    }
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT);
    ssl_.reset(SSL_new(context_.get()));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_connect_state(ssl_.get());
    const auto offer =
        std::string(1, static_cast<char>(options.protocol.size())) + options.protocol;
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(offer.data()),
                        static_cast<unsigned>(offer.size()));
    if (options.session != nullptr) SSL_set_session(ssl_.get(), options.session);
    SSL_set_msg_callback(ssl_.get(), &TlsClient::count_record);
    SSL_set_msg_callback_arg(ssl_.get(), this);
  }

  // False: it failed, and `reason` says why.
  bool handshake() {
    bool done = false;
    bool failed = false;
    server().pump_until([&] {
      ERR_clear_error();
      const int result = SSL_do_handshake(ssl_.get());
      const int error = SSL_get_error(ssl_.get(), result);
      done = result == 1;
      failed = !done && error != SSL_ERROR_WANT_READ;
      if (failed) reason = take_openssl_reason("no reason");
      flush();
      if (!done && !failed && !receive_wire()) {
        failed = true;
        reason = "the connection ended";
      }
      return done || failed;
    });
    flush();
    return done;
  }

  // What would go over the wire for `text`, for tests that send only some of it.
  std::string encrypt(std::string_view text) {
    EXPECT_EQ(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
    return take_output();
  }
  // The first message of a handshake.
  std::string client_hello() {
    SSL_do_handshake(ssl_.get());
    return take_output();
  }
  // Past TLS.
  void send_wire(std::string_view bytes) {
    EXPECT_EQ(Client::transmit(bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void reset_on_disconnect() {
    const linger at_once{1, 0};
    EXPECT_EQ(::setsockopt(descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  }
  void close_notify() {
    SSL_shutdown(ssl_.get());
    flush();
  }

  [[nodiscard]] std::string certificate() const {
    return pem_of(SSL_get0_peer_certificate(ssl_.get()));
  }
  [[nodiscard]] int chain_size() const { return sk_X509_num(SSL_get_peer_cert_chain(ssl_.get())); }
  [[nodiscard]] std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
  }
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  // Whether the server has said that nothing follows.
  [[nodiscard]] bool notified() const { return notified_; }

  std::string reason;
  int data_records = 0;  // received

 protected:
  ssize_t transmit(const char* bytes, std::size_t size) override {
    if (!flush()) return -1;
    constexpr std::size_t most = 16384;
    const int put = SSL_write(ssl_.get(), bytes, static_cast<int>(std::min(size, most)));
    flush();
    return put;
  }
  ssize_t collect(char* buffer, std::size_t size) override {
    for (;;) {
      ERR_clear_error();
      const int got = SSL_read(ssl_.get(), buffer, static_cast<int>(size));
      if (got > 0) return got;
      switch (SSL_get_error(ssl_.get(), got)) {
        case SSL_ERROR_WANT_READ:
          if (!receive_wire()) return wire_error_ == 0 ? 0 : -1;
          if (BIO_pending(in_) == 0) {
            errno = EAGAIN;
            return -1;
          }
          break;
        case SSL_ERROR_ZERO_RETURN:
          notified_ = true;
          return 0;
        default:
          reason = take_openssl_reason("no reason");
          errno = EPROTO;
          return -1;
      }
    }
  }

 private:
  static void count_record(int sending, int, int type, const void* data, std::size_t size, SSL*,
                           void* self) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    if (sending == 0 && type == SSL3_RT_HEADER && size > 0 && bytes[0] == SSL3_RT_APPLICATION_DATA)
      ++static_cast<TlsClient*>(self)->data_records;
  }

  std::string take_output() {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(out_, &data);
    std::string wire(data, static_cast<std::size_t>(std::max(size, 0L)));
    BIO_reset(out_);
    return wire;
  }
  // False, with errno: not all of it could be sent.
  bool flush() {
    unsent_ += take_output();
    while (!unsent_.empty()) {
      const auto sent = Client::transmit(unsent_.data(), unsent_.size());
      if (sent < 0) return false;
      unsent_.erase(0, static_cast<std::size_t>(sent));
    }
    return true;
  }
  // False: nothing more comes.
  bool receive_wire() {
    char buffer[16384];
    const auto got = Client::collect(buffer, sizeof buffer);
    if (got > 0) BIO_write(in_, buffer, static_cast<int>(got));
    wire_error_ = got < 0 ? errno : 0;
    return got > 0 || (got < 0 && wire_error_ == EAGAIN);
  }

  SslContext context_;
  std::unique_ptr<SSL, OpenSslDeleter<SSL_free>> ssl_;
  BIO* in_ = nullptr;   // owned by ssl_
  BIO* out_ = nullptr;  // owned by ssl_
  std::string unsent_;
  int wire_error_ = 0;
  bool notified_ = false;
};

}  // namespace objectstore::http_test
