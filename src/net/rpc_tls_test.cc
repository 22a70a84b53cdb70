// Who a server must prove to be.
#include <gmock/gmock.h>
#include <nghttp2/nghttp2.h>

#include <boost/asio/ssl/context.hpp>
#include <fstream>

#include "net/rpc_test_support.h"
#include "testing/scratch_directory.h"
#include "testing/test_keys.h"

namespace objectstore::net_test {
namespace {

using ::testing::HasSubstr;

class RpcTlsTest : public RpcTest {
 protected:
  // A server with a certificate for `name`, which the channel trusts.
  GrpcServer& serve_tls(const std::string& name, bool offers_http2 = true) {
    const auto certificate = testing::make_test_certificate(name);
    context_of_server_.use_certificate_chain(boost::asio::buffer(certificate.certificate_pem));
    context_of_server_.use_private_key(boost::asio::buffer(certificate.private_pem),
                                       boost::asio::ssl::context::pem);
    if (offers_http2) {
      SSL_CTX_set_alpn_select_cb(
          context_of_server_.native_handle(),
          [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
             unsigned in_size, void*) {
            return nghttp2_select_next_protocol(const_cast<unsigned char**>(out), size, in,
                                                in_size) == 1
                       ? SSL_TLSEXT_ERR_OK
                       : SSL_TLSEXT_ERR_NOACK;
          },
          nullptr);
    }
    ca_file_ = directory_.path() / "ca.pem";
    std::ofstream(ca_file_) << certificate.certificate_pem;
    GrpcServerOptions options;
    options.tls = &context_of_server_;
    return serve([](GrpcServerCall& call) { call.reply(call.messages.at(0)); }, options);
  }
  void trust(const std::string& ca_file, const std::string& server_name = {}) {
    auto context = TlsContext::client(TlsSettings{ca_file, server_name});
    ASSERT_TRUE(context.ok());
    settings_.tls = *context;
  }

  testing::ScratchDirectory directory_;
  std::string ca_file_;
  boost::asio::ssl::context context_of_server_{boost::asio::ssl::context::tls_server};
};

TEST_F(RpcTlsTest, verified_servers_serve) {
  auto& server = serve_tls("IP:127.0.0.1");
  trust(ca_file_);
  const auto big = std::string(3 << 20, 'x');
  EXPECT_TRUE(unary(request(big)).message == big);
  EXPECT_EQ(server.call(0).header(":scheme"), "https");
}

TEST_F(RpcTlsTest, the_name_may_be_given_by_the_settings) {
  serve_tls("DNS:bigtable.test");
  trust(ca_file_, "bigtable.test");
  EXPECT_EQ(unary().message, "question");
}

TEST_F(RpcTlsTest, certificates_for_another_name_are_refused) {
  auto& server = serve_tls("DNS:bigtable.test");
  for (const std::string name : {"", "other.test"}) {
    trust(ca_file_, name);
    const auto status = unary().status;
    EXPECT_EQ(status.code, RpcCode::unavailable);
    EXPECT_TRUE(status.never_sent);
    EXPECT_THAT(status.message, HasSubstr("certificate is refused"));
    (void)pump(context_, close_transport(*channel_));
    channel_.reset();
  }
  EXPECT_EQ(server.calls(), 0u);
  EXPECT_EQ(server.handshake_failures(), 2u);
}

TEST_F(RpcTlsTest, unknown_issuers_are_refused) {
  serve_tls("IP:127.0.0.1");
  trust("");
  EXPECT_THAT(unary().status.message, HasSubstr("certificate is refused"));
}

TEST_F(RpcTlsTest, servers_without_http2_are_refused) {
  serve_tls("IP:127.0.0.1", false);
  trust(ca_file_);
  EXPECT_THAT(unary().status.message, HasSubstr("does not offer HTTP/2"));
}

TEST_F(RpcTlsTest, a_ca_file_that_is_missing_is_named) {
  const auto context = TlsContext::client(TlsSettings{"/nowhere/ca.pem", ""});
  ASSERT_FALSE(context.ok());
  EXPECT_THAT(context.error().message(), HasSubstr("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace objectstore::net_test
