#include "telemetry/statsd_exporter.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstring>

#include "runtime/task_scope.h"
#include "testing/manual_clock.h"
#include "testing/recording_logger.h"
#include "testing/scratch_directory.h"

namespace objectstore {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) { EXPECT_GE(descriptor_, 0); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(descriptor_); }
  [[nodiscard]] int get() const { return descriptor_; }

  // What has arrived; empty: nothing.
  [[nodiscard]] std::string receive() const {
    std::string bytes(1 << 17, '\0');
    const auto got = ::recv(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  [[nodiscard]] std::vector<std::string> receive_all() const {
    std::vector<std::string> out;
    for (auto bytes = receive(); !bytes.empty(); bytes = receive())
      out.push_back(bytes);
    return out;
  }

 private:
  int descriptor_;
};

Socket udp_server() {
  return Socket(::socket(AF_INET, SOCK_DGRAM, 0));
}

// Binds to a free port, which it returns.
std::uint16_t bind_somewhere(const Socket& socket) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

void bind_to(const Socket& socket, const std::string& path) {
  ::unlink(path.c_str());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
}

// Payloads of a stream, each behind its length.
std::vector<std::string> frames_of(std::string_view bytes) {
  std::vector<std::string> frames;
  while (bytes.size() >= 4) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i)
      length |= std::size_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    EXPECT_LE(4 + length, bytes.size());
    frames.emplace_back(bytes.substr(4, length));
    bytes.remove_prefix(std::min(bytes.size(), 4 + length));
  }
  EXPECT_TRUE(bytes.empty());
  return frames;
}

constexpr std::array<double, 1> bounds = {1};

class StatsdExporterTest : public ::testing::Test {
 protected:
  ~StatsdExporterTest() override { stop(); }

  void open(const std::string& address) {
    StatsdSettings settings;
    settings.address = address;
    settings.tags = {{"env", "test"}};
    auto opened = StatsdExporter::open(settings, metrics_, clock_, logger_);
    ASSERT_TRUE(opened.ok()) << opened.error().describe();
    exporter_ = *std::move(opened);
    running_.emplace();
    running_->spawn(context_.get_executor(), exporter_->run());
    pass(0s);
  }
  void stop() {
    if (!running_) return;
    running_->request_stop();
    pass(0s);
    EXPECT_EQ(running_->running(), 0U);
    running_.reset();
  }
  void pass(Duration time) { testing::run_for(context_, clock_, time); }

  boost::asio::io_context context_{1};
  testing::ManualClock clock_{from_unix_ms(1'700'000'000'000)};
  testing::RecordingLogger logger_;
  testing::ScratchDirectory scratch_;
  std::string path_ = (scratch_.path() / "dsd").string();
  Metrics metrics_{true};
  std::unique_ptr<StatsdExporter> exporter_;
  std::optional<TaskScope> running_;
};

TEST_F(StatsdExporterTest, metrics_arrive_by_udp_every_ten_seconds) {
  const auto server = udp_server();
  const auto port = bind_somewhere(server);
  metrics_.counter("", "", "server.start").add();
  auto& puts = metrics_.counters({"puts_total", "Puts.", "puts", {"usecase"}}).with({"u"});
  auto& in_use = metrics_.gauge("in_use", "In use.", "service.concurrency.in_use");
  const auto handle = metrics_.before_reading([&] { in_use.add(1); });
  auto& latency = metrics_.histograms({"latency", "Latency.", "put.latency"}, bounds).with({});
  metrics_.counter("shown_only_total", "Shown only.").add();

  open("127.0.0.1:" + std::to_string(port));
  puts.add(3);
  latency.observe(0.5);
  pass(9s);
  EXPECT_THAT(server.receive(), IsEmpty());
  pass(1s);
  const auto first = server.receive();
  EXPECT_THAT(first, AllOf(HasSubstr("objectstore.server.start:1|c|#env:test|T1700000010\n"),
                           HasSubstr("objectstore.puts:3|c|#usecase:u,env:test|T1700000010\n"),
                           HasSubstr("objectstore.service.concurrency.in_use:1|g|#env:test"),
                           HasSubstr("objectstore.put.latency:0.5|d|#env:test\n"),
                           Not(HasSubstr("shown_only"))));
  EXPECT_THAT(first, HasSubstr("\ndatadog.dogstatsd.client.packets_sent:0|c|#client:cpp,"
                               "client_transport:udp,env:test|T1700000010\n"));
  puts.add(2);
  pass(10s);
  const auto second = server.receive();
  // What was added since, and nothing of what stood still.
  EXPECT_THAT(second, HasSubstr("objectstore.puts:2|c|#usecase:u,env:test|T1700000020\n"));
  EXPECT_THAT(second, HasSubstr("objectstore.service.concurrency.in_use:2|g"));
  EXPECT_THAT(second, Not(HasSubstr("server.start")));
  EXPECT_THAT(second, Not(HasSubstr("put.latency")));
  EXPECT_THAT(second, HasSubstr("datadog.dogstatsd.client.packets_sent:1|c"));
  EXPECT_THAT(second, HasSubstr("client.bytes_sent:" + std::to_string(first.size()) + "|c"));
}

TEST_F(StatsdExporterTest, the_end_is_sent_as_well) {
  const auto server = udp_server();
  open("127.0.0.1:" + std::to_string(bind_somewhere(server)));
  metrics_.counter("", "", "late").add();
  stop();
  EXPECT_THAT(server.receive(), HasSubstr("objectstore.late:1|c"));
}

TEST_F(StatsdExporterTest, payloads_fit_into_a_frame) {
  const auto server = udp_server();
  auto& family = metrics_.counters({"", "", "many", {"n"}});
  for (int i = 0; i < 100; ++i)
    family.with({std::to_string(i)}).add();
  open("127.0.0.1:" + std::to_string(bind_somewhere(server)));
  pass(10s);
  const auto payloads = server.receive_all();
  EXPECT_THAT(payloads.size(), ::testing::Gt(1U));
  for (const auto& payload : payloads)
    EXPECT_LE(payload.size(), 1432U);
}

TEST_F(StatsdExporterTest, a_udp_target_that_is_gone_costs_drops_only) {
  std::uint16_t port = 0;
  {
    const auto gone = udp_server();
    port = bind_somewhere(gone);
  }
  auto& family = metrics_.counters({"", "", "many", {"n"}});
  for (int i = 0; i < 200; ++i)
    family.with({std::to_string(i)}).add();
  open("127.0.0.1:" + std::to_string(port));
  pass(60s);
  EXPECT_EQ(clock_.sleepers(), 1U);  // it goes on as if nothing had happened
}

TEST_F(StatsdExporterTest, unix_datagrams_arrive_and_a_new_receiver_is_found) {
  auto& count = metrics_.counter("", "", "c");
  open("unixgram://" + path_);
  count.add();
  pass(10s);
  EXPECT_EQ(logger_.count("metrics are dropped: their target does not take them"), 1U);
  for (int restart = 0; restart < 2; ++restart) {
    const Socket server(::socket(AF_UNIX, SOCK_DGRAM, 0));
    bind_to(server, path_);
    count.add(5);
    pass(10s);
    EXPECT_THAT(server.receive(), HasSubstr("objectstore.c:5|c|#env:test|T"));
  }
  EXPECT_EQ(logger_.count("metrics are received again"), 1U);
}

TEST_F(StatsdExporterTest, a_slow_receiver_is_waited_for_within_the_flush) {
  const Socket server(::socket(AF_UNIX, SOCK_DGRAM, 0));
  bind_to(server, path_);
  auto& latency = metrics_.histograms({"l", "L.", "l"}, bounds).with({});
  auto& family = metrics_.counters({"", "", std::string(100, 'm'), {"n"}});
  for (int i = 0; i < 200; ++i)
    family.with({std::string(1000, 'x') + std::to_string(i)}).add();
  latency.observe(1);
  open("unixgram://" + path_);
  pass(10s);
  // More datagrams than the socket queues.
  auto received = server.receive_all();
  while (clock_.next_due() && *clock_.next_due() - clock_.monotonic_now() < 1s) {
    pass(5ms);
    for (auto& payload : server.receive_all())
      received.push_back(std::move(payload));
  }
  std::string all;
  for (const auto& payload : received)
    all += payload;
  EXPECT_EQ(std::ranges::count(all, '\n'), 200 + 1 + 4);
  EXPECT_EQ(logger_.count("metrics are dropped: their target does not take them"), 0U);
}

TEST_F(StatsdExporterTest, a_receiver_that_stands_still_is_given_up_after_a_second) {
  const Socket server(::socket(AF_UNIX, SOCK_DGRAM, 0));
  bind_to(server, path_);
  auto& family = metrics_.counters({"", "", std::string(100, 'm'), {"n"}});
  for (int i = 0; i < 200; ++i)
    family.with({std::string(8000, 'x') + std::to_string(i)}).add();
  open("unixgram://" + path_);
  pass(11s);
  EXPECT_EQ(logger_.count("metrics are dropped: their target does not take them"), 1U);
  // The next flush comes at its time.
  EXPECT_EQ(*clock_.next_due() - clock_.monotonic_now(), 10s);
}

TEST_F(StatsdExporterTest, frames_of_a_stream_tell_their_length) {
  const Socket server(::socket(AF_UNIX, SOCK_STREAM, 0));
  bind_to(server, path_);
  ASSERT_EQ(::listen(server.get(), 4), 0);
  auto& count = metrics_.counter("", "", "c");
  open("unix://" + path_);
  count.add(1);
  pass(10s);
  {
    const Socket connection(::accept(server.get(), nullptr, nullptr));
    count.add(2);
    pass(10s);
    const auto frames = frames_of(connection.receive());
    ASSERT_THAT(frames, SizeIs(2));
    EXPECT_THAT(frames[0], HasSubstr("objectstore.c:1|c"));
    EXPECT_THAT(frames[1], HasSubstr("objectstore.c:2|c"));
  }
  // Closed by the other side: the next flush connects again.
  count.add(4);
  pass(10s);
  const Socket again(::accept(server.get(), nullptr, nullptr));
  const auto frames = frames_of(again.receive());
  ASSERT_THAT(frames, SizeIs(1));
  EXPECT_THAT(frames[0], HasSubstr("objectstore.c:4|c"));
}

TEST_F(StatsdExporterTest, a_stream_that_is_full_is_gone_on_with_at_the_frame_s_rest) {
  const Socket server(::socket(AF_UNIX, SOCK_STREAM, 0));
  bind_to(server, path_);
  ASSERT_EQ(::listen(server.get(), 4), 0);
  auto& family = metrics_.counters({"", "", std::string(100, 'm'), {"n"}});
  const auto touch_all = [&] {
    for (int i = 0; i < 200; ++i)
      family.with({std::string(7000, 'x') + std::to_string(i)}).add();
  };
  open("unix://" + path_);
  touch_all();
  pass(12s);
  const Socket connection(::accept(server.get(), nullptr, nullptr));
  std::string bytes;
  const auto drain = [&] {
    for (auto some = connection.receive(); !some.empty(); some = connection.receive())
      bytes += some;
  };
  drain();
  touch_all();
  for (int i = 0; i < 300; ++i) {
    pass(50ms);
    drain();
  }
  // No frame is broken, although many were dropped in between.
  const auto frames = frames_of(bytes);
  EXPECT_THAT(frames.size(), ::testing::Gt(200U));
  for (const auto& frame : frames)
    EXPECT_TRUE(frame.ends_with('\n'));
}

TEST(StatsdExporterOpenTest, bad_settings_are_refused) {
  struct Case {
    std::string address;
    std::optional<std::size_t> buffer_size;
    std::string why;
  };
  const std::vector<Case> cases = {
      {"nowhere", std::nullopt, "a port from 1 to 65535"},
      {"host.invalid:8125", std::nullopt, "no address for the host"},
      {"127.0.0.1:8125", 0, "metrics.buffer_size is 0; for 127.0.0.1:8125 it can be 256 to 65507"},
      {"127.0.0.1:8125", 65'508, "it can be 256 to 65507"},
      {"unix:///run/dsd", 255, "it can be 256 to 1048576"},
  };
  Metrics metrics;
  testing::ManualClock clock;
  NullLogger logger;
  for (const auto& c : cases) {
    StatsdSettings settings;
    settings.address = c.address;
    settings.buffer_size = c.buffer_size;
    const auto opened = StatsdExporter::open(settings, metrics, clock, logger);
    ASSERT_FALSE(opened.ok()) << c.address;
    EXPECT_EQ(opened.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(opened.error().describe(), HasSubstr("failed to initialize metrics exporter"));
    EXPECT_THAT(opened.error().describe(), HasSubstr(c.why));
  }
}

}  // namespace
}  // namespace objectstore
