#include "http/form_data_reader.h"

#include <gtest/gtest.h>

#include "testing/seeded_random.h"

namespace objectstore {
namespace {

using Event = FormDataReader::Event;

// What a reader makes of a body, as text: "{name=value;}payload" for each part, "!" in place of the
// headers of a bad head, "[…" for a part that has not ended; then "END", "BROKEN" or "MORE".
class Transcript {
 public:
  explicit Transcript(std::string_view boundary) : reader_(boundary) {}

  void read(std::string_view piece) {
    for (;;) {
      const auto step = reader_.next(piece);
      EXPECT_EQ(step.payload.empty(), step.event != Event::payload);
      switch (step.event) {
        case Event::need_input:
          EXPECT_TRUE(piece.empty());
          return;
        case Event::head:
          part_ = "{";
          for (const auto& [name, value] : reader_.headers())
            part_.append(name).append("=").append(value).append(";");
          part_ += "}";
          break;
        case Event::bad_head:
          EXPECT_TRUE(reader_.headers().empty());
          part_ = "{!}";
          break;
        case Event::payload:
          part_ += step.payload;
          break;
        case Event::part_end:
          text_ += std::exchange(part_, {}) + "\n";
          break;
        case Event::end:
        case Event::broken:
          end_ = step.event == Event::end ? "END" : "BROKEN";
          return;
      }
    }
  }
  [[nodiscard]] std::string text() const {
    return text_ + (part_.empty() ? "" : "[" + part_ + "\n") + end_;
  }

 private:
  FormDataReader reader_;
  std::string text_;
  std::string part_;
  std::string end_ = "MORE";
};

std::string whole(std::string_view boundary, std::string_view body) {
  Transcript transcript(boundary);
  transcript.read(body);
  return transcript.text();
}

struct BodyCase {
  const char* name;
  std::string body;
  std::string expected;
};

std::vector<BodyCase> body_cases() {
  const std::string end = "\r\n--XX--";
  return {
      {"two parts", "--XX\r\na: 1\r\n\r\none\r\n--XX\r\nb: 2\r\n\r\ntwo" + end,
       "{a=1;}one\n{b=2;}two\nEND"},
      {"no part", "--XX--", "END"},
      {"empty body", "", "MORE"},
      {"no boundary at all", "hello\r\nworld", "MORE"},
      {"empty payload", "--XX\r\na: 1\r\n\r\n" + end, "{a=1;}\nEND"},
      {"no payload: the empty line begins the delimiter", "--XX\r\na: 1\r\n\r\n--XX--",
       "{a=1;}\nEND"},
      {"no payload between parts", "--XX\r\na: 1\r\n\r\n--XX\r\nb: 2\r\n\r\n--XX--",
       "{a=1;}\n{b=2;}\nEND"},
      {"no headers", "--XX\r\n\r\npayload" + end, "{}payload\nEND"},
      {"no headers and no payload", "--XX\r\n\r\n--XX--", "{}\nEND"},
      {"blanks around a value", "--XX\r\na: \t1 2\t \r\nb:\r\n\r\n" + end, "{a=1 2;b=;}\nEND"},
      {"preamble", "this is\r\na preamble --XX\r\n--X\r\n--XX\r\n\r\np" + end, "{}p\nEND"},
      {"empty line first", "\r\n--XX\r\n\r\np" + end, "{}p\nEND"},
      {"epilogue", "--XX\r\n\r\np" + end + "\r\n--XX\r\n\r\nmore\r\n", "{}p\nEND"},
      {"blanks behind the boundary", "--XX \t\r\n\r\np\r\n--XX  \r\n\r\nq" + end, "{}p\n{}q\nEND"},
      {"payload with line ends", "--XX\r\n\r\n\r\n\r\np\r\r\n\n\r" + end,
       "{}\r\n\r\np\r\r\n\n\r\nEND"},
      {"payload that begins like a delimiter",
       "--XX\r\n\r\n--X\r\n--X-\r\n-\r\n--\r\r\n--\r\n--Y" + end,
       "{}--X\r\n--X-\r\n-\r\n--\r\r\n--\r\n--Y\nEND"},
      {"boundary in the middle of a line", "--XX\r\n\r\nsome --XX--\n--XX--\r--XX--" + end,
       "{}some --XX--\n--XX--\r--XX--\nEND"},
      {"payload of unfinished delimiters", "--XX\r\n\r\n\r\n--\r\n--X\r\n\r\n--" + end,
       "{}\r\n--\r\n--X\r\n\r\n--\nEND"},
      {"zero bytes", std::string("--XX\r\n\r\n\0\r\n--X\0", 15) + end,
       std::string("{}\0\r\n--X\0\nEND", 13)},
      {"text behind the boundary", "--XX\r\na: 1\r\n\r\none\r\n--XXX\r\n\r\ntwo" + end,
       "[{a=1;}one\nBROKEN"},
      {"one dash behind the boundary", "--XX\r\n\r\none\r\n--XX-\r\n", "[{}one\nBROKEN"},
      {"blank before the dashes", "--XX\r\n\r\none\r\n--XX --", "[{}one\nBROKEN"},
      {"carriage return alone behind the boundary", "--XX\r\r\n\r\n", "BROKEN"},
      {"line feed alone behind the boundary", "--XX\n\r\n", "BROKEN"},
      {"head without colon", "--XX\r\nabc\r\n\r\np\r\n--XX\r\nb: 2\r\n\r\nq" + end,
       "{!}p\n{b=2;}q\nEND"},
      {"folded header", "--XX\r\na: 1\r\n 2\r\n\r\np" + end, "{!}p\nEND"},
      {"blank before the colon", "--XX\r\na : 1\r\n\r\np" + end, "{!}p\nEND"},
      {"line feed alone in a head", "--XX\r\na: 1\nb: 2\r\n\r\np" + end, "{!}p\nEND"},
      {"control character in a head", "--XX\r\na: \x01\r\n\r\np" + end, "{!}p\nEND"},
      {"head that never ends", "--XX\r\na: 1\r\n", "MORE"},
      {"payload that never ends", "--XX\r\na: 1\r\n\r\npay", "[{a=1;}pay\nMORE"},
      {"delimiter that never ends", "--XX\r\na: 1\r\n\r\npay\r\n--XX", "[{a=1;}pay\nMORE"},
      {"delimiter line that never ends", "--XX\r\na: 1\r\n\r\npay\r\n--XX\r", "[{a=1;}pay\nMORE"},
      {"closing delimiter that never ends", "--XX\r\na: 1\r\n\r\npay\r\n--XX-", "[{a=1;}pay\nMORE"},
  };
}

TEST(FormDataReader, reads_parts) {
  for (const auto& test : body_cases())
    EXPECT_EQ(whole("XX", test.body), test.expected) << test.name;
}

TEST(FormDataReader, reads_the_same_however_the_body_is_cut) {
  for (const auto& test : body_cases()) {
    for (std::size_t cut = 0; cut <= test.body.size(); ++cut) {
      for (std::size_t second = cut; second <= test.body.size(); ++second) {
        Transcript transcript("XX");
        transcript.read(std::string_view(test.body).substr(0, cut));
        transcript.read(std::string_view(test.body).substr(cut, second - cut));
        transcript.read(std::string_view(test.body).substr(second));
        ASSERT_EQ(transcript.text(), test.expected) << test.name << ' ' << cut << ' ' << second;
      }
    }
    Transcript transcript("XX");
    for (const char& byte : test.body)
      transcript.read({&byte, 1});
    ASSERT_EQ(transcript.text(), test.expected) << test.name << " byte by byte";
  }
}

TEST(FormDataReader, takes_thirty_two_headers_and_refuses_more) {
  std::string lines;
  std::string seen;
  for (int i = 0; i < 32; ++i) {
    lines += "h: v\r\n";
    seen += "h=v;";
  }
  EXPECT_EQ(whole("XX", "--XX\r\n" + lines + "\r\np\r\n--XX--"), "{" + seen + "}p\nEND");
  EXPECT_EQ(whole("XX", "--XX\r\n" + lines + "h: v\r\n\r\np\r\n--XX\r\na: 1\r\n\r\nq\r\n--XX--"),
            "{!}p\n{a=1;}q\nEND");
}

TEST(FormDataReader, bounds_the_head_of_a_part) {
  const auto most = FormDataReader::max_part_head_bytes;
  // The line end before the head counts as well.
  const std::string around = "\r\na: \r\n\r\n";
  const std::string longest(most - around.size(), 'x');
  const std::string tail = "\r\n\r\np\r\n--XX\r\nb: 2\r\n\r\nq\r\n--XX--";
  EXPECT_EQ(whole("XX", "--XX\r\na: " + longest + tail), "{a=" + longest + ";}p\n{b=2;}q\nEND");
  // What is left of it is taken for payload, of a part that nobody can use.
  EXPECT_EQ(whole("XX", "--XX\r\na: " + longest + "x" + tail), "{!}\np\n{b=2;}q\nEND");
}

// However long a head is, a reader that gets it in pieces finds the next part at the same place.
TEST(FormDataReader, skips_an_endless_head_the_same_way_however_it_is_cut) {
  const std::string head(FormDataReader::max_part_head_bytes - 9, 'x');
  const auto body = "--XX\r\na: " + head + "\r\n--XX\r\nb: 2\r\n\r\nq\r\n--XX--";
  const auto expected = whole("XX", body);
  for (std::size_t cut = body.size() - 60; cut < body.size(); ++cut) {
    Transcript transcript("XX");
    transcript.read(std::string_view(body).substr(0, cut));
    transcript.read(std::string_view(body).substr(cut));
    ASSERT_EQ(transcript.text(), expected) << cut;
  }
}

// Encoded by the rules of RFC 2046 and read back, for boundaries that the payload nearly holds.
TEST(FormDataReader, reads_what_was_encoded) {
  testing::SeededRandom random(42);
  const std::string alphabet = "\r\n--bB";
  for (int round = 0; round < 2000; ++round) {
    std::string boundary;
    for (auto size = 1 + random.below(6); size > 0; --size)
      boundary += "-bB"[random.below(3)];
    std::string body;
    std::string expected;
    for (auto parts = random.below(4); parts > 0; --parts) {
      std::string payload;
      for (auto size = random.below(24); size > 0; --size)
        payload += alphabet[random.below(alphabet.size())];
      if (("\r\n" + payload).find("\r\n--" + boundary) != std::string::npos) continue;
      body += "--" + boundary + "\r\nk: v\r\n\r\n" + payload + "\r\n";
      expected += "{k=v;}" + payload + "\n";
    }
    body += "--" + boundary + "--";
    Transcript transcript(boundary);
    for (std::size_t at = 0; at < body.size();) {
      const auto size = 1 + random.below(8);
      transcript.read(std::string_view(body).substr(at, size));
      at += size;
    }
    ASSERT_EQ(transcript.text(), expected + "END") << boundary << '\n' << body;
  }
}

TEST(FormDataBoundary, comes_from_the_content_type) {
  struct Case {
    std::string content_type;
    std::optional<std::string> boundary;
  };
  const std::string seventy(70, 'b');
  const std::vector<Case> cases = {
      {"multipart/form-data; boundary=XX", "XX"},
      {"multipart/form-data;boundary=XX", "XX"},
      {"Multipart/Form-Data; BOUNDARY=Xx", "Xx"},
      {"multipart/form-data ; boundary=XX ; charset=utf-8", "XX"},
      {"multipart/form-data; charset=utf-8; boundary=XX", "XX"},
      {"multipart/form-data; charset=\"a;boundary=no\"; boundary=XX", "XX"},
      {"multipart/form-data; ; boundary=XX", "XX"},
      {"multipart/form-data; x; boundary=XX", "XX"},
      {"multipart/form-data; boundary=\"XX\"", "XX"},
      {"multipart/form-data; boundary=\"XX\" ; a=b", "XX"},
      {R"(multipart/form-data; boundary="a b;c=\"d\\e")", R"(a b;c="d\e)"},
      {"multipart/form-data; boundary='()+_,-./:=?", "'()+_,-./:=?"},
      {"multipart/form-data; boundary=----WebKitFormBoundary7MA4", "----WebKitFormBoundary7MA4"},
      {"multipart/form-data; boundary=" + seventy, seventy},
      {"multipart/form-data; boundary=\"" + seventy + "\"", seventy},
      {"multipart/form-data; boundary=A; boundary=B", "A"},
      {"multipart/form-data; boundary=" + seventy + "b", std::nullopt},
      {"multipart/form-data; boundary=", std::nullopt},
      {"multipart/form-data; boundary=\"\"", std::nullopt},
      {"multipart/form-data; boundary=\"XX", std::nullopt},
      {"multipart/form-data; boundary=\"XX\\", std::nullopt},
      {"multipart/form-data; boundary=\"XX\"YY", std::nullopt},
      {"multipart/form-data; boundary=\"XX \"", std::nullopt},
      {"multipart/form-data; boundary=\"X\tX\"", std::nullopt},
      {"multipart/form-data; boundary=\xc3\xa4", std::nullopt},
      {"multipart/form-data; boundary =XX", std::nullopt},
      {"multipart/form-data", std::nullopt},
      {"multipart/form-data;", std::nullopt},
      {"multipart/mixed; boundary=XX", std::nullopt},
      {"application/json", std::nullopt},
      {"", std::nullopt},
      {";boundary=XX", std::nullopt},
  };
  for (const auto& test : cases)
    EXPECT_EQ(form_data_boundary(test.content_type), test.boundary) << test.content_type;
}

}  // namespace
}  // namespace objectstore
