#include "telemetry/statsd_target.h"

#include <gmock/gmock.h>

namespace objectstore {
namespace {

using ::testing::HasSubstr;

TEST(StatsdTargetTest, addresses_are_read) {
  using Transport = StatsdTarget::Transport;
  struct Case {
    std::string address;
    Transport transport;
    std::string host;
    std::string port;
    std::string path;
    std::size_t buffer_size;
  };
  const std::vector<Case> cases = {
      {"localhost:8125", Transport::udp, "localhost", "8125", "", 1432},
      {"10.0.0.7:1", Transport::udp, "10.0.0.7", "1", "", 1432},
      {"[::1]:65535", Transport::udp, "::1", "65535", "", 1432},
      {"unix:///run/dsd.socket", Transport::unix_stream, "", "", "/run/dsd.socket", 8192},
      {"unixgram:///run/dsd.socket", Transport::unix_datagram, "", "", "/run/dsd.socket", 8192},
      {"unixgram://relative", Transport::unix_datagram, "", "", "relative", 8192},
  };
  for (const auto& c : cases) {
    const auto target = parse_statsd_target(c.address);
    ASSERT_TRUE(target.ok()) << c.address;
    EXPECT_EQ(target->transport, c.transport) << c.address;
    EXPECT_EQ(target->host, c.host) << c.address;
    EXPECT_EQ(target->port, c.port) << c.address;
    EXPECT_EQ(target->path, c.path) << c.address;
    EXPECT_EQ(target->default_buffer_size(), c.buffer_size) << c.address;
    EXPECT_EQ(target->describe(), c.address);
  }
}

TEST(StatsdTargetTest, what_is_wrong_is_said) {
  struct Case {
    std::string address;
    std::string why;
  };
  const std::vector<Case> cases = {
      {"", "a port from 1 to 65535 must follow the host"},
      {"localhost", "a port from 1 to 65535 must follow the host"},
      {"localhost:", "a port from 1 to 65535 must follow the host"},
      {"localhost:0", "a port from 1 to 65535 must follow the host"},
      {"localhost:65536", "a port from 1 to 65535 must follow the host"},
      {"localhost:12x", "a port from 1 to 65535 must follow the host"},
      {":8125", "the host is missing"},
      {"[]:8125", "the host is missing"},
      {"::1:8125", "stands in brackets"},
      {"udp://localhost:8125", "only host:port, unix://path and unixgram://path"},
      {"unix://", "the path of the socket is missing"},
      {"unixgram://", "the path of the socket is missing"},
      {"unix:///" + std::string(107, 'x'), "longer than the 107 bytes"},
  };
  for (const auto& c : cases) {
    const auto target = parse_statsd_target(c.address);
    ASSERT_FALSE(target.ok()) << c.address;
    EXPECT_EQ(target.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(target.error().describe(), HasSubstr("metrics.addr `" + c.address + "`"));
    EXPECT_THAT(target.error().describe(), HasSubstr(c.why)) << c.address;
  }
}

}  // namespace
}  // namespace objectstore
