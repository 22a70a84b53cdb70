#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "app/cli.h"
#include "app/healthcheck.h"
#include "app/version.h"

namespace objectstore {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
  std::vector<std::chrono::seconds> sleeps;
  int served = 0;
  std::vector<BigtableCommand> table_commands;
};

Outcome call(const std::vector<std::string>& arguments, Environment environment = {},
             const std::filesystem::path& root = "/nonexistent") {
  Outcome outcome;
  std::ostringstream out;
  std::ostringstream err;
  // The log of `run` would go to the test's own stderr.
  environment.emplace("OS__LOGGING__LEVEL", "off");
  CliWorld world{out,
                 err,
                 std::move(environment),
                 root,
                 [&](std::chrono::seconds time) { outcome.sleeps.push_back(time); },
                 [&](const Config&, Logger&) { return 40 + ++outcome.served; },
                 {},
                 [&](const Config&, BigtableCommand command, std::ostream&, std::ostream&) {
                   outcome.table_commands.push_back(command);
                   return 60;
                 }};
  outcome.code = run_cli(arguments, world);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

class TemporaryDirectory {
 public:
  TemporaryDirectory()
      : path_(std::filesystem::temp_directory_path() /
              ("objectstore_cli_test_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Answers one connection on a loopback port with fixed bytes.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 1), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] {
      const int client = ::accept(fd_, nullptr, nullptr);
      char buffer[512];
      const auto received = ::recv(client, buffer, sizeof buffer, 0);
      request_.assign(buffer, received > 0 ? static_cast<std::size_t>(received) : 0);
      (void)!::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(client);
    });
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  ~OneAnswer() {
    if (thread_.joinable()) thread_.join();
    ::close(fd_);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string request() {
    thread_.join();
    return request_;
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
  std::string request_;
  std::thread thread_;
};

TEST(Cli, version_names_release_and_commit) {
  const auto outcome = call({"version"}, {{"OS__HTTP", "nonsense"}});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, MatchesRegex("objectstore@[0-9]+\\.[0-9]+\\.[0-9]+\\+[0-9a-f]+\n"));
  EXPECT_EQ(version_text().size() - version_text().find('+') - 1, 40U);
}

TEST(Cli, help_goes_to_stdout) {
  const std::vector<std::vector<std::string>> cases = {
      {"--help"}, {"help"}, {"run", "--help"}, {"config", "show", "--help"}, {"sleep", "--help"}};
  for (const auto& arguments : cases) {
    const auto outcome = call(arguments);
    EXPECT_EQ(outcome.code, 0) << arguments[0];
    EXPECT_THAT(outcome.out, HasSubstr("Usage: "));
    EXPECT_EQ(outcome.err, "");
  }
}

TEST(Cli, bad_command_lines_point_to_help) {
  const std::vector<std::vector<std::string>> cases = {
      {},
      {"bogus"},
      {"--bad", "run"},
      {"run", "extra"},
      {"sleep"},
      {"sleep", "-1"},
      {"sleep", "x"},
      {"sleep", "1.5"},
      {"sleep", "1", "2"},
      {"version", "run"},
      {"run", "-c", "x"},
      {"config"},
      {"config", "bogus"},
      {"-c"},
      {"down", "soon"},
  };
  for (const auto& arguments : cases) {
    const auto outcome = call(arguments);
    EXPECT_EQ(outcome.code, 1) << testing::PrintToString(arguments);
    EXPECT_THAT(outcome.err,
                MatchesRegex("(.|\n)+\nRun objectstore --help for more information\\.\n"));
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(outcome.sleeps.empty());
    EXPECT_EQ(outcome.served, 0);
  }
}

TEST(Cli, an_unknown_command_is_named_and_help_is_the_whole_usage) {
  EXPECT_THAT(call({"bogus"}).err, HasSubstr("bogus"));
  EXPECT_EQ(call({"help"}).out, call({"--help"}).out);
}

TEST(Cli, sleep_waits) {
  const auto outcome = call({"sleep", "3"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.sleeps, testing::ElementsAre(std::chrono::seconds(3)));
}

TEST(Cli, down_makes_an_empty_marker_then_waits_if_asked) {
  const TemporaryDirectory directory;
  const auto marker = directory.path() / "tmp" / "objectstore.down";
  EXPECT_EQ(call({"down"}, {}, directory.path()).code, 1);
  std::filesystem::create_directory(directory.path() / "tmp");
  std::ofstream(marker) << "old";
  const auto outcome = call({"down"}, {}, directory.path());
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(outcome.sleeps.empty());
  EXPECT_EQ(std::filesystem::file_size(marker), 0U);
  EXPECT_THAT(call({"down", "5"}, {}, directory.path()).sleeps,
              testing::ElementsAre(std::chrono::seconds(5)));
}

TEST(Cli, run_serves_and_hands_on_the_exit_code) {
  const auto outcome = call({"run"}, {{"OS__AUTH__ENFORCE", "false"}});
  EXPECT_EQ(outcome.served, 1);
  EXPECT_EQ(outcome.code, 41);
}

TEST(Cli, bigtable_commands_are_handed_on) {
  const std::pair<std::string, BigtableCommand> cases[] = {{"setup", BigtableCommand::setup},
                                                           {"strip", BigtableCommand::strip}};
  for (const auto& [name, command] : cases) {
    const auto outcome = call({"bigtable", name});
    EXPECT_EQ(outcome.code, 60) << name;
    EXPECT_EQ(outcome.table_commands, std::vector<BigtableCommand>{command}) << name;
  }
  EXPECT_EQ(call({"bigtable"}).code, 1);
  EXPECT_EQ(call({"bigtable", "drop"}).code, 1);
}

TEST(Cli, run_refuses_what_it_cannot_do) {
  const std::vector<std::pair<Environment, std::string>> cases = {
      {{}, "Auth enforcement is enabled but no keys are configured"},
      {{{"OS__HTTP_ADDR", "localhost:1"}}, "http_addr (OS__HTTP_ADDR)"},
  };
  for (const auto& [environment, text] : cases) {
    const auto outcome = call({"run"}, environment);
    EXPECT_EQ(outcome.code, 1);
    EXPECT_EQ(outcome.served, 0);
    EXPECT_THAT(outcome.err, HasSubstr(text));
  }
}

TEST(Cli, run_ignores_unknown_keys_but_check_does_not) {
  const Environment environment = {{"OS__AUTH__ENFORCE", "false"}, {"OS__FOO", "1"}};
  EXPECT_EQ(call({"run"}, environment).served, 1);
  const auto outcome = call({"config", "check"}, environment);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("foo (OS__FOO): unknown key"));
}

TEST(Cli, check_names_all_that_would_end_the_start) {
  const TemporaryDirectory directory;
  const auto file = (directory.path() / "c.yaml").string();
  const auto missing = (directory.path() / "missing").string();
  std::ofstream(file) << "metrics: {addr: foo}\n"
                         "auth: {keys: {a: {key_files: ["
                      << missing << ".a]}, b: {key_files: [" << missing
                      << ".b]}}}\n"
                         "http: {tls: {cert_file: "
                      << missing << ".c, key_file: " << missing
                      << ".c}}\n"
                         "killswitches: [{service: '['}]\n"
                         "storage:\n  type: tiered\n"
                         "  high_volume: {type: bigtable, project_id: p, instance_name: i, "
                         "table_name: t, endpoint: foo}\n"
                         "  long_term: {type: gcs, bucket: b, endpoint: 'http://u:TOPSECRET@h'}\n"
                         "  changelog: {type: rocksdb, path: "
                      << missing << ".d}\n";
  const auto outcome = call({"-c", file, "config", "check"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  for (const char* text :
       {"error: failed to initialize metrics exporter: metrics.addr `foo`",
        "error: auth.keys.a: ", "error: auth.keys.b: ", "error: can't use the files of http.tls: ",
        "error: storage.high_volume: 'foo' is neither HOST:PORT",
        "error: storage.long_term: invalid GCS endpoint URL: `***@h`",
        "warning: killswitches[0].service: `[` is no glob"}) {
    EXPECT_THAT(outcome.err, HasSubstr(text));
  }
  EXPECT_THAT(outcome.err, testing::Not(HasSubstr("TOPSECRET")));
  EXPECT_FALSE(std::filesystem::exists(missing + ".d"));
}

TEST(Cli, check_makes_no_store_and_asks_none) {
  const TemporaryDirectory directory;
  const auto file = (directory.path() / "c.yaml").string();
  const auto rows = (directory.path() / "rows").string();
  const std::vector<std::string> blobs = {
      "{type: filesystem, path: " + (directory.path() / "blobs").string() + "}",
      "{type: gcs, bucket: b, endpoint: 'http://127.0.0.1:1'}", "{type: gcs, bucket: b}",
      "{type: s3, bucket: b, endpoint: 'http://127.0.0.1:1'}",
      "{type: s3compatible, bucket: b, endpoint: 'http://127.0.0.1:1'}"};
  for (const auto& store : blobs) {
    std::ofstream(file) << "auth: {enforce: false}\nmetrics: {addr: '127.0.0.1:1'}\n"
                           "storage: {type: tiered, high_volume: {type: rocksdb, path: "
                        << rows << "}, changelog: {type: rocksdb}, long_term: " << store << "}\n";
    const auto outcome = call({"-c", file, "config", "check"});
    EXPECT_EQ(outcome.code, 0) << store << outcome.err;
    EXPECT_EQ(outcome.err, "") << store;
  }
  for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
    EXPECT_EQ(entry.path(), file);
}

TEST(Cli, a_named_file_that_is_missing_is_fatal) {
  for (const auto* command : {"run", "healthcheck"}) {
    const auto outcome = call({"-c", "/nonexistent/c.yaml", command});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("/nonexistent/c.yaml: configuration file not found"));
  }
}

TEST(Cli, check_and_show_read_the_named_file) {
  const TemporaryDirectory directory;
  const auto file = (directory.path() / "c.yaml").string();
  std::ofstream(file) << "http_addr: 1.2.3.4:5\nauth:\n  enforce: false\n";
  const auto check = call({"--config", file, "config", "check"});
  EXPECT_EQ(check.code, 0);
  EXPECT_EQ(check.out, "configuration is valid\n");
  EXPECT_THAT(call({"-c", file, "config", "show"}).out, HasSubstr("http_addr: \"1.2.3.4:5\""));
  std::ofstream(file) << "http_addr: 1\nhttp:\n  max_requests: x\n";
  const auto bad = call({"-c", file, "config", "check"});
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.err, HasSubstr("http_addr (" + file + ":1): "));
  EXPECT_THAT(bad.err, HasSubstr("http.max_requests (" + file + ":3): "));
  EXPECT_EQ(call({"-c", file, "config", "show"}).code, 1);
}

TEST(Healthcheck, only_a_2xx_status_is_healthy) {
  const std::vector<std::pair<std::string, int>> cases = {
      {"HTTP/1.1 200 OK\r\n\r\nOK", 0},
      {"HTTP/1.1 204\r\n\r\n", 0},
      {"HTTP/1.1 503 Service Unavailable\r\n\r\n", 1},
      {"HTTP/1.1 302 Found\r\n\r\n", 1},
      {"HTTP/1.1 500", 1},
      {"200 OK\r\n\r\n", 1},
      {"", 1},
  };
  for (const auto& [answer, code] : cases) {
    OneAnswer server(answer);
    const auto outcome =
        call({"healthcheck"}, {{"OS__HTTP_ADDR", "0.0.0.0:" + std::to_string(server.port())}});
    EXPECT_EQ(outcome.code, code) << answer;
    EXPECT_EQ(outcome.err.empty(), code == 0);
    EXPECT_THAT(server.request(), MatchesRegex("GET /health HTTP/1.1\r\n(.|\r|\n)*"));
  }
}

TEST(Healthcheck, nobody_listening_is_unhealthy) {
  const auto outcome = call({"healthcheck"}, {{"OS__HTTP_ADDR", "127.0.0.1:1"}});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("asking http://127.0.0.1:1/health: Failed to connect"));
}

TEST(Healthcheck, a_silent_server_is_given_up) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const auto health = check_health({"127.0.0.1", ntohs(address.sin_port)}, Scheme::http,
                                   std::chrono::milliseconds(20));
  ::close(fd);
  ASSERT_FALSE(health);
  EXPECT_EQ(health.error().code(), ErrorCode::deadline_exceeded);
}

TEST(Healthcheck, unspecified_addresses_are_asked_on_loopback) {
  EXPECT_EQ(probe_address({"0.0.0.0", 1}).str(), "127.0.0.1:1");
  EXPECT_EQ(probe_address({"::", 1}).str(), "[::1]:1");
  EXPECT_EQ(probe_address({"0::0", 1}).str(), "[::1]:1");
  EXPECT_EQ(probe_address({"10.0.0.1", 1}).str(), "10.0.0.1:1");
}

}  // namespace
}  // namespace objectstore
