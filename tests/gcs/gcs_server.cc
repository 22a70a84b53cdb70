#include "gcs/gcs_server.h"

#include <atomic>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "testing/run.h"

namespace objectstore::testing {

namespace {

std::string next_bucket() {
  static std::atomic<int> number = 0;
  return "bucket-" + std::to_string(++number);
}

}  // namespace

Result<GcsServer> GcsServer::start(const std::string& program) {
  TRY_ASSIGN(const auto port, free_port());
  ChildCommand command;
  command.arguments = {"/usr/bin/env", "python3", OBJECTSTORE_GCS_FAKE, "--gcs-server",
                       program,        "--port",  std::to_string(port)};
  command.output_file = ::testing::TempDir() + "/gcs_server_" + std::to_string(port) + ".log";
  TRY_ASSIGN(auto process, ChildProcess::start(command));
  TRY(process.wait_for_port(port));
  return GcsServer(std::move(process), "http://127.0.0.1:" + std::to_string(port));
}

GcsServer* GcsServer::instance() {
  const char* program = std::getenv("OBJECTSTORE_GCS_SERVER");
  if (program == nullptr) return nullptr;
  static auto server = start(program);
  OBJECTSTORE_ASSERT(server.ok());
  return &*server;
}

GcsBucket::GcsBucket(GcsSettings settings)
    : settings_(std::move(settings)), http_({loop_.get_executor()}, clock_, HttpClientSettings()) {
  settings_.endpoint = GcsServer::instance()->url();
  settings_.bucket = next_bucket();
  settings_.spool_directory = directory_.path().string();
  requests_.emplace(http_, nobody_, clock_, random_, logger_, StoreRequestSettings());
  store_ = std::make_unique<GcsStore>(settings_, *requests_, clock_, random_, pool_, logger_);
  thread_ = std::thread([this] { loop_.run(); });
  const auto created = ask("POST", "/storage/v1/b", "{\"name\":\"" + settings_.bucket + "\"}",
                           {{"Content-Type", "application/json"}});
  EXPECT_EQ(created.status, 200) << created.body;
}

GcsBucket::~GcsBucket() {
  run(store_->close());
  store_.reset();
  run(http_.close());
  work_.reset();
  thread_.join();
}

HttpReply GcsBucket::ask(const std::string& method, const std::string& target,
                         const std::string& body, const HttpHeaders& headers) {
  HttpRequest request;
  request.method = method;
  request.url = settings_.endpoint + target;
  request.headers = headers;
  request.body = SharedBytes(body);
  auto reply = run(fetch(http_, std::move(request), 64 << 20));
  if (const auto* failure = std::get_if<HttpFailure>(&reply)) {
    ADD_FAILURE() << failure->error.describe();
    return HttpReply();
  }
  return std::get<HttpReply>(std::move(reply));
}

std::size_t GcsBucket::open_sessions() {
  return count_open("sessions");
}
std::size_t GcsBucket::open_uploads() {
  return count_open("uploads");
}
std::size_t GcsBucket::count_open(const char* kind) {
  const auto state = nlohmann::json::parse(ask("GET", "/_fake/state").body);
  std::size_t count = 0;
  for (const auto& item : state.at(kind))
    count += item.at("bucket") == settings_.bucket ? 1 : 0;
  return count;
}

}  // namespace objectstore::testing
