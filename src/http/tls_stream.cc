#include "http/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "base/openssl.h"

namespace objectstore {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t record_bytes = SSL3_RT_MAX_PLAIN_LENGTH;

// OpenSSL's own socket BIO writes with write(), which may raise SIGPIPE, and to a descriptor, which
// may be another file's once the socket is closed. Asio does neither.
tcp::socket& socket_of(BIO* bio) {
  return *static_cast<tcp::socket*>(BIO_get_data(bio));
}

bool would_block(const boost::system::error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again;
}

int bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  boost::system::error_code error;
  const asio::mutable_buffer target(data, static_cast<std::size_t>(size));
  const auto got = socket_of(bio).read_some(target, error);
  if (!error) return static_cast<int>(got);
  if (would_block(error)) BIO_set_retry_read(bio);
  return error == asio::error::eof ? 0 : -1;
}

int bio_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  boost::system::error_code error;
  const asio::const_buffer source(data, static_cast<std::size_t>(size));
  const auto put = socket_of(bio).write_some(source, error);
  if (!error) return static_cast<int>(put);
  if (would_block(error)) BIO_set_retry_write(bio);
  return -1;
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;  // nothing is held back
}

using Method = std::unique_ptr<BIO_METHOD, OpenSslDeleter<BIO_meth_free>>;

Method make_method() {
  Method method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket"));
  if (!method) return method;
  BIO_meth_set_read(method.get(), &bio_read);
  BIO_meth_set_write(method.get(), &bio_write);
  BIO_meth_set_ctrl(method.get(), &bio_control);
  return method;
}

BIO* make_bio(tcp::socket& socket) {
  static const Method method = make_method();
  BIO* bio = method ? BIO_new(method.get()) : nullptr;
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &socket);
  BIO_set_init(bio, 1);
  return bio;
}

// What goes into the next records: the first piece by itself where it fills one or is the last,
// else as much of all pieces as one record takes, copied to `record`. The same for the same pieces.
std::span<const char> next_bytes(const Gather& pieces, std::span<char> record) {
  const auto& first = *pieces.begin();
  if (first.size() >= record.size() || pieces.size() == 1) {
    return {static_cast<const char*>(first.data()), first.size()};
  }
  std::size_t used = 0;
  for (const auto& piece : pieces) {
    const auto size = std::min(piece.size(), record.size() - used);
    std::memcpy(record.data() + used, piece.data(), size);
    used += size;
  }
  return record.first(used);
}

}  // namespace

TlsStream::TlsStream(SslHandle ssl, tcp::socket& socket) : ssl_(std::move(ssl)) {
  auto* bio = ssl_ ? make_bio(socket) : nullptr;
  if (bio == nullptr) {
    failed_ = true;
    failure_ = "out of memory";
    return;
  }
  SSL_set_bio(ssl_.get(), bio, bio);
}

TlsStream::State TlsStream::handshake() {
  if (failed_) return State::failed;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? State::ok : state_of(result);
}

TlsStream::Read TlsStream::read(char* data, std::size_t capacity) {
  Read read;
  do {
    if (failed_) break;
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), data + read.size, capacity - read.size, &got);
    if (result != 1) {
      read.state = state_of(result);
      break;
    }
    read.size += got;
    // One record at a time; go on only with what was received along with this one.
  } while (read.size < capacity && SSL_has_pending(ssl_.get()) == 1);
  if (read.size > 0) {
    read.state = State::ok;  // whatever came behind the data shows up again in the next call
  } else if (failed_) {
    read.state = State::failed;
  }
  return read;
}

TlsStream::State TlsStream::write(Gather& pieces) {
  if (failed_) return State::failed;
  char record[record_bytes];
  while (!pieces.empty()) {
    const auto bytes = next_bytes(pieces, record);
    ERR_clear_error();
    std::size_t written = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
    if (result != 1) return state_of(result);
    pieces.consume(written);
  }
  return State::ok;
}

TlsStream::State TlsStream::close_notify() {
  if (failed_ || SSL_is_init_finished(ssl_.get()) == 0) return State::failed;
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_.get());
  // 0: sent, and the client has not said the same.
  return result >= 0 ? State::ok : state_of(result);
}

TlsStream::State TlsStream::state_of(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return State::want_read;
    case SSL_ERROR_WANT_WRITE:
      return State::want_write;
    case SSL_ERROR_ZERO_RETURN:
      return State::end;
    default:
      failed_ = true;
      failure_ = take_openssl_reason("the client closed or broke the connection");
      return State::failed;
  }
}

}  // namespace objectstore
