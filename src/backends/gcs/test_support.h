// A bucket whose every answer a test decides.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/gcs/gcs_store.h"
#include "base/digests.h"
#include "net/http_client_test_support.h"
#include "testing/recording_logger.h"
#include "testing/row_values.h"
#include "testing/scratch_directory.h"
#include "testing/seeded_random.h"

namespace objectstore::gcs_test {

using net_test::Ending;
using net_test::HttpServerAnswer;
using net_test::HttpServerRequest;
using testing::revision_of;

inline std::string crc32c_of(std::string_view bytes) {
  Crc32c crc32c;
  crc32c.update(bytes);
  return crc32c.base64();
}

inline HttpServerAnswer status(int code, std::string body = "", HttpHeaders headers = {}) {
  HttpServerAnswer said;
  said.status = code;
  said.body = std::move(body);
  said.headers = std::move(headers);
  return said;
}
inline HttpServerAnswer json(int code, std::string body) {
  return status(code, std::move(body), {{"Content-Type", "application/json"}});
}
inline HttpServerAnswer xml(int code, std::string body) {
  return status(code, std::move(body), {{"Content-Type", "application/xml"}});
}
// Of an upload that has so many bytes.
inline HttpServerAnswer committed(std::uint64_t bytes) {
  if (bytes == 0) return status(308);
  return status(308, "", {{"Range", "bytes=0-" + std::to_string(bytes - 1)}});
}
inline HttpServerAnswer ending(Ending how) {
  HttpServerAnswer said;
  said.ending = how;
  return said;
}
// To a request that the client itself sends once more, on a new connection.
inline std::deque<HttpServerAnswer> no_answers() {
  return {ending(Ending::no_answer), ending(Ending::no_answer)};
}
// The description of an object of these bytes; `more` begins with a comma.
inline std::string resource_of(std::string_view bytes, const std::string& more = "") {
  return "{\"size\":\"" + std::to_string(bytes.size()) + "\",\"crc32c\":\"" + crc32c_of(bytes) +
         "\",\"generation\":\"7\",\"contentType\":\"text/plain\"" + more + "}";
}
inline HttpServerAnswer stored(std::string_view bytes) {
  return json(200, resource_of(bytes));
}

class GcsTest : public net_test::HttpTest {
 protected:
  GcsTest() {
    settings.endpoint = scripted.url();
    settings.bucket = "bucket";
    settings.spool_directory = directory.path().string();
    settings.chunk_bytes = 4;  // the scripted server does not mind
    renew();
  }
  ~GcsTest() override {
    (void)finish(close());
    store.reset();
  }
  // For settings that were changed.
  void renew() {
    if (store) (void)finish(close());
    StoreRequestSettings once;
    once.attempts = attempts;
    requests = std::make_unique<StoreRequests>(*client, *authorizer, retry_clock, random, logger,
                                               std::move(once));
    store = std::make_unique<GcsStore>(settings, *requests, retry_clock, random, pool, logger);
    context = std::make_shared<const GcsContext>(
        GcsContext{settings, GcsUrls(settings.endpoint, settings.bucket), *requests, retry_clock,
                   random, pool, logger});
  }
  Task<Result<void>> close() {
    co_await store->close();
    co_return Result<void>();
  }

  // Lets the time go by that is waited for between tries.
  template <class T>
  [[nodiscard]] T finish(Task<T> task) {
    testing::Pumped<T> running(io, std::move(task));
    for (;;) {
      const auto stands = [&] { return running.ended() || retry_clock.sleepers() > 0; };
      OBJECTSTORE_ASSERT(testing::pump_until(io, stands));
      if (running.ended()) return running.get();
      retry_clock.advance(*retry_clock.next_due() - retry_clock.monotonic_now());
    }
  }
  // The answers to come; `requests()` begins anew.
  void expect(std::deque<HttpServerAnswer> answers) {
    script = std::move(answers);
    seen_before = scripted.requests().size();
  }
  [[nodiscard]] std::vector<HttpServerRequest> seen() const {
    const auto& all = scripted.requests();
    return {all.begin() + static_cast<std::ptrdiff_t>(seen_before), all.end()};
  }
  // "PUT bytes 0-3/*", "GET bytes=1-2", or the method alone.
  [[nodiscard]] std::vector<std::string> ranges() const {
    std::vector<std::string> texts;
    for (const auto& request : seen()) {
      const auto range = request.header("content-range") + request.header("range");
      texts.push_back(range.empty() ? request.method : request.method + " " + range);
    }
    return texts;
  }
  [[nodiscard]] HttpServerAnswer next_answer() {
    if (script.empty()) return status(418, "not expected");
    auto next = script.front();
    script.pop_front();
    return next;
  }
  [[nodiscard]] std::string session_url() const {
    return scripted.url("/upload/storage/v1/b/bucket/o?uploadType=resumable&upload_id=5");
  }
  [[nodiscard]] HttpServerAnswer new_session() const {
    return status(200, "", {{"Location", session_url()}});
  }

  int attempts = 1;  // of a request; the script has an answer for each
  testing::ManualClock retry_clock;
  testing::SeededRandom random;
  testing::RecordingLogger logger;
  testing::ScratchDirectory directory;
  InlinePool pool;
  Anonymous nobody;
  RequestAuthorizer* authorizer = &nobody;
  std::deque<HttpServerAnswer> script;
  std::size_t seen_before = 0;
  net_test::HttpServer scripted{io.get_executor(),
                                [this](const HttpServerRequest&) { return next_answer(); }};
  GcsSettings settings;
  std::unique_ptr<StoreRequests> requests;
  std::unique_ptr<GcsStore> store;
  GcsContextPtr context;
  const Revision name = revision_of("u/objects/k", 1);
};

// "ok", or the error's code and text.
template <class T>
[[nodiscard]] std::string text_of(const Result<T>& result) {
  if (result.ok()) return "ok";
  return std::string(to_string(result.error().code())) + ": " + result.error().describe();
}

}  // namespace objectstore::gcs_test
