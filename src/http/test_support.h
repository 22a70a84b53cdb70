// A server in the test's own thread, with a store and a clock that the test controls, and a client
// on a raw socket. Nothing sleeps: whoever waits for an answer runs the server's loops meanwhile.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "http/server.h"
#include "runtime/real_clock.h"
#include "runtime/real_random.h"
#include "runtime/sync.h"
#include "testing/recording_logger.h"

namespace objectstore::http_test {

namespace asio = boost::asio;

// Time stands still until the test moves it. One thread.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override {
    return WallTime(std::chrono::seconds(1'776'692'220)) + since_start_;  // 2026-04-20T13:37:00Z
  }
  [[nodiscard]] MonotonicTime monotonic_now() const override { return MonotonicTime(since_start_); }
  [[nodiscard]] Task<void> sleep_until(MonotonicTime when) override {
    if (when <= monotonic_now()) co_return;
    const auto executor = co_await asio::this_coro::executor;
    const auto never = asio::steady_timer::time_point::max();
    auto timer = std::make_shared<asio::steady_timer>(executor, never);
    const auto sleeper = sleepers_.insert(sleepers_.end(), Sleeper{when, timer});
    constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
    co_await timer->async_wait(as_values);
    sleepers_.erase(sleeper);
  }
  void advance(Duration duration) {
    since_start_ += duration;
    for (const auto& sleeper : sleepers_) {
      if (sleeper.when <= monotonic_now()) sleeper.timer->cancel();
    }
  }

 private:
  struct Sleeper {
    MonotonicTime when;
    std::shared_ptr<asio::steady_timer> timer;
  };
  Duration since_start_{};
  std::list<Sleeper> sleepers_;
};

// Yields `bytes` in pieces; fails instead of yielding the byte at `fail_at`.
class PieceStream final : public ByteStream {
 public:
  // Adds to `yielded` what it yields.
  PieceStream(std::string bytes, std::size_t piece, std::size_t fail_at, std::size_t& yielded)
      : bytes_(std::move(bytes)), piece_(piece), fail_at_(fail_at), yielded_(yielded) {}
  [[nodiscard]] Task<Result<std::string_view>> next() override {
    const auto size = std::min(piece_, bytes_.size() - at_);
    if (at_ + size > fail_at_) co_return Error(ErrorCode::corrupt, "bad block in /data/blobs/7");
    const auto piece = std::string_view(bytes_).substr(at_, size);
    at_ += size;
    yielded_ += size;
    co_return piece;
  }

 private:
  std::string bytes_;
  std::size_t piece_;
  std::size_t fail_at_;
  std::size_t& yielded_;
  std::size_t at_ = 0;
};

class FakeStore final : public ObjectStore {
 public:
  struct Stored {
    Metadata metadata;
    std::string bytes;
  };
  std::map<std::string, Stored> objects;  // by storage path
  std::optional<Error> failure;           // answered by every call, before a body is read
  bool throws = false;
  bool out_of_memory = false;
  Event* gate = nullptr;                    // waited for by every call
  std::optional<std::size_t> stream_piece;  // a get yields a stream of such pieces
  std::size_t stream_fails_at = SIZE_MAX;
  std::size_t streamed = 0;  // bytes that such streams have yielded
  int calls = 0;

  [[nodiscard]] Task<Result<void>> put(const ObjectId& id, Metadata metadata,
                                       Upload upload) override {
    CO_TRY(co_await enter());
    std::string bytes;
    for (;;) {
      auto piece = co_await upload.stream->next();
      if (!piece.ok()) co_return std::move(piece).error();
      if (piece->empty()) break;
      bytes += *piece;
    }
    metadata.size = bytes.size();
    objects[id.storage_path()] = Stored{std::move(metadata), std::move(bytes)};
    co_return Result<void>();
  }
  [[nodiscard]] Task<Result<GetResult>> get(const ObjectId& id,
                                            std::optional<RangeRequest> range) override {
    CO_TRY(co_await enter());
    const auto found = objects.find(id.storage_path());
    if (found == objects.end()) co_return GetResult(ObjectNotFound{});
    const auto& bytes = found->second.bytes;
    ObjectContent content;
    content.metadata = found->second.metadata;
    content.size = bytes.size();
    content.range = ByteRange{0, bytes.size()};
    if (range) {
      const auto resolved = resolve(*range, bytes.size());
      if (!resolved) co_return GetResult(RangeNotSatisfiable{bytes.size()});
      content.range = *resolved;
    }
    auto part = bytes.substr(content.range.offset, content.range.length);
    if (stream_piece) {
      content.body =
          std::make_unique<PieceStream>(std::move(part), *stream_piece, stream_fails_at, streamed);
    } else {
      content.body = SharedBytes(std::move(part));
    }
    co_return GetResult(std::move(content));
  }
  [[nodiscard]] Task<Result<std::optional<Metadata>>> head(const ObjectId& id) override {
    CO_TRY(co_await enter());
    const auto found = objects.find(id.storage_path());
    if (found == objects.end()) co_return std::optional<Metadata>();
    co_return std::optional<Metadata>(found->second.metadata);
  }
  [[nodiscard]] Task<Result<void>> remove(const ObjectId& id) override {
    CO_TRY(co_await enter());
    objects.erase(id.storage_path());
    co_return Result<void>();
  }

 private:
  [[nodiscard]] Task<Result<void>> enter() {
    ++calls;
    if (gate != nullptr) co_await gate->wait();
    if (throws) throw std::runtime_error("out of luck");
    if (out_of_memory) throw std::bad_alloc();
    if (failure) co_return *failure;
    co_return Result<void>();
  }
};

// Uploads of one or more parts, kept in memory.
class FakeUploads final : public MultipartObjects {
 public:
  struct Started {
    std::string object;  // storage path
    Metadata metadata;
    std::map<std::uint32_t, std::string> parts;
  };
  std::map<std::string, Started> started;        // by upload id
  std::map<std::string, std::string> completed;  // payloads by storage path
  std::optional<Error> failure;                  // answered by every call
  std::optional<CompleteResult> outcome;         // of complete(), instead of the real one
  bool throws = false;
  Event* gate = nullptr;  // waited for by complete()
  std::optional<std::string> last_md5;

  [[nodiscard]] Task<Result<std::string>> initiate(const ObjectId& id, Metadata metadata) override {
    if (failure) co_return *failure;
    auto upload_id = "upload-" + std::to_string(started.size() + 1);
    started[upload_id] = Started{id.storage_path(), std::move(metadata), {}};
    co_return upload_id;
  }
  [[nodiscard]] Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_part(
      const ObjectId& id, std::string_view upload_id, PartToUpload part) override {
    using Answer = std::variant<std::string, NoSuchUpload, PartRefused>;
    if (failure) co_return *failure;
    auto* upload = find(id, upload_id);
    if (upload == nullptr) co_return Answer(NoSuchUpload{});
    last_md5 = part.content_md5;
    if (last_md5 == "bad") co_return Answer(PartRefused{"BadDigest", "not that digest"});
    std::string bytes;
    for (;;) {
      auto piece = co_await part.stream->next();
      if (!piece.ok()) co_return std::move(piece).error();
      if (piece->empty()) break;
      bytes += *piece;
    }
    upload->parts[part.number] = std::move(bytes);
    co_return Answer(etag_of(part.number, upload->parts[part.number]));
  }
  [[nodiscard]] Task<Result<std::variant<PartPage, NoSuchUpload>>> list_parts(
      const ObjectId& id, std::string_view upload_id, ListParts request) override {
    using Answer = std::variant<PartPage, NoSuchUpload>;
    if (failure) co_return *failure;
    const auto* upload = find(id, upload_id);
    if (upload == nullptr) co_return Answer(NoSuchUpload{});
    PartPage page;
    for (const auto& [number, bytes] : upload->parts) {
      if (number <= request.after) continue;
      if (page.parts.size() == request.max) {
        page.truncated = true;
        break;
      }
      page.parts.push_back({number, etag_of(number, bytes),
                            WallTime(std::chrono::seconds(1'776'692'220)), bytes.size()});
    }
    co_return Answer(std::move(page));
  }
  [[nodiscard]] Task<Result<CompleteResult>> complete(
      const ObjectId& id, std::string_view upload_id,
      const std::vector<ListedPart>& parts) override {
    if (gate != nullptr) co_await gate->wait();
    if (throws) throw std::runtime_error("out of luck");
    if (failure) co_return *failure;
    if (outcome) co_return *outcome;
    const auto* upload = find(id, upload_id);
    if (upload == nullptr) co_return CompleteResult(NoSuchUpload{});
    std::string bytes;
    for (const auto& part : parts)
      bytes += upload->parts.at(part.number);
    completed[id.storage_path()] = std::move(bytes);
    co_return CompleteResult(BlobCompleted{});
  }
  [[nodiscard]] Task<Result<void>> abort(const ObjectId&, std::string_view upload_id) override {
    if (failure) co_return *failure;
    started.erase(std::string(upload_id));
    co_return Result<void>();
  }

 private:
  static std::string etag_of(std::uint32_t number, const std::string& bytes) {
    return "\"etag-" + std::to_string(number) + "-" + std::to_string(bytes.size()) + "\"";
  }
  Started* find(const ObjectId& id, std::string_view upload_id) {
    const auto found = started.find(std::string(upload_id));
    if (found == started.end() || found->second.object != id.storage_path()) return nullptr;
    return &found->second;
  }
};

// A head, to which a body may be added.
inline std::string request(const std::string& method, const std::string& path,
                           const std::string& headers = "") {
  return method + " " + path + " HTTP/1.1\r\n" + headers + "\r\n";
}
inline std::string get(const std::string& path, const std::string& headers = "") {
  return request("GET", path, "Host: h\r\n" + headers);
}

struct Answer {
  int status = 0;
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;                                 // without chunk framing
  bool complete = false;                            // the body ended as its framing says

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string("(absent)") : found->second;
  }
  [[nodiscard]] bool has(const std::string& name) const { return headers.count(name) > 0; }
};

// What a test sets besides the listener; by default nothing is limited and everybody may call.
struct ServiceOptions {
  ObjectServiceSettings objects;
  ServiceConfig concurrency;
  RateLimits rate_limits;
  std::vector<Killswitch> kill_switches;
  std::map<std::string, UsecaseConfig> usecases;
  KeyRings keys;
  bool enforce_auth = false;
  bool takes_uploads = true;
};

class TestServer {
 public:
  explicit TestServer(ServerSettings settings = {}, ServiceOptions options = {},
                      std::size_t loops = 1)
      : concurrency(options.concurrency, clock, metrics, logger),
        operations(concurrency, clock, metrics),
        service(store, operations, clock, random_, options.objects),
        upload_service(options.takes_uploads ? &uploads : nullptr, operations, clock, random_),
        keys(std::move(options.keys)),
        authenticator(keys, options.enforce_auth, clock, metrics, logger),
        kill_switches(options.kill_switches),
        rate_limiter(options.rate_limits, clock, metrics, logger),
        policies(std::move(options.usecases)),
        server(std::move(settings), parts()) {
    std::vector<asio::io_context*> pointers;
    for (std::size_t i = 0; i < loops; ++i) {
      loops_.push_back(std::make_unique<asio::io_context>(1));
      pointers.push_back(loops_.back().get());
    }
    const auto listening = server.listen(pointers);
    EXPECT_TRUE(listening.ok());
  }
  ~TestServer() {
    begin_stop();
    EXPECT_TRUE(pump_until([this] { return stopped_; }));
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  // What another server can be made of, beside this one.
  ServiceParts parts() {
    return {service,  upload_service, concurrency, authenticator, kill_switches, rate_limiter,
            policies, clock,          random_,     metrics,       logger};
  }

  void begin_stop() {
    if (std::exchange(stop_begun_, true)) return;
    asio::co_spawn(*loops_.front(), note_stopped(server.stop(), stopped_), asio::detached);
  }
  [[nodiscard]] bool stopped() const { return stopped_; }

  void pump() {
    for (auto& loop : loops_) {
      loop->restart();
      loop->poll();
    }
  }
  // Runs the loops until the condition holds; false: it does not within ten seconds.
  template <class Condition>
  bool pump_until(Condition condition) {
    const RealClock real;
    const auto limit = real.monotonic_now() + std::chrono::seconds(10);
    while (!condition()) {
      if (real.monotonic_now() > limit) return false;
      pump();
    }
    return true;
  }
  // Lets everything that was sent arrive and be handled: loopback may take a moment.
  void settle() {
    const RealClock real;
    const auto limit = real.monotonic_now() + std::chrono::milliseconds(2);
    do
      pump();
    while (real.monotonic_now() < limit);
  }
  void advance(Duration duration) {
    settle();
    clock.advance(duration);
    settle();
  }

  FakeStore store;
  FakeUploads uploads;
  ManualClock clock;
  testing::RecordingLogger logger;
  Metrics metrics;

 private:
  std::vector<std::unique_ptr<asio::io_context>> loops_;  // outlive the server
  RealRandom random_;

 public:
  ConcurrencyLimit concurrency;
  Operations operations;
  ObjectService service;
  MultipartService upload_service;
  KeyDirectory keys;
  Authenticator authenticator;
  KillSwitches kill_switches;
  RateLimiter rate_limiter;
  UsecasePolicies policies;
  Server server;

 private:
  static Task<void> note_stopped(Task<void> stop, bool& stopped) {
    co_await std::move(stop);
    stopped = true;
  }

  bool stop_begun_ = false;
  bool stopped_ = false;
};

// One connection to the server.
class Client {
 public:
  explicit Client(TestServer& server) : server_(server), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  virtual ~Client() { disconnect(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void disconnect() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }

  // False: the server has closed before all was sent.
  bool send(std::string_view bytes) {
    bool broken = false;
    server_.pump_until([&] {
      const auto sent = transmit(bytes.data(), bytes.size());
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      broken = sent < 0 && errno != EAGAIN;
      return broken || bytes.empty();
    });
    return bytes.empty();
  }

  // False: the server takes nothing more for now.
  bool send_now(std::string_view bytes) { return transmit(bytes.data(), bytes.size()) > 0; }

  // What follows of the received bytes once `text` is in them; all of it is kept.
  bool wait_for(std::string_view text) {
    return server_.pump_until([&] {
      return received_.find(text) != std::string::npos || !receive();
    }) && received_.find(text) != std::string::npos;
  }
  // Whether the server has ended the connection, orderly or not, by now.
  bool closed() {
    server_.settle();
    while (receive()) {
      if (would_block_) return false;
    }
    return true;
  }
  bool wait_closed() {
    return server_.pump_until([&] { return !receive(); });
  }
  [[nodiscard]] bool was_reset() const { return reset_; }
  [[nodiscard]] const std::string& received() const { return received_; }
  void forget_received() { received_.clear(); }

  // The next response; status 0 where the connection ends before its head. `to_head`: has no body.
  Answer read_answer(bool to_head = false) {
    Answer answer;
    if (!wait_for("\r\n\r\n")) return answer;
    parse_head(take(received_.find("\r\n\r\n") + 4), answer);
    if (to_head || answer.status == 204) {
      answer.complete = true;
    } else if (answer.header("transfer-encoding") == "chunked") {
      read_chunks(answer);
    } else if (answer.has("content-length")) {
      const auto size = std::stoul(answer.header("content-length"));
      answer.complete = wait_for_size(size);
      answer.body = take(size);
    } else {
      answer.complete = wait_closed() && !reset_;
      answer.body = take(received_.size());
    }
    return answer;
  }
  Answer request(std::string_view bytes, bool to_head = false) {
    send(bytes);
    return read_answer(to_head);
  }

 protected:
  [[nodiscard]] TestServer& server() { return server_; }
  [[nodiscard]] int descriptor() const { return fd_; }
  // As send() and recv(), without waiting.
  virtual ssize_t transmit(const char* bytes, std::size_t size) {
    return ::send(fd_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  virtual ssize_t collect(char* buffer, std::size_t size) {
    return ::recv(fd_, buffer, size, MSG_DONTWAIT);
  }

 private:
  // False: nothing will come any more.
  bool receive() {
    char buffer[65536];
    const auto size = collect(buffer, sizeof buffer);
    would_block_ = size < 0 && errno == EAGAIN;
    if (size > 0) received_.append(buffer, static_cast<std::size_t>(size));
    if (size < 0 && !would_block_) reset_ = true;
    return size > 0 || would_block_;
  }
  bool wait_for_size(std::size_t size) {
    return server_.pump_until([&] { return received_.size() >= size || !receive(); }) &&
           received_.size() >= size;
  }
  std::string take(std::size_t size) {
    auto bytes = received_.substr(0, size);
    received_.erase(0, size);
    return bytes;
  }
  static void parse_head(const std::string& head, Answer& answer) {
    EXPECT_EQ(head.substr(0, 7), "HTTP/1.");
    answer.status = std::stoi(head.substr(9, 3));
    for (auto at = head.find("\r\n") + 2; at + 2 < head.size();) {
      const auto end = head.find("\r\n", at);
      const auto colon = head.find(": ", at);
      auto name = head.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(), ::tolower);
      answer.headers.emplace(name, head.substr(colon + 2, end - colon - 2));
      at = end + 2;
    }
  }
  void read_chunks(Answer& answer) {
    for (;;) {
      if (!wait_for("\r\n")) return;
      const auto size = std::stoul(take(received_.find("\r\n") + 2), nullptr, 16);
      if (!wait_for_size(size + 2)) return;
      answer.body += take(size);
      if (take(2) != "\r\n") return;
      if (size == 0) break;
    }
    answer.complete = true;
  }

  TestServer& server_;
  int fd_;
  std::string received_;
  bool would_block_ = false;
  bool reset_ = false;
};

}  // namespace objectstore::http_test
