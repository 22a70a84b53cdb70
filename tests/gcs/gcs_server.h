// The strict server for tests (docs/formats/gcs-xml-rules.md), and a store that talks to it.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "backends/gcs/gcs_store.h"
#include "net/loop_http_client.h"
#include "runtime/real_clock.h"
#include "runtime/thread_pool.h"
#include "testing/child_process.h"
#include "testing/recording_logger.h"
#include "testing/scratch_directory.h"
#include "testing/seeded_random.h"

namespace objectstore::testing {

// fake-gcs-server, which OBJECTSTORE_GCS_SERVER names, behind the rules that it leaves out.
class GcsServer {
 public:
  // One for the whole program, started at first use. Null: the variable is not set.
  [[nodiscard]] static GcsServer* instance();

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  GcsServer(ChildProcess process, std::string url)
      : process_(std::move(process)), url_(std::move(url)) {}
  [[nodiscard]] static Result<GcsServer> start(const std::string& program);

  ChildProcess process_;
  std::string url_;
};

// A bucket of its own, and a store on it whose requests go out from a thread of their own.
class GcsBucket {
 public:
  explicit GcsBucket(GcsSettings settings = GcsSettings());
  ~GcsBucket();
  GcsBucket(const GcsBucket&) = delete;
  GcsBucket& operator=(const GcsBucket&) = delete;

  [[nodiscard]] GcsStore& store() { return *store_; }
  [[nodiscard]] WallTime now() const { return clock_.now(); }
  [[nodiscard]] const GcsSettings& settings() const { return settings_; }

  // A request beside the store's; the body is the answer's.
  HttpReply ask(const std::string& method, const std::string& target, const std::string& body = "",
                const HttpHeaders& headers = {});
  // Of this bucket: what GET /_fake/state tells as open.
  [[nodiscard]] std::size_t open_sessions();
  [[nodiscard]] std::size_t open_uploads();

 private:
  [[nodiscard]] std::size_t count_open(const char* kind);

  GcsSettings settings_;
  ScratchDirectory directory_;
  RealClock clock_;
  SeededRandom random_;
  RecordingLogger logger_;
  ThreadPool pool_{2, 16};
  Anonymous nobody_;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      loop_.get_executor()};
  LoopHttpClient http_;
  std::optional<StoreRequests> requests_;
  std::unique_ptr<GcsStore> store_;
  std::thread thread_;
};

}  // namespace objectstore::testing
