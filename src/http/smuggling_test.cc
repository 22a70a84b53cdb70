// Requests that two servers in a row could understand differently: each is refused, its connection
// ends, and what hides behind it is neither run nor answered.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/test_support.h"

namespace objectstore {
namespace {

using namespace std::chrono_literals;
using http_test::Client;
using http_test::TestServer;

const std::string put_line = "PUT /v1/objects/u/_/k HTTP/1.1\r\n";
// What an attacker wants to have run.
const std::string hidden = "PUT /v1/objects/u/_/hidden HTTP/1.1\r\nContent-Length: 6\r\n\r\nstolen";

std::string text(std::string_view bytes) {
  return std::string(bytes);
}

struct Attack {
  const char* name;
  std::string request;  // `hidden` is sent behind it
};

const std::vector<Attack>& bad_heads() {
  using namespace std::string_view_literals;
  static const std::vector<Attack> table = [] {
    std::vector<Attack> attacks;
    const auto with = [&](const char* name, std::string_view lines) {
      attacks.push_back({name, put_line + text(lines) + "\r\n0\r\n\r\n"});
    };
    const auto line = [&](const char* name, std::string_view first) {
      attacks.push_back({name, text(first) + "\r\nHost: h\r\n\r\n"});
    };
    // Two framings.
    with("length then chunked", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n");
    with("chunked then length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n");
    with("length zero and chunked", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n");
    with("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n");
    with("two lengths, one zero", "Content-Length: 0\r\nContent-Length: 5\r\n");
    with("two lengths, one bad", "Content-Length: 5\r\nContent-Length: x\r\n");
    with("two encodings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n");
    with("identity then chunked", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n");
    with("chunked then identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n");
    // Lengths that are no number for everybody.
    with("plus", "Content-Length: +5\r\n");
    with("minus", "Content-Length: -5\r\n");
    with("minus zero", "Content-Length: -0\r\n");
    with("hex", "Content-Length: 0x5\r\n");
    with("fraction", "Content-Length: 5.0\r\n");
    with("exponent", "Content-Length: 5e0\r\n");
    with("blank within", "Content-Length: 1 0\r\n");
    with("list of equals", "Content-Length: 5, 5\r\n");
    with("list", "Content-Length: 5, 6\r\n");
    with("list with a hole", "Content-Length: 5,\r\n");
    with("unit", "Content-Length: 5B\r\n");
    with("quoted", "Content-Length: \"5\"\r\n");
    with("no length", "Content-Length:\r\n");
    with("blank length", "Content-Length: \t \r\n");
    with("overflow", "Content-Length: 18446744073709551616\r\n");
    with("overflow to five", "Content-Length: 18446744073709551621\r\n");
    with("form feed", "Content-Length: 5\f\r\n");
    with("arabic digit", "Content-Length: \xd9\xa5\r\n");
    // Encodings that are chunked for somebody.
    with("xchunked", "Transfer-Encoding: xchunked\r\n");
    with("chunkedx", "Transfer-Encoding: chunkedx\r\n");
    with("chunked;q", "Transfer-Encoding: chunked;q=1\r\n");
    with("chunked, identity", "Transfer-Encoding: chunked, identity\r\n");
    with("identity, chunked", "Transfer-Encoding: identity, chunked\r\n");
    with("gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n");
    with("chunked, chunked", "Transfer-Encoding: chunked, chunked\r\n");
    with("comma before", "Transfer-Encoding: ,chunked\r\n");
    with("comma behind", "Transfer-Encoding: chunked,\r\n");
    with("identity", "Transfer-Encoding: identity\r\n");
    with("gzip", "Transfer-Encoding: gzip\r\n");
    with("empty encoding", "Transfer-Encoding:\r\n");
    with("quoted encoding", "Transfer-Encoding: \"chunked\"\r\n");
    with("vertical tab",
         "Transfer-Encoding: \x0b"
         "chunked\r\n"sv);
    with("form feed before",
         "Transfer-Encoding: \x0c"
         "chunked\r\n"sv);
    with("nul behind", "Transfer-Encoding: chunked\0\r\n"sv);
    with("high byte", "Transfer-Encoding: chunked\xff\r\n");
    with("no-break space",
         "Transfer-Encoding:\xa0"
         "chunked\r\n"sv);
    // Names that are the header for somebody.
    with("blank before colon", "Transfer-Encoding : chunked\r\n");
    with("tab before colon", "Transfer-Encoding\t: chunked\r\n");
    with("length with blank", "Content-Length : 5\r\n");
    with("blank before name", " Transfer-Encoding: chunked\r\n");
    with("tab before name", "\tTransfer-Encoding: chunked\r\n");
    with("nul in name", "Transfer-Encoding\0: chunked\r\n"sv);
    with("control in name",
         "Transfer-\x01"
         "Encoding: chunked\r\n"sv);
    with("high byte in name", "Transfer-Encod\xefng: chunked\r\n");
    with("parenthesis in name", "Transfer(Encoding: chunked\r\n");
    with("no colon", "Transfer-Encoding chunked\r\n");
    with("no name", ": chunked\r\n");
    // Lines that end elsewhere for somebody.
    with("folded with a blank", "X: a\r\n Transfer-Encoding: chunked\r\n");
    with("folded with a tab", "X: a\r\n\tTransfer-Encoding: chunked\r\n");
    with("folded value", "Transfer-Encoding:\r\n chunked\r\n");
    with("folded blank line", "X: a\r\n \r\nTransfer-Encoding: chunked\r\n");
    with("bare line feed", "X: a\nTransfer-Encoding: chunked\r\n");
    with("bare return", "X: a\rTransfer-Encoding: chunked\r\n");
    with("return twice", "X: a\r\r\nTransfer-Encoding: chunked\r\n");
    with("bare return in name", "X\r: a\r\n");
    with("nul", "X: a\0b\r\n"sv);
    with("escape", "X: \x1b[2J\r\n");
    with("delete", "X: \x7f\r\n");
    attacks.push_back(
        {"head ends by line feeds", put_line + "X: a\r\n\nContent-Length: 5\r\n\r\n"});
    attacks.push_back({"all line feeds", "PUT /v1/objects/u/_/k HTTP/1.1\nHost: h\n\n"});
    // Request lines.
    line("no version", "PUT /v1/objects/u/_/k");
    line("http/0.9", "GET /v1/objects/u/_/k\r\n");
    line("http/1.2", "PUT /v1/objects/u/_/k HTTP/1.2");
    line("http/2.0", "PUT /v1/objects/u/_/k HTTP/2.0");
    line("http/1", "PUT /v1/objects/u/_/k HTTP/1");
    line("http/1.10", "PUT /v1/objects/u/_/k HTTP/1.10");
    line("http/01.1", "PUT /v1/objects/u/_/k HTTP/01.1");
    line("lower case", "PUT /v1/objects/u/_/k http/1.1");
    line("another protocol", "PUT /v1/objects/u/_/k ICAP/1.1");
    line("blank in target", "PUT /v1/objects/u/_/k HTTP/1.1 HTTP/1.1");
    line("tab in target", "PUT /v1/objects/u/_/k\tx HTTP/1.1");
    line("tab for a blank", "PUT\t/v1/objects/u/_/k HTTP/1.1");
    line("two blanks", "PUT  /v1/objects/u/_/k HTTP/1.1");
    line("two blanks behind", "PUT /v1/objects/u/_/k  HTTP/1.1");
    line("blank at the end", "PUT /v1/objects/u/_/k HTTP/1.1 ");
    line("blank at the start", " PUT /v1/objects/u/_/k HTTP/1.1");
    line("nul in target", "PUT /v1/objects/u/_/k\0 HTTP/1.1"sv);
    line("return in target", "PUT /v1/objects/u/_/k\rX HTTP/1.1");
    line("line feed in target", "PUT /v1/objects/u/_/k\nX HTTP/1.1");
    line("no target", "PUT HTTP/1.1");
    line("empty target", "PUT  HTTP/1.1");
    line("no method", "/v1/objects/u/_/k HTTP/1.1");
    line("method of separators", "PU[T] /v1/objects/u/_/k HTTP/1.1");
    line("only a blank", " ");
    attacks.push_back({"http/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"});
    attacks.push_back(
        {"tls hello", text("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"sv)});
    // HTTP/1.0 knows no chunks.
    attacks.push_back({"chunked on 1.0",
                       "PUT /v1/objects/u/_/k HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "0\r\n\r\n"});
    attacks.push_back({"chunked on 1.0, kept",
                       "PUT /v1/objects/u/_/k HTTP/1.0\r\nConnection: keep-alive\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"});
    return attacks;
  }();
  return table;
}

// Bodies of a chunked request: the head is fine, so a handler runs, and its store sees an error.
const std::vector<Attack>& bad_chunks() {
  using namespace std::string_view_literals;
  static const std::vector<Attack> table = {
      {"negative", "-5\r\nhello\r\n0\r\n\r\n"},
      {"plus", "+5\r\nhello\r\n0\r\n\r\n"},
      {"hex prefix", "0x5\r\nhello\r\n0\r\n\r\n"},
      {"no size", "\r\nhello\r\n0\r\n\r\n"},
      {"no hex", "g\r\nhello\r\n0\r\n\r\n"},
      {"only an extension", ";a\r\nhello\r\n0\r\n\r\n"},
      {"sixteen digits and one", "10000000000000005\r\nhello\r\n0\r\n\r\n"},
      {"overflow", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"},
      {"many zeros", std::string(200'000, '0') + "5\r\nhello\r\n0\r\n\r\n"},
      {"blank before", " 5\r\nhello\r\n0\r\n\r\n"},
      {"tab before", "\t5\r\nhello\r\n0\r\n\r\n"},
      {"blank within", "5 5\r\nhello\r\n0\r\n\r\n"},
      {"underscore", "5_0\r\nhello\r\n0\r\n\r\n"},
      {"fraction", "5.0\r\nhello\r\n0\r\n\r\n"},
      {"size ends by a line feed", "5\nhello\r\n0\r\n\r\n"},
      {"size ends by a return", "5\rhello\r\n0\r\n\r\n"},
      {"nul behind the size", text("5\0\r\nhello\r\n0\r\n\r\n"sv)},
      {"line feed in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n"},
      {"return in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"},
      {"line feed in a quoted extension", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"},
      {"return in a quoted extension", "5;a=\"\r\"\r\nhello\r\n0\r\n\r\n"},
      {"nul in a quoted extension", text("5;a=\"\0\"\r\nhello\r\n0\r\n\r\n"sv)},
      {"endless extension", "5;a=" + std::string(200'000, 'a') + "\r\nhello\r\n0\r\n\r\n"},
      {"no line end behind the data", "5\r\nhello0\r\n\r\n"},
      {"line feed behind the data", "5\r\nhello\n0\r\n\r\n"},
      {"return behind the data", "5\r\nhello\r0\r\n\r\n"},
      {"other bytes behind the data", "5\r\nhelloXX0\r\n\r\n"},
      {"data longer than its size", "4\r\nhello\r\n0\r\n\r\n"},
      {"data shorter than its size", "6\r\nhello\r\n0\r\n\r\n"},
      {"last chunk by line feeds", "5\r\nhello\r\n0\n\n"},
      {"last chunk negative", "5\r\nhello\r\n-0\r\n\r\n"},
      {"trailer ends by a line feed", "5\r\nhello\r\n0\r\nA: b\n\r\n"},
      {"trailer with a bare return", "5\r\nhello\r\n0\r\nA: b\rc\r\n\r\n"},
      {"trailer with a blank before the colon", "5\r\nhello\r\n0\r\nA : b\r\n\r\n"},
      {"trailer without a colon", "5\r\nhello\r\n0\r\nAb\r\n\r\n"},
      {"trailer folded", "5\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n"},
      {"trailer that is a request line", "5\r\nhello\r\n0\r\nGET /health HTTP/1.1\r\n\r\n"},
      {"trailer with a length", "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n"},
      {"trailer with an encoding", "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"trailer with nul", text("5\r\nhello\r\n0\r\nA: \0\r\n\r\n"sv)},
      {"endless trailer", "5\r\nhello\r\n0\r\nA: " + std::string(600'000, 'a') + "\r\n\r\n"},
  };
  return table;
}

// One 400 has come, nothing follows, and the server has closed.
void expect_refused(Client& client, const http_test::Answer& answer) {
  EXPECT_EQ(answer.status, 400);
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.header("connection"), "close");
  client.half_close();
  EXPECT_TRUE(client.wait_closed());
  EXPECT_EQ(client.received(), "") << "a second answer";
}

TEST(Smuggling, ambiguous_heads_are_refused_before_anything_runs) {
  TestServer server;
  for (const auto& attack : bad_heads()) {
    SCOPED_TRACE(attack.name);
    Client client(server);
    const auto answer = client.request(attack.request + hidden);
    EXPECT_EQ(answer.body, "");
    expect_refused(client, answer);
  }
  EXPECT_EQ(server.store.calls, 0);
  RecordProperty("cases", static_cast<int>(bad_heads().size()));
}

TEST(Smuggling, ambiguous_heads_are_refused_byte_by_byte) {
  TestServer server;
  for (const auto& attack : bad_heads()) {
    SCOPED_TRACE(attack.name);
    Client client(server);
    for (const char byte : attack.request) {
      client.send(std::string_view(&byte, 1));
      server.pump();
    }
    client.send(hidden);
    expect_refused(client, client.read_answer());
  }
  EXPECT_EQ(server.store.calls, 0);
}

TEST(Smuggling, ambiguous_chunks_store_nothing_and_end_the_connection) {
  TestServer server;
  const auto head = put_line + "Transfer-Encoding: chunked\r\n\r\n";
  for (const auto& attack : bad_chunks()) {
    SCOPED_TRACE(attack.name);
    for (const bool apart : {false, true}) {
      Client client(server);
      client.send(apart ? head : head + attack.request + hidden);
      server.settle();
      if (apart) client.send(attack.request + hidden);
      // Where the size claims more than comes, the end of the input is what tells.
      client.half_close();
      expect_refused(client, client.read_answer());
    }
  }
  EXPECT_TRUE(server.store.objects.empty());
  RecordProperty("cases", static_cast<int>(bad_chunks().size()));
}

// What looks odd and has one meaning is served.
TEST(Smuggling, unambiguous_requests_are_served_and_kept_apart) {
  struct Served {
    const char* name;
    std::string request;
    std::string stored;
  };
  const std::string health = "GET /health HTTP/1.1\r\n\r\n";
  const auto chunked = put_line + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<Served> table = {
      {"a request within a body",
       put_line + "Content-Length: " + std::to_string(health.size()) + "\r\n\r\n" + health, health},
      {"a request within a chunk", chunked + "18\r\n" + health + "\r\n0\r\n\r\n", health},
      {"equal lengths twice", put_line + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
       "hello"},
      {"length with zeros", put_line + "Content-Length: 0005\r\n\r\nhello", "hello"},
      {"blanks around the length", put_line + "Content-Length: \t 5 \t\r\n\r\nhello", "hello"},
      {"odd case", put_line + "cOnTeNt-LeNgTh: 5\r\n\r\nhello", "hello"},
      {"chunked in odd case",
       put_line + "tRANSFER-eNCODING: cHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"tab before chunked",
       put_line + "Transfer-Encoding:\tchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"zeros and capitals in sizes", chunked + "000000A\r\n0123456789\r\n00\r\n\r\n",
       "0123456789"},
      {"extensions", chunked + "5;a=b;c=\"d e\"\r\nhello\r\n0;f\r\n\r\n", "hello"},
      {"trailers are dropped",
       chunked + "5\r\nhello\r\n0\r\nx-sn-expiration: nonsense\r\n" + "Connection: close\r\n\r\n",
       "hello"},
      {"chunk sizes in data", chunked + "5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"},
      {"absolute form beside another host",
       "PUT http://a/v1/objects/u/_/k HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhello",
       "hello"},
      {"two hosts", put_line + "Host: a\r\nHost: b\r\nContent-Length: 5\r\n\r\nhello", "hello"},
      {"no host", put_line + "Content-Length: 5\r\n\r\nhello", "hello"},
      {"another expectation", put_line + "Expect: 200-ok\r\nContent-Length: 5\r\n\r\nhello",
       "hello"},
      {"encodings that say nothing of framing",
       put_line + "TE: chunked\r\nTrailer: x\r\nX-Transfer-Encoding: chunked\r\n" +
           "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
       "hello"},
  };
  for (const auto& served : table) {
    SCOPED_TRACE(served.name);
    TestServer server;
    Client client(server);
    client.send(served.request + health);
    EXPECT_EQ(client.read_answer().status, 200);
    ASSERT_EQ(server.store.objects.size(), 1U);
    EXPECT_EQ(server.store.objects.begin()->second.bytes, served.stored);
    EXPECT_EQ(client.read_answer().body, "OK") << "the next request is the next request";
    EXPECT_FALSE(client.closed());
    EXPECT_EQ(client.received(), "");
  }
}

TEST(Smuggling, body_of_a_refused_request_is_not_read_as_a_request) {
  TestServer server;
  for (const std::string expect : {"", "Expect: 100-continue\r\n", "Expect: 100-Continue\r\n"}) {
    SCOPED_TRACE(expect);
    Client client(server);
    const auto refused =
        client.request(put_line + expect + "x-sn-expiration: bad\r\nContent-Length: " +
                       std::to_string(hidden.size()) + "\r\n\r\n" + hidden);
    EXPECT_EQ(refused.status, 400);
    if (expect.empty()) {  // the body was dropped
      EXPECT_EQ(client.request("GET /health HTTP/1.1\r\n\r\n").body, "OK");
    } else {
      expect_refused(client, refused);
    }
  }
  EXPECT_EQ(server.store.calls, 0);
}

TEST(Smuggling, http_1_0_bodies_need_a_length_and_the_connection_ends) {
  TestServer server;
  Client client(server);
  const auto answer = client.request(
      "PUT /v1/objects/u/_/k HTTP/1.0\r\nConnection: keep-alive\r\n"
      "Content-Length: 5\r\n\r\nhello" +
      hidden);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("connection"), "close");
  client.half_close();
  EXPECT_TRUE(client.wait_closed());
  EXPECT_EQ(client.received(), "");
  EXPECT_EQ(server.store.objects.size(), 1U);
}

// A head of one byte a second is over at its own time-out; a body gets some minutes.
TEST(SlowClients, dripping_bodies_are_ended) {
  TestServer server;
  Client client(server);
  client.send(put_line + "Content-Length: 1000000\r\n\r\n");
  Duration waited{};
  while (client.received().empty() && waited < 1h) {
    server.advance(25s);
    waited += 25s;
    client.send("x");
    server.settle();
    client.closed();
  }
  EXPECT_EQ(client.read_answer().status, 400);
  EXPECT_GE(waited, 4min);
  EXPECT_LE(waited, 6min);
  EXPECT_TRUE(server.store.objects.empty());
}

TEST(SlowClients, body_over_a_slow_link_arrives) {
  TestServer server;
  Client client(server);
  constexpr std::size_t piece = 2000;
  constexpr std::size_t pieces = 60;
  client.send(put_line + "Content-Length: " + std::to_string(piece * pieces) + "\r\n\r\n");
  for (std::size_t i = 0; i < pieces; ++i) {  // half an hour
    server.advance(28s);
    client.send(std::string(piece, 'x'));
  }
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_EQ(server.store.objects.begin()->second.bytes.size(), piece * pieces);
}

TEST(SlowClients, response_nobody_reads_is_not_made) {
  TestServer server;
  constexpr std::size_t size = 40'000'000;
  constexpr std::size_t piece = 100'000;
  Client client(server);
  client.request(put_line + "Content-Length: " + std::to_string(size) + "\r\n\r\n" +
                 std::string(size, 'x'));
  server.store.stream_piece = piece;
  client.send("GET /v1/objects/u/_/k HTTP/1.1\r\n\r\n");
  server.settle();
  const auto held = server.store.streamed;
  EXPECT_LT(held, size / 2) << "the kernel's buffers are far smaller";
  for (int i = 0; i < 29; ++i) {
    server.advance(1s);
    EXPECT_LE(server.store.streamed, held + piece);
  }
  EXPECT_EQ(server.server.requests_in_flight(), 1U);
  server.advance(3s);
  EXPECT_EQ(server.server.requests_in_flight(), 0U);
}

TEST(SlowClients, requests_are_not_read_ahead_of_their_answers) {
  TestServer server;
  Event gate;
  server.store.gate = &gate;
  Client client(server);
  client.send("GET /v1/objects/u/_/k HTTP/1.1\r\n\r\n");
  server.settle();
  // The server holds what it read along with the first request; the rest waits in the kernel.
  std::size_t sent = 0;
  const std::string more(1 << 16, 'x');
  while (client.send_now(more) && sent < (std::size_t{1} << 28)) {
    sent += more.size();
    server.pump();
  }
  EXPECT_LT(sent, std::size_t{1} << 28);
  EXPECT_EQ(server.store.calls, 1);
  gate.set();
  EXPECT_EQ(client.read_answer().status, 404);
}

}  // namespace
}  // namespace objectstore
