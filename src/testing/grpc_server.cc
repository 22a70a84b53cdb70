#include "testing/grpc_server.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <map>
#include <utility>

#include "net/grpc_message.h"
#include "runtime/sync.h"

namespace objectstore::testing {

namespace asio = boost::asio;
using asio::ip::tcp;
using Socket = asio::generic::stream_protocol::socket;

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}
std::uint8_t* bytes_of(const std::string& value) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
}
std::vector<nghttp2_nv> pairs_of(const RpcMetadata& headers) {
  std::vector<nghttp2_nv> pairs;
  for (const auto& [name, value] : headers) {
    pairs.push_back(
        {bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  return pairs;
}

class Connection;

struct Call final : GrpcServerCall {
  void respond(RpcMetadata response, bool ends) override;
  void data(std::string bytes) override;
  void trailers(RpcMetadata last) override;
  void reset(std::uint32_t error) override;

  std::shared_ptr<Connection> owner;
  GrpcMessageReader reader{1 << 30};
  std::deque<std::string> pending;
  std::optional<RpcMetadata> last_headers;
};

}  // namespace

struct GrpcServer::State : std::enable_shared_from_this<State> {
  State(const asio::any_io_executor& on, Handler handle, GrpcServerOptions with)
      : executor(on), handler(std::move(handle)), options(std::move(with)) {}

  // Coroutines begin later than they are called: what they need comes as parameters.
  static Task<void> accept_tcp(std::shared_ptr<State> state);
  static Task<void> accept_unix(std::shared_ptr<State> state);
  void serve(Socket socket);

  asio::any_io_executor executor;
  Handler handler;
  GrpcServerOptions options;
  std::optional<tcp::acceptor> tcp_acceptor;
  std::optional<asio::local::stream_protocol::acceptor> unix_acceptor;
  std::vector<std::shared_ptr<Connection>> connections;
  std::vector<std::unique_ptr<Call>> calls;
  Event reading;
  std::size_t pings = 0;
  std::size_t handshake_failures = 0;
};

namespace {

using State = GrpcServer::State;

// One connection: nghttp2's server session between a socket and the calls.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<State> state, std::size_t number)
      : state_(std::move(state)), number_(number) {
    make_session();
  }
  virtual ~Connection() { nghttp2_session_del(session); }

  virtual Task<void> run() = 0;
  virtual void close() = 0;
  // Once everything that was said is with the kernel.
  void close_when_written() {
    closing_ = true;
    if (!writing_) close();
  }

  void flush();
  nghttp2_session* session = nullptr;
  bool open = true;
  std::string raw;  // to be sent behind everything else

 protected:
  virtual void write() = 0;
  void received(std::string_view bytes);
  std::shared_ptr<State> state_;
  std::string out_;
  bool writing_ = false;
  bool closing_ = false;
  bool receiving_ = false;  // nghttp2 isn't asked for output inside its own callbacks

 private:
  void make_session();
  Call* find(std::int32_t stream) {
    const auto found = calls_.find(stream);
    return found == calls_.end() ? nullptr : found->second;
  }
  void begin_call(std::int32_t stream);
  void end_of_request(Call& call);

  static Connection& self(void* user) { return *static_cast<Connection*>(user); }
  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) self(user).begin_call(frame->hd.stream_id);
    return 0;
  }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user) {
    auto* call = self(user).find(frame->hd.stream_id);
    call->headers.emplace_back(text(name, name_size), text(value, value_size));
    if (call->headers.back().first == ":path") call->path = call->headers.back().second;
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                     std::size_t size, void* user) {
    auto* call = self(user).find(stream);
    EXPECT_FALSE(call->reader.push(text(data, size)).has_value());
    while (!call->reader.empty())
      call->messages.push_back(call->reader.pop());
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& own = self(user);
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
      ++own.state_->pings;
    const bool of_request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!of_request || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    if (auto* call = own.find(frame->hd.stream_id)) own.end_of_request(*call);
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t error, void* user) {
    auto* call = self(user).find(stream);
    if (call != nullptr && (error != NGHTTP2_NO_ERROR || !call->ended))
      call->reset_by_client = error;
    return 0;
  }

  std::size_t number_;
  std::map<std::int32_t, Call*> calls_;
};

void Connection::make_session() {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_option_new(&option);
  if (!state_->options.answers_pings) nghttp2_option_set_no_auto_ping_ack(option, 1);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
  nghttp2_session_server_new2(&session, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);

  std::vector<nghttp2_settings_entry> entries;
  if (const auto limit = state_->options.max_concurrent_streams)
    entries.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, *limit});
  if (const auto window = state_->options.window)
    entries.push_back({NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, *window});
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, entries.data(), entries.size());
  if (const auto window = state_->options.window) {
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                          static_cast<std::int32_t>(*window));
  }
}

void Connection::begin_call(std::int32_t stream) {
  auto call = std::make_unique<Call>();
  call->owner = shared_from_this();
  call->stream = stream;
  call->connection = number_;
  calls_[stream] = call.get();
  state_->calls.push_back(std::move(call));
}

void Connection::end_of_request(Call& call) {
  call.ended = true;
  if (state_->handler) state_->handler(call);
}

void Connection::received(std::string_view bytes) {
  receiving_ = true;
  const auto taken = nghttp2_session_mem_recv(
      session, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  EXPECT_EQ(taken, static_cast<ssize_t>(bytes.size())) << "the client broke HTTP/2";
  receiving_ = false;
  flush();
}

void Connection::flush() {
  if (state_->options.silent || receiving_ || !open) return;
  while (true) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session, &bytes);
    if (size <= 0) break;
    out_.append(text(bytes, static_cast<std::size_t>(size)));
  }
  out_ += std::exchange(raw, std::string());
  if (!writing_ && !out_.empty()) write();
}

template <class Stream>
class StreamConnection final : public Connection {
 public:
  template <class... Arguments>
  StreamConnection(std::shared_ptr<State> state, std::size_t number, Arguments&&... arguments)
      : Connection(std::move(state), number), stream_(std::forward<Arguments>(arguments)...) {}

  Task<void> run() override {
    if constexpr (!std::is_same_v<Stream, Socket>) {
      const auto [error] =
          co_await stream_.async_handshake(asio::ssl::stream_base::server, as_values);
      if (error) {
        ++state_->handshake_failures;
        close();
      }
    }
    flush();
    std::vector<char> buffer(256 * 1024);
    while (open) {
      if (!state_->options.reads) co_await state_->reading.wait();
      const auto target = asio::buffer(buffer);
      const auto [error, size] = co_await stream_.async_read_some(target, as_values);
      if (error || !open) break;
      received(std::string_view(buffer.data(), size));
    }
    close();
  }
  void close() override {
    open = false;
    boost::system::error_code ignored;
    stream_.lowest_layer().close(ignored);
  }

 private:
  void write() override {
    writing_ = true;
    auto bytes = std::make_shared<std::string>(std::exchange(out_, std::string()));
    const auto buffer = asio::buffer(*bytes);
    asio::async_write(
        stream_, buffer,
        [keep = shared_from_this(), this, bytes](boost::system::error_code error, std::size_t) {
          writing_ = false;
          if (!error) flush();
          if (closing_ && !writing_) close();
        });
  }

  Stream stream_;
};

void Call::respond(RpcMetadata response, bool ends) {
  const auto pairs = pairs_of(response);
  nghttp2_data_provider body{};
  body.source.ptr = this;
  body.read_callback = [](nghttp2_session* session, std::int32_t id, std::uint8_t* buffer,
                          std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                          void*) -> ssize_t {
    auto& call = *static_cast<Call*>(source->ptr);
    if (call.pending.empty()) {
      if (!call.last_headers) return NGHTTP2_ERR_DEFERRED;
      *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const auto last = pairs_of(*call.last_headers);
      nghttp2_submit_trailer(session, id, last.data(), last.size());
      return 0;
    }
    auto& piece = call.pending.front();
    const auto taken = std::min(size, piece.size());
    std::copy_n(piece.data(), taken, buffer);
    piece.erase(0, taken);
    if (piece.empty()) call.pending.pop_front();
    call.bytes_sent += taken;
    return static_cast<ssize_t>(taken);
  };
  nghttp2_submit_response(owner->session, stream, pairs.data(), pairs.size(),
                          ends ? nullptr : &body);
  owner->flush();
}

void Call::data(std::string bytes) {
  // Cheap to cut the front off.
  constexpr std::size_t piece = 16 * 1024;
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    pending.push_back(bytes.substr(at, piece));
  nghttp2_session_resume_data(owner->session, stream);
  owner->flush();
}

void Call::trailers(RpcMetadata last) {
  last_headers = std::move(last);
  nghttp2_session_resume_data(owner->session, stream);
  owner->flush();
}

void Call::reset(std::uint32_t error) {
  nghttp2_submit_rst_stream(owner->session, NGHTTP2_FLAG_NONE, stream, error);
  owner->flush();
}

RpcMetadata status_of(RpcCode code, const std::string& text, const RpcMetadata& extra) {
  RpcMetadata headers = {{"grpc-status", std::to_string(static_cast<int>(code))}};
  if (!text.empty()) headers.emplace_back("grpc-message", text);
  headers.insert(headers.end(), extra.begin(), extra.end());
  return headers;
}

}  // namespace

std::string GrpcServerCall::header(std::string_view name) const {
  for (const auto& [own, value] : headers) {
    if (own == name) return value;
  }
  return {};
}

void GrpcServerCall::begin(const RpcMetadata& extra) {
  RpcMetadata all = {{":status", "200"}, {"content-type", "application/grpc"}};
  all.insert(all.end(), extra.begin(), extra.end());
  respond(std::move(all), false);
}

void GrpcServerCall::message(std::string_view bytes) {
  const auto prefix = grpc_prefix(bytes.size());
  data(std::string(prefix.data(), prefix.size()).append(bytes));
}

void GrpcServerCall::finish(RpcCode code, const std::string& text, const RpcMetadata& extra) {
  trailers(status_of(code, text, extra));
}

void GrpcServerCall::reply(std::string_view bytes) {
  begin();
  message(bytes);
  finish(RpcCode::ok);
}

void GrpcServerCall::fail(RpcCode code, const std::string& text, const RpcMetadata& extra) {
  RpcMetadata all = {{":status", "200"}, {"content-type", "application/grpc"}};
  const auto status = status_of(code, text, extra);
  all.insert(all.end(), status.begin(), status.end());
  respond(std::move(all), true);
}

Task<void> GrpcServer::State::accept_tcp(std::shared_ptr<State> state) {
  while (true) {
    auto [error, socket] = co_await state->tcp_acceptor->async_accept(as_values);
    if (error) break;
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    state->serve(std::move(socket));
  }
}

Task<void> GrpcServer::State::accept_unix(std::shared_ptr<State> state) {
  while (true) {
    auto [error, socket] = co_await state->unix_acceptor->async_accept(as_values);
    if (error) break;
    state->serve(std::move(socket));
  }
}

namespace {

Task<void> run(std::shared_ptr<Connection> connection) {
  co_await connection->run();
}

}  // namespace

void GrpcServer::State::serve(Socket socket) {
  const auto number = connections.size();
  std::shared_ptr<Connection> connection;
  if (options.tls == nullptr) {
    connection =
        std::make_shared<StreamConnection<Socket>>(shared_from_this(), number, std::move(socket));
  } else {
    connection = std::make_shared<StreamConnection<asio::ssl::stream<Socket>>>(
        shared_from_this(), number, std::move(socket), *options.tls);
  }
  connections.push_back(connection);
  asio::co_spawn(executor, run(connection), asio::detached);
}

GrpcServer::GrpcServer(const asio::any_io_executor& executor, Handler handler,
                       GrpcServerOptions options)
    : state_(std::make_shared<State>(executor, std::move(handler), std::move(options))) {
  if (state_->options.unix_path.empty()) {
    state_->tcp_acceptor.emplace(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    asio::co_spawn(executor, State::accept_tcp(state_), asio::detached);
  } else {
    state_->unix_acceptor.emplace(
        executor, asio::local::stream_protocol::endpoint(state_->options.unix_path));
    asio::co_spawn(executor, State::accept_unix(state_), asio::detached);
  }
}

GrpcServer::~GrpcServer() {
  stop_listening();
  for (const auto& connection : state_->connections)
    connection->close();
  state_->calls.clear();  // they hold connections, which hold the state
  state_->connections.clear();
}

std::string GrpcServer::target() const {
  const auto& path = state_->options.unix_path;
  return path.empty() ? "127.0.0.1:" + std::to_string(port()) : "unix://" + path;
}
std::uint16_t GrpcServer::port() const {
  return state_->tcp_acceptor->local_endpoint().port();
}
std::size_t GrpcServer::calls() const {
  return state_->calls.size();
}
GrpcServerCall& GrpcServer::call(std::size_t index) {
  return *state_->calls.at(index);
}
std::size_t GrpcServer::connections() const {
  return state_->connections.size();
}
std::size_t GrpcServer::open_connections() const {
  std::size_t count = 0;
  for (const auto& connection : state_->connections)
    count += connection->open ? 1 : 0;
  return count;
}
std::size_t GrpcServer::pings() const {
  return state_->pings;
}
std::size_t GrpcServer::handshake_failures() const {
  return state_->handshake_failures;
}

void GrpcServer::go_away(std::int32_t last_stream, std::uint32_t error, std::string_view debug) {
  auto& connection = *state_->connections.back();
  nghttp2_submit_goaway(connection.session, NGHTTP2_FLAG_NONE, last_stream, error,
                        reinterpret_cast<const std::uint8_t*>(debug.data()), debug.size());
  connection.flush();
}

void GrpcServer::send_raw(std::string_view bytes) {
  auto& connection = *state_->connections.back();
  connection.raw += bytes;
  connection.flush();
}

void GrpcServer::start_reading() {
  state_->options.reads = true;
  state_->reading.set();
}

void GrpcServer::close_connections() {
  for (const auto& connection : state_->connections)
    connection->close_when_written();
}

void GrpcServer::stop_listening() {
  boost::system::error_code ignored;
  if (state_->tcp_acceptor) state_->tcp_acceptor->close(ignored);
  if (state_->unix_acceptor) state_->unix_acceptor->close(ignored);
}

}  // namespace objectstore::testing
