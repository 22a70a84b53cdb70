#include "testing/http_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <list>
#include <string_view>

namespace objectstore::testing {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

struct HttpServer::State {
  State(const asio::any_io_executor& executor, Handler on_request, asio::ssl::context* with_tls)
      : acceptor(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        port(acceptor.local_endpoint().port()),
        handler(std::move(on_request)),
        tls(with_tls) {}

  tcp::acceptor acceptor;
  std::uint16_t port;
  Handler handler;
  HeadHandler head_handler;
  asio::ssl::context* tls;
  std::vector<HttpServerRequest> requests;
  std::list<tcp::socket*> open;
  std::size_t connections = 0;
  std::size_t bytes_written = 0;
};

namespace {

using State = HttpServer::State;
using Ending = HttpServerAnswer::Ending;
constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

class OpenSocket {
 public:
  OpenSocket(State& state, tcp::socket& socket)
      : state_(state), at_(state.open.insert(state.open.end(), &socket)) {}
  ~OpenSocket() { state_.open.erase(at_); }
  OpenSocket(const OpenSocket&) = delete;
  OpenSocket& operator=(const OpenSocket&) = delete;

 private:
  State& state_;
  std::list<tcp::socket*>::iterator at_;
};

HttpServerRequest parse_head(std::string_view head) {
  HttpServerRequest request;
  const auto first = head.substr(0, head.find("\r\n"));
  const auto space = first.find(' ');
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  for (head.remove_prefix(first.size() + 2); head.size() > 2;) {
    const auto line = head.substr(0, head.find("\r\n"));
    const auto colon = line.find(':');
    std::string name(line.substr(0, colon));
    for (auto& letter : name)
      letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    auto value = line.substr(colon + 1);
    while (value.starts_with(' '))
      value.remove_prefix(1);
    request.headers.emplace_back(std::move(name), value);
    head.remove_prefix(line.size() + 2);
  }
  return request;
}

std::string head_of(const HttpServerAnswer& answer) {
  std::string head = answer.interim + "HTTP/1.1 " + std::to_string(answer.status) + " Answer\r\n";
  for (const auto& [name, value] : answer.headers)
    head.append(name).append(": ").append(value).append("\r\n");
  if (answer.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else {
    const auto length = answer.announced_length.value_or(answer.body.size());
    head += "Content-Length: " + std::to_string(length) + "\r\n";
  }
  if (answer.ending == Ending::closes) head += "Connection: close\r\n";
  return head + "\r\n";
}

std::string body_of(const HttpServerAnswer& answer) {
  if (!answer.chunked) return answer.body;
  std::string text;
  for (std::size_t at = 0; at < answer.body.size(); at += 1000) {
    const auto piece = answer.body.substr(at, 1000);
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    text.append(size).append(piece).append("\r\n");
  }
  return answer.ending == Ending::cuts_body ? text : text + "0\r\n\r\n";
}

// One connection over a plain socket or a TLS stream.
template <class Stream>
class Session {
 public:
  Session(Stream& stream, std::shared_ptr<State> state)
      : stream_(stream), state_(std::move(state)), number_(++state_->connections) {}

  Task<void> serve() {
    for (;;) {
      const auto going_on = co_await serve_one();
      if (!going_on) co_return;
    }
  }

 private:
  // False: the connection is over.
  Task<bool> serve_one() {
    const auto end = co_await read_until("\r\n\r\n");
    if (end == std::string::npos) co_return false;
    auto request = parse_head(std::string_view(received_).substr(0, end));
    received_.erase(0, end);
    request.connection = number_;
    std::optional<HttpServerAnswer> early;
    if (state_->head_handler) early = state_->head_handler(request);
    if (early) {
      const auto kept = co_await answer(*early, request.method);
      if (!kept) co_return false;
    }
    const auto whole = co_await read_body(request);
    if (!whole) co_return false;
    state_->requests.push_back(request);
    if (early) co_return true;
    const auto reply = state_->handler(request);
    const auto kept = co_await answer(reply, request.method);
    co_return kept;
  }

  Task<bool> answer(const HttpServerAnswer& answer, const std::string& method) {
    if (answer.after) co_await answer.after->wait();
    if (answer.ending == Ending::no_answer) co_return false;
    if (answer.ending == Ending::silence) {
      // Until the client leaves.
      co_await read_until("\r\n\r\n never sent");
      co_return false;
    }
    auto text = head_of(answer);
    if (method != "HEAD") text += body_of(answer);
    for (std::string_view rest = text; !rest.empty();) {
      const auto piece = rest.substr(0, 64 << 10);
      const asio::const_buffer buffer(piece.data(), piece.size());
      const auto [error, size] = co_await asio::async_write(stream_, buffer, as_values);
      state_->bytes_written += size;
      if (error) co_return false;
      rest.remove_prefix(piece.size());
    }
    co_return answer.ending == Ending::complete;
  }

  Task<bool> read_body(HttpServerRequest& request) {
    if (request.header("transfer-encoding") != "chunked") {
      const auto length = request.header("content-length");
      const auto size = length.empty() ? 0 : std::stoul(length);
      const auto whole = co_await read_bytes(size, request.body);
      co_return whole;
    }
    for (;;) {
      const auto line = co_await read_until("\r\n");
      if (line == std::string::npos) co_return false;
      const auto size = std::stoul(received_.substr(0, line), nullptr, 16);
      received_.erase(0, line);
      std::string chunk;
      const auto whole = co_await read_bytes(size + 2, chunk);
      if (!whole) co_return false;
      request.body += chunk.substr(0, size);
      if (size == 0) co_return true;
    }
  }

  Task<bool> read_bytes(std::size_t size, std::string& into) {
    while (received_.size() < size) {
      const auto more = co_await read_more();
      if (!more) co_return false;
    }
    into = received_.substr(0, size);
    received_.erase(0, size);
    co_return true;
  }
  // The position behind `mark` in received_, or npos at the end of the connection.
  Task<std::size_t> read_until(std::string_view mark) {
    for (;;) {
      const auto found = received_.find(mark);
      if (found != std::string::npos) co_return found + mark.size();
      const auto more = co_await read_more();
      if (!more) co_return std::string::npos;
    }
  }
  Task<bool> read_more() {
    const asio::mutable_buffer buffer(buffer_.data(), buffer_.size());
    const auto [error, size] = co_await stream_.async_read_some(buffer, as_values);
    received_.append(buffer_.data(), size);
    const bool is_tls = received_.starts_with('\x16');  // a plain server is spoken to in TLS
    co_return !error && !is_tls;
  }

  Stream& stream_;
  std::shared_ptr<State> state_;
  std::size_t number_;
  std::string received_;
  std::string buffer_ = std::string(64 << 10, '\0');
};

Task<void> serve(tcp::socket socket, std::shared_ptr<State> state) {
  const OpenSocket open(*state, socket);
  if (state->tls == nullptr) {
    Session<tcp::socket> session(socket, state);
    co_await session.serve();
    co_return;
  }
  asio::ssl::stream<tcp::socket&> stream(socket, *state->tls);
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, as_values);
  if (error) co_return;
  Session<asio::ssl::stream<tcp::socket&>> session(stream, state);
  co_await session.serve();
}

Task<void> accept(std::shared_ptr<State> state) {
  while (state->acceptor.is_open()) {
    auto [error, socket] = co_await state->acceptor.async_accept(as_values);
    if (error) continue;
    socket.set_option(tcp::no_delay(true));
    const auto executor = state->acceptor.get_executor();
    asio::co_spawn(executor, serve(std::move(socket), state), asio::detached);
  }
}

}  // namespace

std::string HttpServerRequest::header(const std::string& name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

HttpServer::HttpServer(const asio::any_io_executor& executor, Handler handler,
                       asio::ssl::context* tls)
    : state_(std::make_shared<State>(executor, std::move(handler), tls)) {
  asio::co_spawn(executor, accept(state_), asio::detached);
}

HttpServer::~HttpServer() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  for (auto* socket : state_->open)
    socket->close(ignored);
}

void HttpServer::answer_heads(HeadHandler handler) {
  state_->head_handler = std::move(handler);
}
std::uint16_t HttpServer::port() const {
  return state_->port;
}
std::string HttpServer::url(const std::string& target) const {
  const std::string scheme = state_->tls == nullptr ? "http" : "https";
  return scheme + "://127.0.0.1:" + std::to_string(state_->port) + target;
}
const std::vector<HttpServerRequest>& HttpServer::requests() const {
  return state_->requests;
}
std::size_t HttpServer::connections() const {
  return state_->connections;
}
std::size_t HttpServer::open_connections() const {
  return state_->open.size();
}
std::size_t HttpServer::bytes_written() const {
  return state_->bytes_written;
}

}  // namespace objectstore::testing
