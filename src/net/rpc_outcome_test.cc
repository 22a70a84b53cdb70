// What becomes of a call, by what the server does.
#include <gmock/gmock.h>
#include <nghttp2/nghttp2.h>

#include "net/rpc_test_support.h"

namespace objectstore::net_test {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  std::string name;
  std::function<void(GrpcServer& server, GrpcServerCall& call)> serve;  // when the call has come
  RpcCode code = RpcCode::ok;
  std::string text;  // in the status's message
  bool never_sent = false;
  std::vector<std::string> messages;
};
void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << outcome.name;
}

class RpcOutcomeTest : public RpcTest, public ::testing::WithParamInterface<Outcome> {};

TEST_P(RpcOutcomeTest, is_what_the_server_said) {
  const auto& expected = GetParam();
  settings_.limits.max_message = 1 << 20;
  auto& server = serve();
  Pumped<Streamed> call(context_, stream_all(channel(), request()));
  ASSERT_TRUE(pump_until(context_, [&] { return server.calls() == 1 && server.call(0).ended; }));
  expected.serve(server, server.call(0));
  const auto result = call.get();
  EXPECT_EQ(result.status.code, expected.code) << result.status.message;
  EXPECT_THAT(result.status.message, HasSubstr(expected.text));
  EXPECT_EQ(result.status.never_sent, expected.never_sent);
  EXPECT_EQ(result.messages, expected.messages);
}

Outcome reset_by(const std::string& name, std::uint32_t error, RpcCode code, bool never = false) {
  return {"reset_" + name,
          [error](GrpcServer&, GrpcServerCall& call) { call.reset(error); },
          code,
          "",
          never,
          {}};
}
Outcome http(int status, RpcCode code) {
  return {
      "http_" + std::to_string(status),
      [status](GrpcServer&, GrpcServerCall& call) {
        call.respond({{":status", std::to_string(status)}, {"content-type", "text/html"}}, true);
      },
      code,
      std::to_string(status),
      false,
      {}};
}

// google.rpc.Status with a RetryInfo of 1.5 s behind another detail.
constexpr const char* details_with_retry_info =
    "CAgSBGJ1c3kaLQoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLkRlYnVnSW5mbxIBeB"
    "o2Cih0eXBlLmdvb2dsZWFwaXMuY29tL2dvb2dsZS5ycGMuUmV0cnlJbmZvEgoKCAgBEIDKte4B";

const Outcome outcomes[] = {
    {"reply",
     [](GrpcServer&, GrpcServerCall& call) { call.reply("answer"); },
     RpcCode::ok,
     "",
     false,
     {"answer"}},
    {"empty_message",
     [](GrpcServer&, GrpcServerCall& call) { call.reply(""); },
     RpcCode::ok,
     "",
     false,
     {""}},
    {"many_messages",
     [](GrpcServer&, GrpcServerCall& call) {
       call.begin();
       call.message("a");
       call.message("");
       call.message("b");
       call.finish(RpcCode::ok);
     },
     RpcCode::ok,
     "",
     false,
     {"a", "", "b"}},
    {"one_byte_a_frame",
     [](GrpcServer&, GrpcServerCall& call) {
       call.begin();
       for (const char c : std::string("\0\0\0\0\2ab\0\0\0\0\1c", 13))
         call.data(std::string(1, c));
       call.finish(RpcCode::ok);
     },
     RpcCode::ok,
     "",
     false,
     {"ab", "c"}},
    {"trailers_only",
     [](GrpcServer&, GrpcServerCall& call) { call.fail(RpcCode::not_found, "no%20such%0Arow"); },
     RpcCode::not_found,
     "no such\nrow",
     false,
     {}},
    {"failure_behind_messages",
     [](GrpcServer&, GrpcServerCall& call) {
       call.begin();
       call.message("a");
       call.finish(RpcCode::aborted, "later");
     },
     RpcCode::aborted,
     "later",
     false,
     {"a"}},
    {"unknown_number",
     [](GrpcServer&, GrpcServerCall& call) {
       call.respond(
           {{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "99"}}, true);
     },
     RpcCode::unknown,
     "",
     false,
     {}},
    {"no_status",
     [](GrpcServer&, GrpcServerCall& call) {
       call.begin();
       call.message("a");
       call.trailers({{"x", "y"}});
     },
     RpcCode::unknown,
     "without a status",
     false,
     {"a"}},
    http(400, RpcCode::internal),
    http(401, RpcCode::unauthenticated),
    http(403, RpcCode::permission_denied),
    http(404, RpcCode::unimplemented),
    http(429, RpcCode::unavailable),
    http(500, RpcCode::unknown),
    http(502, RpcCode::unavailable),
    http(503, RpcCode::unavailable),
    http(504, RpcCode::unavailable),
    {"http_503_with_a_page",
     [](GrpcServer&, GrpcServerCall& call) {
       call.respond({{":status", "503"}, {"content-type", "text/html"}}, false);
       call.data("<h1>Sorry</h1>");
     },
     RpcCode::unavailable,
     "503",
     false,
     {}},
    {"http_503_with_a_grpc_status",
     [](GrpcServer&, GrpcServerCall& call) {
       call.respond({{":status", "503"}, {"grpc-status", "8"}}, true);
     },
     RpcCode::resource_exhausted,
     "",
     false,
     {}},
    {"not_grpc",
     [](GrpcServer&, GrpcServerCall& call) {
       call.respond({{":status", "200"}, {"content-type", "text/html"}}, false);
       call.data("<h1>Hello</h1>");
     },
     RpcCode::unknown,
     "not gRPC",
     false,
     {}},
    {"informational_first",
     [](GrpcServer& server, GrpcServerCall& call) {
       // HEADERS with END_HEADERS on stream 1: ":status: 103", never indexed
       server.send_raw(
           std::string("\0\0\5\1\4\0\0\0\1\x08\3"
                       "103",
                       14));
       call.reply("answer");
     },
     RpcCode::ok,
     "",
     false,
     {"answer"}},
    reset_by("no_error", NGHTTP2_NO_ERROR, RpcCode::internal),
    reset_by("protocol_error", NGHTTP2_PROTOCOL_ERROR, RpcCode::internal),
    reset_by("internal_error", NGHTTP2_INTERNAL_ERROR, RpcCode::internal),
    reset_by("flow_control_error", NGHTTP2_FLOW_CONTROL_ERROR, RpcCode::internal),
    reset_by("stream_closed", NGHTTP2_STREAM_CLOSED, RpcCode::unknown),
    reset_by("refused_stream", NGHTTP2_REFUSED_STREAM, RpcCode::unavailable, true),
    reset_by("cancel", NGHTTP2_CANCEL, RpcCode::cancelled),
    reset_by("enhance_your_calm", NGHTTP2_ENHANCE_YOUR_CALM, RpcCode::resource_exhausted),
    reset_by("inadequate_security", NGHTTP2_INADEQUATE_SECURITY, RpcCode::permission_denied),
    {"refused_after_it_began",
     [](GrpcServer&, GrpcServerCall& call) {
       call.begin();
       call.reset(NGHTTP2_REFUSED_STREAM);
     },
     RpcCode::unavailable,
     "",
     false,
     {}},
    {"reset_behind_the_end",
     [](GrpcServer&, GrpcServerCall& call) {
       call.reply("answer");
       call.reset(NGHTTP2_NO_ERROR);
     },
     RpcCode::ok,
     "",
     false,
     {"answer"}},
    {"compressed_message",
     [](GrpcServer&, GrpcServerCall& call) {
       call.begin();
       call.data(std::string("\1\0\0\0\1x", 6));
     },
     RpcCode::internal,
     "compressed",
     false,
     {}},
    {"message_over_the_limit",
     [](GrpcServer&, GrpcServerCall& call) {
       call.begin();
       call.message("a");
       call.data(std::string("\0\0\x10\0\1", 5));
     },
     RpcCode::resource_exhausted,
     "1048577",
     false,
     {"a"}},
    {"cut_message",
     [](GrpcServer&, GrpcServerCall& call) {
       call.begin();
       call.data(std::string("\0\0\0\0\2a", 6));
       call.finish(RpcCode::ok);
     },
     RpcCode::internal,
     "inside a message",
     false,
     {}},
    {"cut_prefix",
     [](GrpcServer&, GrpcServerCall& call) {
       call.begin();
       call.data(std::string("\0\0", 2));
       call.finish(RpcCode::ok);
     },
     RpcCode::internal,
     "inside a message",
     false,
     {}},
    {"closed_without_an_answer",
     [](GrpcServer& server, GrpcServerCall&) { server.close_connections(); },
     RpcCode::unavailable,
     "closed the connection",
     false,
     {}},
    {"closed_inside_a_message",
     [](GrpcServer& server, GrpcServerCall& call) {
       call.begin();
       call.message("a");
       call.data(std::string("\0\0\0\0\2b", 6));
       server.close_connections();
     },
     RpcCode::unavailable,
     "closed the connection",
     false,
     {"a"}},
    {"gone_away_before_the_call",
     [](GrpcServer& server, GrpcServerCall&) {
       server.go_away(0, NGHTTP2_ENHANCE_YOUR_CALM, "too_many_pings");
     },
     RpcCode::unavailable,
     "ENHANCE_YOUR_CALM: too_many_pings",
     true,
     {}},
    {"gone_away_behind_the_call",
     [](GrpcServer& server, GrpcServerCall& call) {
       server.go_away(1, NGHTTP2_NO_ERROR);
       call.reply("answer");
     },
     RpcCode::ok,
     "",
     false,
     {"answer"}},
    {"gone_away_some_time",
     [](GrpcServer& server, GrpcServerCall& call) {
       server.go_away(INT32_MAX, NGHTTP2_NO_ERROR);
       call.begin();
       server.go_away(1, NGHTTP2_NO_ERROR);
       call.message("answer");
       call.finish(RpcCode::ok);
     },
     RpcCode::ok,
     "",
     false,
     {"answer"}},
    {"broken_framing",
     [](GrpcServer& server, GrpcServerCall&) {
       server.send_raw(std::string("\xff\xff\xff\0\0\0\0\0\1", 9));
     },
     RpcCode::unavailable,
     "HTTP/2",
     false,
     {}},
};

INSTANTIATE_TEST_SUITE_P(Cases, RpcOutcomeTest, ::testing::ValuesIn(outcomes),
                         [](const auto& test) { return test.param.name; });

class UnaryTest : public RpcTest {};

TEST_F(UnaryTest, replies_without_or_with_several_messages_are_errors) {
  serve([](GrpcServerCall& call) {
    call.begin();
    if (call.messages.at(0) == "several") {
      call.message("a");
      call.message("b");
    }
    call.finish(RpcCode::ok);
  });
  EXPECT_EQ(unary(request("none")).status.code, RpcCode::internal);
  EXPECT_EQ(unary(request("several")).status.code, RpcCode::internal);
}

TEST_F(UnaryTest, retry_delay_and_metadata_come_with_the_status) {
  serve([](GrpcServerCall& call) {
    call.begin({{"x-first", "1"}});
    call.finish(RpcCode::unavailable, "busy",
                {{"grpc-status-details-bin", details_with_retry_info}, {"x-last", "2"}});
  });
  const auto reply = unary();
  EXPECT_EQ(reply.status.code, RpcCode::unavailable);
  EXPECT_EQ(reply.status.retry_delay, Duration(std::chrono::milliseconds(1500)));
  ASSERT_EQ(reply.metadata.size(), 3u);
  EXPECT_EQ(reply.metadata.front().first, "x-first");
  EXPECT_EQ(reply.metadata.back().second, "2");
}

}  // namespace
}  // namespace objectstore::net_test
