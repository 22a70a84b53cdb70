// Batches without a server: a request's body that arrives as a test says, and a client that reads
// the response as fast or slow as a test says.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "http/batch.h"
#include "http/test_support.h"
#include "testing/pump.h"
#include "testing/recording_logger.h"
#include "testing/seeded_random.h"

namespace objectstore::http_test {

// A store of which some keys misbehave. Counts what runs in it.
class KeyedStore final : public ObjectStore {
 public:
  FakeStore inner;
  std::map<std::string, Error> failures;
  std::set<std::string> throwing;
  std::set<std::string> exhausting;             // std::bad_alloc
  std::map<std::string, Event*> gates;          // waited for
  std::map<std::string, std::size_t> streamed;  // a get yields a stream that fails at that byte
  std::uint64_t overstated = 0;                 // bytes that a get promises and does not yield
  std::vector<std::string> begun;               // keys, in order
  std::size_t running = 0;
  std::size_t most_running = 0;

  [[nodiscard]] Task<Result<void>> put(const ObjectId& id, Metadata metadata,
                                       Upload upload) override {
    const Running entered(*this, id);
    CO_TRY(co_await behave(id.key));
    co_return co_await inner.put(id, std::move(metadata), upload);
  }
  [[nodiscard]] Task<Result<GetResult>> get(const ObjectId& id,
                                            std::optional<RangeRequest> range) override {
    const Running entered(*this, id);
    CO_TRY(co_await behave(id.key));
    const auto found = streamed.find(id.key);
    inner.stream_piece.reset();
    if (found != streamed.end()) {
      inner.stream_piece = 64 << 10;
      inner.stream_fails_at = found->second;
    }
    auto result = co_await inner.get(id, range);
    if (result.ok() && overstated > 0) std::get<ObjectContent>(*result).range.length += overstated;
    co_return result;
  }
  [[nodiscard]] Task<Result<std::optional<Metadata>>> head(const ObjectId& id) override {
    const Running entered(*this, id);
    CO_TRY(co_await behave(id.key));
    co_return co_await inner.head(id);
  }
  [[nodiscard]] Task<Result<void>> remove(const ObjectId& id) override {
    const Running entered(*this, id);
    CO_TRY(co_await behave(id.key));
    co_return co_await inner.remove(id);
  }

 private:
  class Running {
   public:
    Running(KeyedStore& store, const ObjectId& id) : store_(store) {
      store_.begun.push_back(id.key);
      store_.most_running = std::max(store_.most_running, ++store_.running);
    }
    ~Running() { --store_.running; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    KeyedStore& store_;
  };

  [[nodiscard]] Task<Result<void>> behave(std::string key) {
    if (const auto gate = gates.find(key); gate != gates.end()) co_await gate->second->wait();
    if (throwing.count(key) > 0) throw std::runtime_error("out of luck");
    if (exhausting.count(key) > 0) throw std::bad_alloc();
    if (const auto failure = failures.find(key); failure != failures.end()) {
      co_return failure->second;
    }
    co_return Result<void>();
  }
};

// The body of a request as far as it was sent.
class FedBody final : public ByteStream {
 public:
  void feed(std::string piece) {
    pieces_.push_back(std::move(piece));
    wake();
  }
  void end() {
    ended_ = true;
    wake();
  }
  // The client is gone.
  void fail() {
    failed_ = true;
    end();
  }
  [[nodiscard]] std::size_t unread() const { return pieces_.size(); }
  [[nodiscard]] bool end_was_read() const { return end_was_read_; }

  [[nodiscard]] Task<Result<std::string_view>> next() override {
    while (pieces_.empty() && !ended_) {
      auto keep = [this](Completer<Done> completer) { waiter_ = std::move(completer); };
      co_await await_callback<Done>(keep);
    }
    if (pieces_.empty()) {
      end_was_read_ = true;
      if (failed_) co_return Error(ErrorCode::client_stream, "connection broke");
      co_return std::string_view();
    }
    current_ = std::move(pieces_.front());
    pieces_.pop_front();
    co_return std::string_view(current_);
  }

 private:
  void wake() {
    if (waiter_) waiter_.complete(Done{});
  }

  std::deque<std::string> pieces_;
  std::string current_;
  Completer<Done> waiter_;
  bool ended_ = false;
  bool failed_ = false;
  bool end_was_read_ = false;
};

// One part of a response.
struct BatchAnswer {
  std::map<std::string, std::string> headers;
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find("x-sn-batch-operation-" + name);
    return found == headers.end() ? "(absent)" : found->second;
  }
  [[nodiscard]] std::string status() const { return header("status"); }
};

// The parts by index. Fails the test where the framing is not exactly that of the contract.
inline std::map<std::size_t, BatchAnswer> parse_answers(const std::string& boundary,
                                                        std::string_view body) {
  std::map<std::size_t, BatchAnswer> answers;
  const auto delimiter = "--" + boundary;
  const auto separator = "\r\n" + delimiter;
  while (body.starts_with(delimiter + "\r\n")) {
    body.remove_prefix(delimiter.size() + 2);
    BatchAnswer answer;
    while (!body.starts_with("\r\n")) {
      const auto end = body.find("\r\n");
      const auto colon = body.find(": ");
      EXPECT_LT(colon, end) << body.substr(0, 200);
      if (colon >= end) return answers;
      const std::string name(body.substr(0, colon));
      EXPECT_EQ(answer.headers.count(name), 0U) << name;
      answer.headers[name] = body.substr(colon + 2, end - colon - 2);
      body.remove_prefix(end + 2);
    }
    body.remove_prefix(2);
    const auto end = body.find(separator);
    EXPECT_NE(end, std::string_view::npos);
    if (end == std::string_view::npos) return answers;
    answer.body = body.substr(0, end);
    body.remove_prefix(end + 2);
    const auto index = std::stoul(answer.header("index"));
    EXPECT_TRUE(answers.emplace(index, std::move(answer)).second) << index << " answered twice";
  }
  EXPECT_EQ(body, delimiter + "--");
  return answers;
}

struct AskedPart {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string payload;
};

inline std::string encoded_part(const AskedPart& part, const std::string& boundary = "XX") {
  std::string out = "--" + boundary + "\r\n";
  for (const auto& [name, value] : part.headers)
    out.append(name).append(": ").append(value).append("\r\n");
  return out + "\r\n" + part.payload + "\r\n";
}

inline AskedPart asked(const std::string& kind, const std::string& key, std::string payload = {}) {
  return {{{"x-sn-batch-operation-kind", kind}, {"x-sn-batch-operation-key", key}},
          std::move(payload)};
}

inline std::string encoded(const std::vector<AskedPart>& parts,
                           const std::string& boundary = "XX") {
  std::string out;
  for (const auto& part : parts)
    out += encoded_part(part, boundary);
  return out + "--" + boundary + "--";
}

// One batch request for the usecase "u" and the scope "org=1".
class TestBatch {
 public:
  explicit TestBatch(ServiceOptions options = {}, Access access = Access::full(),
                     const std::string& content_type = "multipart/form-data; boundary=XX")
      : concurrency(options.concurrency, clock, metrics, logger),
        operations(concurrency, clock, metrics),
        service(store, operations, clock, random_, options.objects),
        uploads_(nullptr, operations, clock, random_),
        keys_(std::move(options.keys)),
        authenticator_(keys_, options.enforce_auth, clock, metrics, logger),
        kill_switches_({}),
        rate_limiter(options.rate_limits, clock, metrics, logger),
        policies_(std::move(options.usecases)),
        content_type_(content_type) {
    head_.method = Method::post;
    if (!content_type.empty()) head_.headers.emplace_back("content-type", content_type_);
    request_.id = ObjectId{"u", Scopes(std::vector<Scope>{{"org", "1"}}), ""};
    request_.access = std::move(access);
    request_.transfer = rate_limiter.transfer("u", request_.id.scopes);
    Call call{head_, request_, parts_, body, response};
    EXPECT_TRUE(testing::pump(loop, begin(call)));
  }
  // Whatever a test has left open ends here.
  ~TestBatch() {
    for (auto& [key, gate] : store.gates)
      gate->set();
    body.fail();
    if (!closing_ && response.live) read();
    EXPECT_TRUE(close());
    EXPECT_EQ(concurrency.in_use(), 0U);
    EXPECT_EQ(operations.running(), 0U);
    EXPECT_EQ(store.running, 0U);
  }
  TestBatch(const TestBatch&) = delete;
  TestBatch& operator=(const TestBatch&) = delete;

  // Runs what can run.
  void settle() {
    loop.restart();
    loop.poll();
  }
  // Takes a piece of the response where one is ready. False: none is, the response has ended, or
  // failed.
  bool take() {
    if (!taking_) {
      taking_ = std::make_unique<testing::Pumped<Result<std::string>>>(loop, next(*response.live));
    }
    settle();
    if (!taking_->ended()) return false;
    auto piece = taking_->get();
    taking_.reset();
    failed = !piece.ok();
    ended = piece.ok() && piece->empty();
    if (!piece.ok() || piece->empty()) return false;
    received += *piece;
    ++pieces;
    return true;
  }
  // Takes all that is ready.
  void read() {
    while (!ended && !failed && take()) {
    }
  }
  // Whether all that was begun has come to its end.
  bool close() {
    if (!response.live) return true;
    if (!closing_) closing_ = std::make_unique<testing::Pumped<bool>>(loop, closed(*response.live));
    settle();
    return closing_->ended();
  }

  // The whole response to a whole request.
  std::map<std::size_t, BatchAnswer> answers_to(std::string request) {
    body.feed(std::move(request));
    body.end();
    read();
    EXPECT_TRUE(ended);
    return answers();
  }
  [[nodiscard]] std::map<std::size_t, BatchAnswer> answers() const {
    return parse_answers(boundary(), received);
  }
  // Of the response.
  [[nodiscard]] std::string boundary() const {
    const std::string before = "content-type: multipart/form-data; boundary=\"";
    EXPECT_EQ(response.headers.substr(0, before.size()), before);
    return response.headers.substr(before.size(), response.headers.size() - before.size() - 3);
  }
  // What the store has under the key; "(absent)".
  [[nodiscard]] std::string stored(const std::string& key) const {
    const auto found = store.inner.objects.find("u/org.1/objects/" + key);
    return found == store.inner.objects.end() ? "(absent)" : found->second.bytes;
  }
  void keep(const std::string& key, std::string bytes, Metadata metadata = {}) {
    metadata.size = bytes.size();
    store.inner.objects["u/org.1/objects/" + key] = {std::move(metadata), std::move(bytes)};
  }

  asio::io_context loop{1};
  KeyedStore store;
  ManualClock clock;
  testing::RecordingLogger logger;
  Metrics metrics;
  FedBody body;
  Response response;
  std::string received;
  std::size_t pieces = 0;
  bool ended = false;
  bool failed = false;

 private:
  static Task<bool> begin(Call& call) {
    co_await run_batch(call);
    co_return true;
  }
  static Task<Result<std::string>> next(LiveBody& live) {
    const auto piece = co_await live.next();
    if (!piece.ok()) co_return piece.error();
    co_return std::string(*piece);
  }
  static Task<bool> closed(LiveBody& live) {
    co_await live.close();
    co_return true;
  }

  testing::SeededRandom random_;

 public:
  ConcurrencyLimit concurrency;
  Operations operations;
  ObjectService service;

 private:
  MultipartService uploads_;
  KeyDirectory keys_;
  Authenticator authenticator_;
  KillSwitches kill_switches_;

 public:
  RateLimiter rate_limiter;

 private:
  UsecasePolicies policies_;
  ServiceParts parts_{service,        uploads_,     concurrency, authenticator_,
                      kill_switches_, rate_limiter, policies_,   clock,
                      random_,        metrics,      logger};
  std::string content_type_;
  RequestHead head_;
  AdmittedRequest request_;
  std::unique_ptr<testing::Pumped<Result<std::string>>> taking_;
  std::unique_ptr<testing::Pumped<bool>> closing_;
};

}  // namespace objectstore::http_test
