#include "http/request_head.h"

#include <gtest/gtest.h>

#include <string>

namespace objectstore {
namespace {

struct Case {
  const char* name;
  std::string head;
  HeadVerdict verdict;
};

std::string with(const std::string& lines) {
  return "PUT /a HTTP/1.1\r\n" + lines + "\r\n";
}
std::string many_lines(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i)
    lines += "a: b\r\n";
  return lines;
}
std::string target_of(std::size_t size) {
  return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\n\r\n";
}
// A head of exactly `size` bytes.
std::string head_of(std::size_t size) {
  const auto empty = with("a: \r\n").size();
  return with("a: " + std::string(size - empty, 'x') + "\r\n");
}

const std::vector<Case>& cases() {
  using enum HeadVerdict;
  static const std::vector<Case> table = {
      {"minimal", "GET / HTTP/1.1\r\n\r\n", ok},
      {"http_1_0", "GET / HTTP/1.0\r\n\r\n", ok},
      {"absolute_form", "GET http://h/a HTTP/1.1\r\n\r\n", ok},
      {"unknown_method", "BREW / HTTP/1.1\r\n\r\n", ok},
      {"no_version", "GET /\r\n\r\n", bad_request},
      {"http_2", "PRI * HTTP/2.0\r\n\r\n", bad_request},
      {"http_1_2", "GET / HTTP/1.2\r\n\r\n", bad_request},
      {"lower_case_version", "GET / http/1.1\r\n\r\n", bad_request},
      {"blank_in_target", "GET /a b HTTP/1.1\r\n\r\n", bad_request},
      {"two_blanks", "GET  / HTTP/1.1\r\n\r\n", bad_request},
      {"empty_method", " / HTTP/1.1\r\n\r\n", bad_request},
      {"method_no_token", "G(T / HTTP/1.1\r\n\r\n", bad_request},
      {"nul_in_target", std::string("GET /\0 HTTP/1.1\r\n\r\n", 20), bad_request},
      {"longest_target", target_of(max_target_bytes), ok},
      {"target_too_long", target_of(max_target_bytes + 1), uri_too_long},
      {"hundred_lines", with(many_lines(100)), ok},
      {"hundred_and_one_lines", with(many_lines(101)), fields_too_large},
      {"largest_head", head_of(max_head_bytes), ok},
      {"head_too_large", head_of(max_head_bytes + 1), fields_too_large},
      {"folded", with("a: b\r\n c\r\n"), bad_request},
      {"folded_with_tab", with("a: b\r\n\tc\r\n"), bad_request},
      {"folded_first", with(" a: b\r\n"), bad_request},
      {"bare_cr_in_value", with("a: b\rc\r\n"), bad_request},
      {"bare_lf_in_value", with("a: b\nc: d\r\n"), bad_request},
      {"nul_in_value", with(std::string("a: b\0c\r\n", 8)), bad_request},
      {"tab_in_value", with("a: b\tc\r\n"), ok},
      {"high_bytes_in_value", with("a: \xc3\xa4\r\n"), ok},
      {"blank_before_colon", with("a : b\r\n"), bad_request},
      {"no_colon", with("ab\r\n"), bad_request},
      {"empty_name", with(": b\r\n"), bad_request},
      {"empty_value", with("a:\r\n"), ok},
      {"length", with("Content-Length: 5\r\n"), ok},
      {"same_length_twice", with("Content-Length: 5\r\ncontent-length: 5\r\n"), ok},
      {"two_lengths", with("Content-Length: 5\r\nContent-Length: 6\r\n"), bad_request},
      {"list_of_lengths", with("Content-Length: 5, 5\r\n"), bad_request},
      {"signed_length", with("Content-Length: +5\r\n"), bad_request},
      {"negative_length", with("Content-Length: -5\r\n"), bad_request},
      {"hex_length", with("Content-Length: 0x5\r\n"), bad_request},
      {"empty_length", with("Content-Length:\r\n"), bad_request},
      {"largest_length", with("Content-Length: 18446744073709551615\r\n"), ok},
      {"length_overflow", with("Content-Length: 18446744073709551616\r\n"), bad_request},
      {"chunked", with("Transfer-Encoding: Chunked\r\n"), ok},
      {"chunked_twice", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
       bad_request},
      {"gzip_chunked", with("Transfer-Encoding: gzip, chunked\r\n"), bad_request},
      {"identity", with("Transfer-Encoding: identity\r\n"), bad_request},
      {"disguised_chunked", with("Transfer-Encoding: xchunked\r\n"), bad_request},
      {"length_and_chunked", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
       bad_request},
      {"chunked_and_length", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
       bad_request},
      {"chunked_on_1_0", "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", bad_request},
      {"no_end", "GET / HTTP/1.1\r\n", bad_request},
      {"bytes_behind_the_end", "GET / HTTP/1.1\r\n\r\nx", bad_request},
      {"empty", "", bad_request},
  };
  return table;
}

TEST(RequestHead, verdicts) {
  for (const auto& c : cases())
    EXPECT_EQ(check_request_head(c.head), c.verdict) << c.name;
}

// What is complete in one piece is found complete byte by byte; what is refused is never complete
// and accepted.
TEST(RequestHead, scanner_agrees_whatever_the_pieces_are) {
  using State = HeadScanner::Progress::State;
  for (const auto& c : cases()) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
      if (piece < 1000 && c.head.size() > 10000) continue;
      HeadScanner scanner;
      HeadScanner::Progress progress;
      for (std::size_t end = 0; end < c.head.size() && progress.state == State::incomplete;) {
        end = std::min(c.head.size(), end + piece);
        progress = scanner.scan(std::string_view(c.head).substr(0, end));
      }
      if (c.verdict == HeadVerdict::ok) {
        EXPECT_EQ(progress.state, State::complete) << c.name;
        EXPECT_EQ(progress.size, c.head.size()) << c.name;
      } else if (progress.state == State::complete) {
        EXPECT_NE(check_request_head(std::string_view(c.head).substr(0, progress.size)),
                  c.name == std::string("bytes_behind_the_end") ? HeadVerdict::bad_request
                                                                : HeadVerdict::ok)
            << c.name;
      }
    }
  }
}

TEST(RequestHead, long_target_is_refused_before_its_line_ends) {
  HeadScanner scanner;
  const auto progress = scanner.scan("GET /" + std::string(max_target_bytes, 'a'));
  EXPECT_EQ(progress.state, HeadScanner::Progress::State::refused);
  EXPECT_EQ(progress.verdict, HeadVerdict::uri_too_long);
}

TEST(RequestHead, blanks_behind_the_request_line_make_no_target) {
  const auto head = "GET" + std::string(max_target_bytes, 'a') +
                    "\r\nb: " + std::string(max_target_bytes + 1, 'b') + "\r\n\r\n";
  HeadScanner scanner;
  EXPECT_EQ(scanner.scan(head).state, HeadScanner::Progress::State::complete);
  EXPECT_EQ(check_request_head(head), HeadVerdict::bad_request);
}

TEST(RequestHead, endless_head_is_refused_before_it_ends) {
  HeadScanner scanner;
  const auto progress = scanner.scan("GET / HTTP/1.1\r\na: " + std::string(max_head_bytes, 'a'));
  EXPECT_EQ(progress.verdict, HeadVerdict::fields_too_large);
}

TEST(RequestHead, bare_line_feed_is_refused_at_once) {
  HeadScanner scanner;
  EXPECT_EQ(scanner.scan("GET / HTTP/1.1\n").verdict, HeadVerdict::bad_request);
}

}  // namespace
}  // namespace objectstore
