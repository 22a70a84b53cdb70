// An S3Store on the fake, on one event loop.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "backends/s3/authorizer.h"
#include "backends/s3/fake_s3_test_support.h"
#include "backends/s3/store.h"
#include "net/http_client_test_support.h"
#include "testing/recording_logger.h"
#include "testing/row_values.h"
#include "testing/scratch_directory.h"
#include "testing/seeded_random.h"

namespace objectstore::s3_test {

// The same credentials until they are refreshed.
class FakeCredentials final : public AwsCredentialsSource {
 public:
  [[nodiscard]] Task<Result<AwsCredentials>> get() override {
    co_return AwsCredentials{"KEY" + std::to_string(generation), "secret", ""};
  }
  [[nodiscard]] bool refresh() override {
    if (fresher) ++generation;
    return fresher;
  }

  int generation = 1;
  bool fresher = true;
};

class S3Test : public net_test::HttpTest {
 protected:
  S3Test() { renew(); }
  ~S3Test() override {
    if (store) close();
  }

  // With `settings` as they are now.
  void renew() {
    if (store) close();
    settings.endpoint = s3_server.url();
    settings.bucket = "bucket";
    if (settings.spool_directory.empty()) settings.spool_directory = scratch.path().string();
    const S3Environment environment{*client, authorizer, pool, retry_clock, random, logger};
    auto made = S3Store::make(settings, environment, io.get_executor());
    ASSERT_TRUE(made.ok()) << made.error().describe();
    store = std::move(made).value();
  }
  void close() { (void)finish(closed()); }

  // Lets the time go by that is waited for between attempts.
  template <class T>
  [[nodiscard]] T finish(Task<T> task) {
    testing::Pumped<T> running(io, std::move(task));
    for (;;) {
      const auto stands = [&] { return running.ended() || retry_clock.sleepers() > 0; };
      EXPECT_TRUE(testing::pump_until(io, stands));
      if (running.ended()) return running.get();
      retry_clock.advance(*retry_clock.next_due() - retry_clock.monotonic_now());
    }
  }

  [[nodiscard]] std::unique_ptr<BlobWriter> create(const Metadata& metadata = Metadata()) {
    auto writer = finish(store->create(name, metadata));
    EXPECT_TRUE(writer.ok()) << writer.error().describe();
    return std::move(writer).value();
  }
  [[nodiscard]] Result<void> write(const std::string& payload,
                                   const Metadata& metadata = Metadata()) {
    const auto writer = create(metadata);
    return finish(write_all(*writer, payload));
  }
  [[nodiscard]] Result<std::string> read(ByteRange range) { return finish(read_range(range)); }
  [[nodiscard]] Result<std::string> read_whole() { return finish(read_range(std::nullopt)); }

  // How many requests of the kind have arrived.
  [[nodiscard]] std::size_t count(const std::string& method, const std::string& part_of_target) {
    const auto& all = s3_server.requests();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](auto& request) {
      return request.method == method && request.target.find(part_of_target) != std::string::npos;
    }));
  }
  [[nodiscard]] std::string key() const { return name.path(); }

  FakeS3 s3;
  testing::HttpServer s3_server{
      io.get_executor(), [this](const HttpServerRequest& request) { return s3.answer(request); }};
  // Of its own: the client's stands still, so that no request times out.
  testing::ManualClock retry_clock;
  testing::SeededRandom random;
  testing::RecordingLogger logger;
  testing::ScratchDirectory scratch;
  InlinePool pool;
  FakeCredentials credentials;
  S3Authorizer authorizer{credentials, retry_clock, "us-east-1"};
  S3Settings settings;
  const Revision name = testing::revision_of("u/org.1/objects/k", 1);
  std::unique_ptr<S3Store> store;

 private:
  Task<Done> closed() {
    co_await store->close();
    co_return Done();
  }
  Task<Result<void>> write_all(BlobWriter& writer, const std::string& payload) {
    CO_TRY(co_await writer.begin());
    constexpr std::size_t piece = 7'001;
    for (std::size_t at = 0; at < payload.size(); at += piece) {
      CO_TRY(co_await writer.append(std::string_view(payload).substr(at, piece)));
    }
    co_return co_await writer.finish();
  }
  Task<Result<std::string>> read_range(std::optional<ByteRange> range) {
    CO_TRY_ASSIGN(const auto reader, co_await store->open(name));
    if (!reader) co_return Error(ErrorCode::internal, "no such blob");
    const auto whole = ByteRange{0, reader->size()};
    const auto stream = reader->stream(range.value_or(whole));
    std::string all;
    for (;;) {
      CO_TRY_ASSIGN(const auto piece, co_await stream->next());
      if (piece.empty()) co_return all;
      all += piece;
    }
  }
};

}  // namespace objectstore::s3_test
