#include "s3/s3_server.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "cloud/xml_multipart.h"
#include "testing/run.h"

namespace objectstore::testing {

namespace {

std::string next_bucket() {
  static std::atomic<int> number = 0;
  return "bucket-" + std::to_string(++number);
}

Task<Done> close_store(S3Store& store) {
  co_await store.close();
  co_return Done();
}

}  // namespace

Result<S3Server> S3Server::start_versitygw(const std::string& program) {
  auto directory = std::make_unique<ScratchDirectory>();
  const auto root = directory->path() / "buckets";
  const auto metadata = directory->path() / "metadata";
  std::filesystem::create_directories(root);
  std::filesystem::create_directories(metadata);
  TRY_ASSIGN(const auto port, free_port());
  const auto keys = credentials();
  ChildCommand command;
  // Not every file system of a test has extended attributes: metadata lies beside.
  command.arguments = {program,           "--port",     "127.0.0.1:" + std::to_string(port),
                       "--region",        "us-east-1",  "--keep-alive",
                       "--quiet",         "posix",      "--sidecar",
                       metadata.string(), root.string()};
  command.environment = {{"ROOT_ACCESS_KEY_ID", keys.access_key_id},
                         {"ROOT_SECRET_ACCESS_KEY", keys.secret_access_key}};
  command.output_file = (directory->path() / "log").string();
  TRY_ASSIGN(auto process, ChildProcess::start(command));
  TRY(process.wait_for_port(port));
  return S3Server(std::move(directory), std::move(process),
                  "http://127.0.0.1:" + std::to_string(port));
}

Result<S3Server> S3Server::start_moto(const std::string& program) {
  auto directory = std::make_unique<ScratchDirectory>();
  TRY_ASSIGN(const auto port, free_port());
  ChildCommand command;
  command.arguments = {program, "-H", "127.0.0.1", "-p", std::to_string(port)};
  command.output_file = (directory->path() / "log").string();
  TRY_ASSIGN(auto process, ChildProcess::start(command));
  TRY(process.wait_for_port(port));
  return S3Server(std::move(directory), std::move(process),
                  "http://127.0.0.1:" + std::to_string(port));
}

S3Server* S3Server::versitygw() {
  const char* program = std::getenv("OBJECTSTORE_S3_SERVER");
  if (program == nullptr) return nullptr;
  static auto server = start_versitygw(program);
  OBJECTSTORE_ASSERT(server.ok());
  return &*server;
}

S3Server* S3Server::moto() {
  const char* program = std::getenv("OBJECTSTORE_MOTO_SERVER");
  if (program == nullptr) return nullptr;
  static auto server = start_moto(program);
  OBJECTSTORE_ASSERT(server.ok());
  return &*server;
}

S3TestBucket::S3TestBucket(S3Server& server, S3Settings settings)
    : settings_(std::move(settings)), http_({loop_.get_executor()}, clock_, HttpClientSettings()) {
  settings_.endpoint = server.url();
  settings_.bucket = next_bucket();
  settings_.spool_directory = directory_.path().string();
  store_ = another_store(settings_, authorizer_);
  thread_ = std::thread([this] { loop_.run(); });
  const auto created = ask("PUT", "");
  EXPECT_EQ(created.status, 200) << created.body;
}

S3TestBucket::~S3TestBucket() {
  (void)run(close_store(*store_));
  store_.reset();
  run(http_.close());
  work_.reset();
  thread_.join();
}

std::unique_ptr<S3Store> S3TestBucket::another_store(const S3Settings& settings,
                                                     RequestAuthorizer& authorizer) {
  const S3Environment environment{http_, authorizer, pool_, clock_, random_, logger_};
  auto made = S3Store::make(settings, environment, loop_.get_executor());
  EXPECT_TRUE(made.ok()) << made.error().describe();
  return std::move(made).value();
}

HttpReply S3TestBucket::ask(const std::string& method, const std::string& target,
                            const std::string& body, const HttpHeaders& headers) {
  HttpRequest request;
  request.method = method;
  request.url = settings_.endpoint + "/" + settings_.bucket + target;
  request.headers = headers;
  request.body = SharedBytes(body);
  EXPECT_TRUE(run(authorizer_.authorize(request)).ok());
  auto reply = run(fetch(http_, std::move(request), 64 << 20));
  if (const auto* failure = std::get_if<HttpFailure>(&reply)) {
    ADD_FAILURE() << failure->error.describe();
    return HttpReply();
  }
  return std::get<HttpReply>(std::move(reply));
}

std::size_t S3TestBucket::open_uploads() {
  const auto page = read_upload_page(ask("GET", "?uploads").body);
  EXPECT_TRUE(page.ok()) << page.error().describe();
  return page.ok() ? page->uploads.size() : 0;
}

}  // namespace objectstore::testing
