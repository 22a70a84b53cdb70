#include "http/request_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace objectstore {
namespace {

using State = RequestParser::Step::State;

struct ParsedBody {
  std::string payload;
  State end = State::need_input;
};

// Gives `body` to the parser `piece` bytes at a time.
ParsedBody parse_chunked(std::string_view body, std::size_t piece) {
  RequestParser parser;
  const std::string head = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_NE(parser.parse_head(head), nullptr);
  ParsedBody parsed;
  std::string pending;
  while (!body.empty() && parsed.end == State::need_input) {
    pending.append(body.substr(0, piece));
    body.remove_prefix(std::min(piece, body.size()));
    for (;;) {
      const auto step = parser.parse_body(pending);
      parsed.payload += step.payload;
      pending.erase(0, step.consumed);
      parsed.end = step.state;
      if (step.state != State::payload) break;
    }
  }
  return parsed;
}

TEST(RequestParserTest, chunked_bodies_may_arrive_in_pieces_of_any_size) {
  struct Case {
    std::string body;
    std::string payload;
  };
  const std::vector<Case> cases = {
      {"0\r\n\r\n", ""},
      {"000\r\n\r\n", ""},
      {"0\r\nA: b\r\n\r\n", ""},
      {"5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"1;a=\"b\"\r\na\r\nA\r\n0123456789\r\n0;c\r\nA: b\r\nC: d\r\n\r\n", "a0123456789"},
  };
  for (const auto& [body, payload] : cases) {
    for (std::size_t piece = 1; piece <= body.size(); ++piece) {
      const auto parsed = parse_chunked(body, piece);
      EXPECT_EQ(parsed.end, State::done) << body << " by " << piece;
      EXPECT_EQ(parsed.payload, payload) << body << " by " << piece;
    }
  }
}

TEST(RequestParserTest, malformed_chunks_and_trailers_break_the_body) {
  const std::vector<std::string> cases = {
      "-1\r\n\r\n",
      " 5\r\nhello\r\n0\r\n\r\n",
      "5\nhello\r\n0\r\n\r\n",
      "0x5\r\nhello\r\n0\r\n\r\n",
      "5\r\nhello0\r\n\r\n",
      "10000000000000000\r\n",
      "5;\"\r\nhello\r\n0\r\n\r\n",
      "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n",
      "0;a=\"\1\"\r\n\r\n",
      "0\r\nA : b\r\n\r\n",
      "0\r\nA: b\r\n c\r\n\r\n",
      "0\r\nA: b\r\n\tc\r\n\r\n",
      "0\r\nContent-Length: 5\r\n\r\n",
  };
  for (const auto& body : cases) {
    for (std::size_t piece = 1; piece <= body.size(); ++piece) {
      EXPECT_EQ(parse_chunked(body, piece).end, State::broken) << body << " by " << piece;
    }
  }
}

}  // namespace
}  // namespace objectstore
