// S3 servers that tests talk to, and stores on them.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "backends/s3/authorizer.h"
#include "backends/s3/store.h"
#include "net/loop_http_client.h"
#include "runtime/real_clock.h"
#include "runtime/thread_pool.h"
#include "testing/child_process.h"
#include "testing/recording_logger.h"
#include "testing/scratch_directory.h"
#include "testing/seeded_random.h"

namespace objectstore::testing {

// Runs as long as the program; started at first use.
class S3Server {
 public:
  // Verifies signatures; keeps objects as files. The program that OBJECTSTORE_S3_SERVER names.
  // Null: the variable is not set.
  [[nodiscard]] static S3Server* versitygw();
  // Takes names of any form; verifies nothing. The `moto_server` that OBJECTSTORE_MOTO_SERVER
  // names.
  [[nodiscard]] static S3Server* moto();

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] static AwsCredentials credentials() { return {"access", "secret/key+", ""}; }

 private:
  S3Server(std::unique_ptr<ScratchDirectory> directory, ChildProcess process, std::string url)
      : directory_(std::move(directory)), process_(std::move(process)), url_(std::move(url)) {}
  [[nodiscard]] static Result<S3Server> start_versitygw(const std::string& program);
  [[nodiscard]] static Result<S3Server> start_moto(const std::string& program);

  std::unique_ptr<ScratchDirectory> directory_;  // goes after the process
  ChildProcess process_;
  std::string url_;
};

// Gives the same ones for good.
class FixedCredentials final : public AwsCredentialsSource {
 public:
  explicit FixedCredentials(AwsCredentials credentials) : credentials_(std::move(credentials)) {}
  [[nodiscard]] Task<Result<AwsCredentials>> get() override { co_return credentials_; }
  [[nodiscard]] bool refresh() override { return false; }

 private:
  const AwsCredentials credentials_;
};

// A bucket of its own, and a store on it whose requests go out from a thread of their own.
class S3TestBucket {
 public:
  explicit S3TestBucket(S3Server& server, S3Settings settings = S3Settings());
  ~S3TestBucket();
  S3TestBucket(const S3TestBucket&) = delete;
  S3TestBucket& operator=(const S3TestBucket&) = delete;

  [[nodiscard]] S3Store& store() { return *store_; }
  // To the second below: as precise as the dates of all stores are.
  [[nodiscard]] WallTime now() const {
    return std::chrono::floor<std::chrono::seconds>(clock_.now());
  }
  [[nodiscard]] const S3Settings& settings() const { return settings_; }

  // Another store, on the same bucket but for `settings` and with other credentials.
  [[nodiscard]] std::unique_ptr<S3Store> another_store(const S3Settings& settings,
                                                       RequestAuthorizer& authorizer);
  // A request beside the store's, signed; `target` follows the bucket's name, encoded.
  HttpReply ask(const std::string& method, const std::string& target, const std::string& body = "",
                const HttpHeaders& headers = {});
  // Multipart uploads under way in the bucket.
  [[nodiscard]] std::size_t open_uploads();

  [[nodiscard]] const Clock& clock() const { return clock_; }

 private:
  S3Settings settings_;
  ScratchDirectory directory_;
  RealClock clock_;
  SeededRandom random_;
  RecordingLogger logger_;
  ThreadPool pool_{2, 16};
  FixedCredentials credentials_{S3Server::credentials()};
  S3Authorizer authorizer_{credentials_, clock_, "us-east-1"};
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      loop_.get_executor()};
  LoopHttpClient http_;
  std::unique_ptr<S3Store> store_;
  std::thread thread_;
};

}  // namespace objectstore::testing
