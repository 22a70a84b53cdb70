#include "http/connection.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "http/errors.h"
#include "http/head_buffer.h"
#include "http/request_body.h"
#include "http/request_head.h"
#include "http/socket_io.h"

namespace objectstore {

namespace {

unsigned status_of(HeadVerdict verdict) {
  switch (verdict) {
    case HeadVerdict::uri_too_long:
      return 414;
    case HeadVerdict::fields_too_large:
      return 431;
    case HeadVerdict::ok:
    case HeadVerdict::bad_request:
      return 400;
  }
  return 400;
}

class Connection {
 public:
  Connection(boost::asio::ip::tcp::socket socket, ConnectionTable& table, Endpoints& endpoints,
             const ServerSettings& settings, Logger& logger)
      : io_(std::move(socket), table),
        table_(table),
        endpoints_(endpoints),
        settings_(settings),
        logger_(logger),
        body_(io_, parser_, settings) {}

  Task<void> run();

 private:
  enum class HeadState : std::uint8_t { ready, refused, over };

  Task<HeadState> read_head();
  Task<bool> serve_request(const RequestHead& head);
  Task<IoOutcome> send(const RequestHead& head);
  Task<IoOutcome> send_stream(bool chunked);
  Task<IoOutcome> send_live(bool chunked);
  void log_request(const RequestHead& head, const RequestMetrics::Record& record, IoOutcome sent);
  void log_aborted(std::string why);
  Task<IoOutcome> write(Gather& pieces);
  Task<void> refuse();
  Task<void> linger();
  void append_chunk_size(std::size_t size);

  SocketIo io_;
  ConnectionTable& table_;
  Endpoints& endpoints_;
  const ServerSettings& settings_;
  Logger& logger_;
  HeadBuffer buffer_;
  RequestParser parser_;
  RequestBody body_;
  Response response_;
  std::string out_;  // heads and chunk sizes, reused
  HeadVerdict verdict_ = HeadVerdict::ok;
  std::size_t head_size_ = 0;
  bool first_request_ = true;
};

Task<void> Connection::run() {
  if (settings_.tls) {
    const auto outcome = co_await io_.handshake(*settings_.tls, settings_.head_timeout);
    if (outcome == IoOutcome::failed) {
      logger_.debug("TLS handshake failed", {{"why", io_.tls_failure()}});
    }
    if (outcome != IoOutcome::ok) co_return;
  }
  for (;;) {
    const auto state = co_await read_head();
    if (state == HeadState::over) co_return;
    const RequestHead* head = nullptr;
    if (state == HeadState::ready) {
      head = parser_.parse_head(buffer_.pending().substr(0, head_size_));
    }
    if (head == nullptr) {
      co_await refuse();
      co_return;
    }
    const bool keep = co_await serve_request(*head);
    if (!keep) co_return;
    first_request_ = false;
  }
}

// Reads until a whole head is pending. A connection that ends, stalls or is to be released before
// that is over without an answer.
Task<Connection::HeadState> Connection::read_head() {
  using State = HeadScanner::Progress::State;
  HeadScanner scanner;
  bool begun = false;  // whether the deadline is that of a head
  if (first_request_) {
    io_.arm(settings_.head_timeout);
    begun = true;
  }
  for (;;) {
    // Empty lines before a request are the remains of a sloppy client's last body (RFC 9112, 2.2).
    while (buffer_.pending().starts_with("\r\n")) {
      buffer_.consume(2);
      scanner = HeadScanner();
    }
    const auto pending = buffer_.pending();
    const auto progress = scanner.scan(pending);
    if (progress.state != State::incomplete) {
      io_.disarm();
      head_size_ = progress.size;
      verdict_ = progress.state == State::complete
                     ? check_request_head(pending.substr(0, head_size_))
                     : progress.verdict;
      co_return verdict_ == HeadVerdict::ok ? HeadState::ready : HeadState::refused;
    }
    if (pending.empty()) {
      if (!begun) io_.arm(settings_.keep_alive_timeout);
    } else if (!begun) {
      io_.arm(settings_.head_timeout);
      begun = true;
    }
    const auto space = buffer_.prepare();
    SocketIo::ReadResult read;
    if (buffer_.pending().empty()) {
      read = co_await io_.read_when_idle(space.data(), space.size());
    } else {
      read = co_await io_.read_some(space.data(), space.size());
    }
    if (read.outcome != IoOutcome::ok) co_return HeadState::over;
    buffer_.commit(read.size);
  }
}

// False: the connection is over.
Task<bool> Connection::serve_request(const RequestHead& head) {
  InFlight::Slot slot(endpoints_.in_flight());
  RequestMetrics::Record record(endpoints_.metrics());
  AdmittedRequest request;
  body_.begin(buffer_.pending().substr(head_size_), head);
  response_.reset();
  bool threw = false;
  try {
    co_await endpoints_.handle(head, slot, record, request, body_, response_);
  } catch (const std::exception& error) {
    logger_.error("request handler threw",
                  {{"what", error.what()}, {"request_id", response_.request_id}});
    threw = true;
  }
  if (threw) answer_panic(response_);

  // A live body reads the request while the response is sent: how that ends is not known yet.
  const bool keep = head.keep_alive && !head.http_1_0 && !response_.close && !table_.stopping() &&
                    (response_.live || body_.can_finish());
  response_.close = !keep;
  auto sent = IoOutcome::failed;
  try {
    sent = co_await send(head);
  } catch (const std::exception& error) {
    log_aborted(error.what());
  }
  if (sent != IoOutcome::ok) io_.abort();  // ends what a live body may still be reading
  if (response_.live) co_await response_.live->close();
  if (sent == IoOutcome::ok) record.ended(response_.status);
  log_request(head, record, sent);
  response_.reset();
  slot.release();
  if (sent != IoOutcome::ok) co_return false;
  if (!keep || !body_.can_finish()) {
    if (!body_.done() || !body_.received_beyond().empty()) {
      co_await linger();
    } else {
      co_await io_.shutdown_send(settings_.write_stall_timeout);
    }
    co_return false;
  }
  if (!body_.done()) {
    const bool drained = co_await body_.drain();
    if (!drained) co_return false;
  }
  buffer_.keep_only(body_.received_beyond());
  body_.release_buffer();
  co_return true;
}

void Connection::log_request(const RequestHead& head, const RequestMetrics::Record& record,
                             IoOutcome sent) {
  if (!logger_.enabled(LogLevel::debug)) return;
  logger_.debug("request", {{"method", std::string(to_string(head.method))},
                            {"route", std::string(route_pattern(record.route()))},
                            {"status", std::to_string(response_.status)},
                            {"outcome", sent == IoOutcome::ok ? "sent" : "dropped"},
                            {"seconds", fmt::format("{:.6f}", record.age())},
                            {"request_id", response_.request_id}});
}

Task<IoOutcome> Connection::send(const RequestHead& head) {
  const bool chunked = response_.framing == Response::Framing::chunked && !head.http_1_0;
  out_.clear();
  append_response_head(out_, response_, head.http_1_0, table_.date());
  if (response_.live) co_return co_await send_live(chunked);
  if (response_.stream && head.method != Method::head) co_return co_await send_stream(chunked);

  Gather pieces;
  const std::string_view body =
      response_.bytes.size() > 0 ? response_.bytes.view() : response_.text;
  if (head.method == Method::head) {
    pieces.add(out_);
  } else if (!chunked) {
    pieces.add(out_);
    pieces.add(body);
  } else {
    if (!body.empty()) append_chunk_size(body.size());
    pieces.add(out_);
    pieces.add(body);
    pieces.add(body.empty() ? "0\r\n\r\n" : "\r\n0\r\n\r\n");
  }
  co_return co_await write(pieces);
}

// The head is in `out_`; it leaves with the first piece, the end of the body with the last one.
Task<IoOutcome> Connection::send_stream(bool chunked) {
  std::uint64_t left = response_.length;
  auto piece = response_.first_piece;
  for (;;) {
    if (piece.size() > left || (piece.empty() && left > 0)) {
      log_aborted("a stored payload has not its size");
      co_return IoOutcome::failed;
    }
    left -= piece.size();
    Gather pieces;
    if (chunked && !piece.empty()) append_chunk_size(piece.size());
    pieces.add(out_);
    pieces.add(piece);
    if (chunked && !piece.empty()) pieces.add("\r\n");
    if (chunked && left == 0) pieces.add("0\r\n\r\n");
    const auto outcome = co_await write(pieces);
    if (outcome != IoOutcome::ok || left == 0) co_return outcome;
    out_.clear();
    auto next = co_await response_.stream->next();
    if (!next.ok()) {
      log_aborted(next.error().describe());
      co_return IoOutcome::failed;
    }
    piece = *next;
  }
}

// The head leaves with the first piece, whose making is the live body's first step.
Task<IoOutcome> Connection::send_live(bool chunked) {
  for (;;) {
    const auto piece = co_await response_.live->next();
    if (!piece.ok()) {
      log_aborted(piece.error().describe());
      co_return IoOutcome::failed;
    }
    if (chunked && !piece->empty()) append_chunk_size(piece->size());
    Gather pieces;
    pieces.add(out_);
    pieces.add(*piece);
    if (chunked) pieces.add(piece->empty() ? "0\r\n\r\n" : "\r\n");
    const auto outcome = co_await write(pieces);
    if (outcome != IoOutcome::ok || piece->empty()) co_return outcome;
    out_.clear();
  }
}

void Connection::log_aborted(std::string why) {
  logger_.error("response aborted",
                {{"error", std::move(why)}, {"request_id", response_.request_id}});
}

Task<IoOutcome> Connection::write(Gather& pieces) {
  const auto outcome = io_.write_now(pieces);
  if (outcome != IoOutcome::ok || pieces.empty()) co_return outcome;
  co_return co_await io_.write_rest(pieces, settings_.write_stall_timeout);
}

// Answers a head that is no request.
Task<void> Connection::refuse() {
  response_.request_id.clear();  // that of the request before
  response_.set_empty(status_of(verdict_));
  response_.server_header = false;
  response_.close = true;
  out_.clear();
  append_response_head(out_, response_, false, table_.date());
  Gather pieces;
  pieces.add(out_);
  const auto outcome = co_await write(pieces);
  if (outcome == IoOutcome::ok) co_await linger();
}

// Closing while the client still sends would reset the connection and could cost it the answer.
Task<void> Connection::linger() {
  constexpr std::size_t most = std::size_t{64} << 20;
  body_.release_buffer();
  co_await io_.shutdown_send(settings_.lingering_timeout);
  io_.arm(settings_.lingering_timeout);
  buffer_.keep_only({});
  for (std::size_t dropped = 0; dropped < most;) {
    const auto space = buffer_.prepare();
    const auto read = co_await io_.read_some(space.data(), space.size());
    if (read.outcome != IoOutcome::ok) co_return;
    dropped += read.size;
  }
}

void Connection::append_chunk_size(std::size_t size) {
  fmt::format_to(std::back_inserter(out_), "{:x}\r\n", size);
}

}  // namespace

Task<void> serve_connection(boost::asio::ip::tcp::socket socket, ConnectionTable& table,
                            Endpoints& endpoints, const ServerSettings& settings, Logger& logger) {
  try {
    Connection connection(std::move(socket), table, endpoints, settings, logger);
    co_await connection.run();
  } catch (const std::exception& error) {
    logger.error("connection ended by an exception", {{"what", error.what()}});
  }
}

}  // namespace objectstore
