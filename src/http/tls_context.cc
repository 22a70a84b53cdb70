#include "http/tls_context.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <ctime>
#include <string_view>
#include <utility>

#include "base/openssl.h"
#include "runtime/small_file.h"

namespace objectstore {

namespace {

using Bio = std::unique_ptr<BIO, OpenSslDeleter<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, OpenSslDeleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, OpenSslDeleter<EVP_PKEY_free>>;
using Context = std::unique_ptr<SSL_CTX, OpenSslDeleter<SSL_CTX_free>>;

// Of TLS 1.2; those of 1.3 are all fine.
constexpr const char* ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::array<unsigned char, 9> alpn_http_1_1 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

std::string quoted(const std::string& path) {
  return "'" + path + "'";
}

Error bad_file(const std::string& path, const std::string& what) {
  return Error(ErrorCode::invalid_argument, quoted(path) + " " + what);
}

Error openssl_error(const std::string& what) {
  return Error(ErrorCode::internal, what + ": " + take_openssl_reason("unknown reason"));
}

// A PEM file's text, which may hold a key, wiped when done with.
class PemText {
 public:
  explicit PemText(std::string text) : text_(std::move(text)) {}
  PemText(PemText&& other) noexcept : text_(std::exchange(other.text_, {})) {}
  PemText& operator=(PemText&&) = delete;
  ~PemText() { OPENSSL_cleanse(text_.data(), text_.size()); }

  [[nodiscard]] bool holds(std::string_view what) const {
    return text_.find(what) != std::string::npos;
  }
  [[nodiscard]] Bio reader() const {
    return Bio(BIO_new_mem_buf(text_.data(), static_cast<int>(text_.size())));
  }

 private:
  std::string text_;
};

Result<PemText> read_pem(const std::string& path) {
  TRY_ASSIGN(auto text, read_small_file(path));
  if (!text) return Error(ErrorCode::io, "there is no file " + quoted(path));
  return PemText(*std::move(text));
}

// The next certificate; null at the end.
Result<Certificate> next_certificate(BIO* pem, const std::string& path) {
  ERR_clear_error();
  Certificate certificate(PEM_read_bio_X509(pem, nullptr, &no_openssl_password, nullptr));
  if (!certificate && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return bad_file(path, "holds a damaged certificate: " + take_openssl_reason("unreadable"));
  }
  ERR_clear_error();
  return certificate;
}

void warn_if_out_of_time(const X509* certificate, const std::string& path, WallTime now,
                         Logger& logger) {
  auto seconds = static_cast<std::time_t>(
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  if (X509_cmp_time(X509_get0_notAfter(certificate), &seconds) < 0) {
    logger.warn("the TLS certificate has expired", {{"file", path}});
  } else if (X509_cmp_time(X509_get0_notBefore(certificate), &seconds) > 0) {
    logger.warn("the TLS certificate is not valid yet", {{"file", path}});
  }
}

Result<void> use_certificates(SSL_CTX* context, const std::string& path) {
  TRY_ASSIGN(const auto text, read_pem(path));
  const auto pem = text.reader();
  TRY_ASSIGN(const auto own, next_certificate(pem.get(), path));
  if (!own) return bad_file(path, "holds no PEM certificate");
  if (SSL_CTX_use_certificate(context, own.get()) != 1) {
    return bad_file(path, "holds an unusable certificate: " + take_openssl_reason("refused"));
  }
  for (;;) {
    TRY_ASSIGN(const auto issuer, next_certificate(pem.get(), path));
    if (!issuer) return {};
    if (SSL_CTX_add1_chain_cert(context, issuer.get()) != 1) {
      return bad_file(path, "holds an unusable certificate: " + take_openssl_reason("refused"));
    }
  }
}

Result<void> use_key(SSL_CTX* context, const ServerTls::Files& files) {
  const auto& path = files.key_file;
  TRY_ASSIGN(const auto text, read_pem(path));
  if (!text.holds("PRIVATE KEY-----")) return bad_file(path, "holds no PEM private key");
  const auto pem = text.reader();
  const Key key(PEM_read_bio_PrivateKey(pem.get(), nullptr, &no_openssl_password, nullptr));
  if (!key) {
    const auto why = take_openssl_reason("unreadable");
    const bool locked = text.holds("ENCRYPTED");
    return bad_file(path, locked ? "is protected by a password" : "holds a damaged key: " + why);
  }
  if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1) {
    ERR_clear_error();
    return bad_file(path, "does not fit the certificate in " + quoted(files.cert_file));
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return bad_file(path, "holds an unusable key: " + take_openssl_reason("refused"));
  }
  return {};
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* match = nullptr;
  const int found = SSL_select_next_proto(&match, size, alpn_http_1_1.data(), alpn_http_1_1.size(),
                                          offered, offered_size);
  *chosen = match;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Result<Context> load_context(const ServerTls::Files& files, WallTime now, Logger& logger) {
  ERR_clear_error();
  Context made(SSL_CTX_new(TLS_server_method()));
  auto* context = made.get();
  if (context == nullptr) return openssl_error("can't set up TLS");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // Idle connections hold no buffers; the data of a write may be elsewhere when it is repeated.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);  // a record in one system call, not two
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
  if (SSL_CTX_set_cipher_list(context, ciphers) != 1) return openssl_error("can't set up TLS");
  TRY(use_certificates(context, files.cert_file));
  TRY(use_key(context, files));
  // Of files that are used, once: bad ones are read again and again.
  warn_if_out_of_time(SSL_CTX_get0_certificate(context), files.cert_file, now, logger);
  return made;
}

}  // namespace

void SslFree::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

ServerTls::ServerTls(Files files, const Clock& clock, Logger& logger)
    : files_(std::move(files)), clock_(clock), logger_(logger) {}

Result<std::shared_ptr<ServerTls>> ServerTls::load(Files files, const Clock& clock,
                                                   Logger& logger) {
  std::shared_ptr<ServerTls> made(new ServerTls(std::move(files), clock, logger));
  TRY(made->reload());
  return made;
}

Result<void> ServerTls::reload() {
  auto loaded = load_context(files_, clock_.now(), logger_);
  if (!loaded.ok()) return std::move(loaded).error().wrap("can't use the files of http.tls");
  std::shared_ptr<SSL_CTX> fresh(*std::move(loaded));
  const std::lock_guard lock(mutex_);
  context_ = std::move(fresh);
  return {};
}

SslHandle ServerTls::accept() const {
  const auto context = [this] {
    const std::lock_guard lock(mutex_);
    return context_;
  }();
  ERR_clear_error();
  SslHandle ssl(SSL_new(context.get()));
  if (ssl) SSL_set_accept_state(ssl.get());
  return ssl;
}

}  // namespace objectstore
