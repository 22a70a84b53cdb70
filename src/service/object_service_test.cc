#include "service/object_service.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

namespace objectstore {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class FixedClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override { return WallTime(1000s); }
  [[nodiscard]] MonotonicTime monotonic_now() const override { return {}; }
  [[nodiscard]] Task<void> sleep_until(MonotonicTime) override { co_return; }
};

class CountingRandom final : public Random {
 public:
  [[nodiscard]] std::uint64_t next() override { return ++state_; }

 private:
  std::uint64_t state_ = 0;
};

class Pieces final : public ByteStream {
 public:
  explicit Pieces(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  [[nodiscard]] Task<Result<std::string_view>> next() override {
    if (at_ == pieces_.size()) co_return std::string_view();
    co_return std::string_view(pieces_[at_++]);
  }

 private:
  std::vector<std::string> pieces_;
  std::size_t at_ = 0;
};

class RecordingStore final : public ObjectStore {
 public:
  Event* gate = nullptr;
  int calls = 0;
  std::string key;
  std::string bytes;
  Metadata metadata;

  [[nodiscard]] Task<Result<void>> put(const ObjectId& id, Metadata given, Upload upload) override {
    ++calls;
    key = id.key;
    metadata = std::move(given);
    for (;;) {
      auto piece = co_await upload.stream->next();
      if (!piece.ok()) co_return std::move(piece).error();
      if (piece->empty()) co_return Result<void>();
      bytes += *piece;
    }
  }
  [[nodiscard]] Task<Result<GetResult>> get(const ObjectId&, std::optional<RangeRequest>) override {
    ++calls;
    co_return GetResult(ObjectNotFound{});
  }
  [[nodiscard]] Task<Result<std::optional<Metadata>>> head(const ObjectId&) override {
    ++calls;
    co_return std::optional<Metadata>();
  }
  [[nodiscard]] Task<Result<void>> remove(const ObjectId&) override {
    ++calls;
    if (gate != nullptr) co_await gate->wait();
    co_return Result<void>();
  }
};

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await std::move(task));
}
Task<void> note(Task<void> task, bool& done) {
  co_await std::move(task);
  done = true;
}

class ObjectServiceTest : public ::testing::Test {
 protected:
  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    asio::co_spawn(loop, keep(std::move(task), out), asio::detached);
    loop.restart();
    loop.run();
    return std::move(*out);
  }
  static Upload upload(ByteStream& stream, std::optional<std::uint64_t> length = {}) {
    Upload result;
    result.stream = &stream;
    result.length = length;
    return result;
  }

  asio::io_context loop;
  RecordingStore store;
  FixedClock clock;
  CountingRandom random;
  NullLogger logger;
  Metrics metrics;
  ConcurrencyLimit concurrency{ServiceConfig{}, clock, metrics, logger};
  Operations operations{concurrency, clock, metrics};
  ObjectId id{"u", Scopes(), "k"};
};

TEST_F(ObjectServiceTest, put_sets_both_times) {
  ObjectService service(store, operations, clock, random, {});
  Pieces stream({"ab", "c"});
  Metadata metadata;
  metadata.expiration = *ExpirationPolicy::parse("ttl:1h");
  metadata.time_created = WallTime(1s);
  EXPECT_TRUE(run(service.put(id, metadata, upload(stream))).ok());
  EXPECT_EQ(store.bytes, "abc");
  EXPECT_EQ(store.metadata.time_created, WallTime(1000s));
  EXPECT_EQ(store.metadata.time_expires, WallTime(4600s));
}

TEST_F(ObjectServiceTest, manual_objects_have_no_deadline) {
  ObjectService service(store, operations, clock, random, {});
  Pieces stream({});
  Metadata metadata;
  metadata.time_expires = WallTime(1s);
  EXPECT_TRUE(run(service.put(id, metadata, upload(stream))).ok());
  EXPECT_FALSE(store.metadata.time_expires.has_value());
}

TEST_F(ObjectServiceTest, insert_draws_a_new_key_each_time) {
  ObjectService service(store, operations, clock, random, {});
  Pieces stream({});
  EXPECT_TRUE(run(service.insert(id, {}, upload(stream))).ok());
  const auto first = id.key;
  EXPECT_EQ(store.key, first);
  EXPECT_TRUE(Uuid::parse(first).has_value());
  EXPECT_EQ(first[14], '4');
  EXPECT_TRUE(run(service.insert(id, {}, upload(stream))).ok());
  EXPECT_NE(id.key, first);
}

TEST_F(ObjectServiceTest, identities_that_may_not_be_stored_never_reach_the_store) {
  ObjectService service(store, operations, clock, random, {});
  Pieces stream({});
  id.usecase = "~changelog";
  EXPECT_EQ(run(service.put(id, {}, upload(stream))).error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(run(service.insert(id, {}, upload(stream))).error().code(),
            ErrorCode::invalid_argument);
  EXPECT_EQ(run(service.get(id, {})).error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(run(service.head(id)).error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(run(service.remove(id)).error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(store.calls, 0);
}

TEST_F(ObjectServiceTest, deadline_past_the_year_9999_is_a_metadata_error) {
  ObjectService service(store, operations, clock, random, {});
  Pieces stream({});
  Metadata metadata;
  metadata.expiration = *ExpirationPolicy::parse("ttl:10000y");
  const auto result = run(service.put(id, metadata, upload(stream)));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message(), "metadata error: invalid expiration policy value");
  EXPECT_EQ(store.calls, 0);
}

TEST_F(ObjectServiceTest, size_limit_holds_for_announced_and_for_streamed_payloads) {
  ObjectService service(store, operations, clock, random, {.max_object_size = 5});
  Pieces announced({"abcdef"});
  const auto early = run(service.put(id, {}, upload(announced, 6)));
  EXPECT_EQ(early.error().code(), ErrorCode::payload_too_large);
  EXPECT_EQ(store.calls, 0);
  Pieces streamed({"abc", "def"});
  const auto late = run(service.put(id, {}, upload(streamed)));
  EXPECT_EQ(late.error().code(), ErrorCode::payload_too_large);
  store.bytes.clear();
  Pieces exact({"abc", "de"});
  EXPECT_TRUE(run(service.put(id, {}, upload(exact, 5))).ok());
  EXPECT_EQ(store.bytes, "abcde");
}

TEST_F(ObjectServiceTest, drain_waits_for_running_operations) {
  ObjectService service(store, operations, clock, random, {});
  Event gate;
  store.gate = &gate;
  std::optional<Result<void>> removed;
  bool drained = false;
  asio::co_spawn(loop, keep(service.remove(id), removed), asio::detached);
  asio::co_spawn(loop, note(operations.drain(), drained), asio::detached);
  loop.poll();
  EXPECT_EQ(operations.running(), 1U);
  EXPECT_FALSE(drained);
  gate.set();
  loop.restart();
  loop.run();
  EXPECT_TRUE(drained);
  EXPECT_EQ(operations.running(), 0U);
  drained = false;
  asio::co_spawn(loop, note(operations.drain(), drained), asio::detached);
  loop.restart();
  loop.run();
  EXPECT_TRUE(drained) << "nothing runs, nothing to wait for";
}

TEST_F(ObjectServiceTest, operations_are_counted_by_name_and_outcome) {
  ObjectService service(store, operations, clock, random, {.max_object_size = 1});
  Pieces small({"a"});
  Pieces large({"abc"});
  EXPECT_TRUE(run(service.put(id, {}, upload(small))).ok());
  EXPECT_FALSE(run(service.put(id, {}, upload(large))).ok());
  EXPECT_TRUE(run(service.head(id)).ok());
  EXPECT_TRUE(run(service.head(id, concurrency.try_acquire(OperationClass::bulk))).ok());
  auto& started =
      metrics.counters({"objectstore_operations_started_total", "", "service.task.start"});
  EXPECT_EQ(started.with({"insert"}).value(), 2U);
  EXPECT_EQ(started.with({"get_metadata"}).value(), 1U);
  EXPECT_EQ(started.with({"head"}).value(), 1U) << "of a batch";
  auto& took = metrics.histograms(
      {"objectstore_operation_duration_seconds", "", "service.task.duration"}, latency_bounds());
  EXPECT_EQ(took.with({"insert", "success"}).snapshot().count, 1U);
  EXPECT_EQ(took.with({"insert", "error"}).snapshot().count, 1U);
  auto& usage = metrics.counters({"objectstore_operations_by_usecase_total", "", "cogs.usage"});
  EXPECT_EQ(usage.with({"u"}).value(), 4U);
}

TEST_F(ObjectServiceTest, operation_beyond_the_limit_is_refused_and_leaves_no_trace) {
  ServiceConfig none;
  none.max_concurrency = 0;
  ConcurrencyLimit closed(none, clock, metrics, logger);
  Operations refused(closed, clock, metrics);
  ObjectService service(store, refused, clock, random, {});
  const auto result = run(service.get(id, {}));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::at_capacity);
  EXPECT_EQ(store.calls, 0);
  EXPECT_EQ(refused.running(), 0U);
}

TEST_F(ObjectServiceTest, slot_is_held_while_the_store_works_and_given_back) {
  ObjectService service(store, operations, clock, random, {});
  Event gate;
  store.gate = &gate;
  std::optional<Result<void>> removed;
  asio::co_spawn(loop, keep(service.remove(id), removed), asio::detached);
  loop.poll();
  EXPECT_EQ(concurrency.in_use(), 1U);
  gate.set();
  loop.restart();
  loop.run();
  EXPECT_EQ(concurrency.in_use(), 0U);
}

}  // namespace
}  // namespace objectstore
