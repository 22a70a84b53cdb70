#include "net/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "base/openssl.h"

namespace objectstore {

namespace {

std::string openssl_reason() {
  return take_openssl_reason("the peer closed or broke the TLS connection");
}

Error tls_error(std::string why) {
  return Error(ErrorCode::unavailable, "TLS: " + std::move(why));
}

constexpr std::array<unsigned char, 3> alpn_h2 = {2, 'h', '2'};

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}
void TlsSession::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::client(TlsSettings settings) {
  auto made = std::make_shared<TlsContext>();
  made->context_.reset(SSL_CTX_new(TLS_client_method()));
  auto* context = made->context_.get();
  if (context == nullptr) return tls_error(openssl_reason());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_protos(context, alpn_h2.data(), alpn_h2.size());
  const bool loaded =
      settings.ca_file.empty()
          ? SSL_CTX_set_default_verify_paths(context) == 1
          : SSL_CTX_load_verify_locations(context, settings.ca_file.c_str(), nullptr) == 1;
  if (!loaded) {
    const auto what = settings.ca_file.empty() ? std::string("the system's root certificates")
                                               : "certificates from '" + settings.ca_file + "'";
    return Error(ErrorCode::invalid_argument, "can't load " + what + ": " + openssl_reason());
  }
  made->settings_ = std::move(settings);
  return std::shared_ptr<const TlsContext>(std::move(made));
}

Result<std::unique_ptr<TlsSession>> TlsSession::client(const TlsContext& context,
                                                       const std::string& host) {
  auto session = std::make_unique<TlsSession>();
  session->ssl_.reset(SSL_new(context.context_.get()));
  auto* ssl = session->ssl_.get();
  if (ssl == nullptr) return tls_error(openssl_reason());
  session->in_ = BIO_new(BIO_s_mem());
  session->out_ = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(session->in_, -1);  // empty means: more will come
  SSL_set_bio(ssl, session->in_, session->out_);
  SSL_set_connect_state(ssl);

  const auto& configured = context.settings().server_name;
  const auto& name = configured.empty() ? host : configured;
  auto* verification = SSL_get0_param(ssl);
  const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(verification, name.c_str()) == 1;
  if (!is_address) {
    ERR_clear_error();
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set1_host(ssl, name.c_str()) != 1 || SSL_set_tlsext_host_name(ssl, name.c_str()) != 1)
      return tls_error("'" + name + "' can't be verified: " + openssl_reason());
  }
  return session;
}

Result<bool> TlsSession::handshake() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done != 1) {
    const int why = SSL_get_error(ssl_.get(), done);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return false;
    const auto verified = SSL_get_verify_result(ssl_.get());
    if (verified != X509_V_OK) {
      ERR_clear_error();
      return tls_error(std::string("the peer's certificate is refused: ") +
                       X509_verify_cert_error_string(verified));
    }
    return tls_error(openssl_reason());
  }
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
  if (size != 2 || protocol[0] != 'h' || protocol[1] != '2')
    return tls_error("the peer does not offer HTTP/2");
  return true;
}

void TlsSession::receive_handshake(std::string_view wire) {
  BIO_write(in_, wire.data(), static_cast<int>(wire.size()));
}

Result<void> TlsSession::receive(std::string_view wire, std::string& plain) {
  receive_handshake(wire);
  char record[16 * 1024];
  while (true) {
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), record, sizeof record);
    if (got > 0) {
      plain.append(record, static_cast<std::size_t>(got));
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), got);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return {};
    if (why == SSL_ERROR_ZERO_RETURN) return tls_error("the peer ended the connection");
    return tls_error(openssl_reason());
  }
}

Result<void> TlsSession::send(std::string_view plain, std::string& wire) {
  ERR_clear_error();
  if (!plain.empty()) {
    const int put = SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
    if (put != static_cast<int>(plain.size())) return tls_error(openssl_reason());
  }
  take_output(wire);
  return {};
}

void TlsSession::take_output(std::string& wire) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out_, &bytes);
  if (size <= 0) return;
  wire.append(bytes, static_cast<std::size_t>(size));
  BIO_reset(out_);
}

}  // namespace objectstore
