#include "backends/gcs/blob_reader.h"

#include "backends/gcs/test_support.h"

namespace objectstore {
namespace {

using namespace gcs_test;
using Answers = std::deque<HttpServerAnswer>;
using Ranges = std::vector<std::string>;

constexpr std::string_view content = "0123456789";

HttpServerAnswer part(std::size_t first, std::size_t last) {
  return status(
      206, std::string(content.substr(first, last - first + 1)),
      {{"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/10"}});
}
HttpServerAnswer cut(HttpServerAnswer said, std::size_t after) {
  said.announced_length = said.body.size();
  said.body.resize(after);
  said.ending = Ending::cuts_body;
  return said;
}
HttpServerAnswer whole() {
  return status(200, std::string(content));
}
HttpServerAnswer chunked(std::string body) {
  auto said = status(200, std::move(body));
  said.chunked = true;
  return said;
}

class GcsBlobReaderTest : public GcsTest {
 protected:
  std::unique_ptr<BlobReader> open() {
    expect({stored(content)});
    auto reader = finish(store->open(name));
    EXPECT_TRUE(reader.ok()) << reader.error().describe();
    return std::move(reader).value();
  }
  // What was handed out, and behind it the error, if any.
  std::string read(ByteRange range, const Answers& answers) {
    const auto reader = open();
    expect(answers);
    const auto stream = reader->stream(range);
    std::string all;
    for (;;) {
      const auto piece = finish(stream->next());
      if (!piece.ok()) {
        EXPECT_EQ(gcs_test::text_of(finish(stream->next())), gcs_test::text_of(piece));
        return all + "|" + gcs_test::text_of(piece);
      }
      if (piece->empty()) return all;
      all += *piece;
    }
  }
};

TEST_F(GcsBlobReaderTest, the_generation_that_was_opened_is_read) {
  EXPECT_EQ(read(ByteRange{0, 10}, {whole()}), content);
  EXPECT_EQ(seen()[0].target, "/storage/v1/b/bucket/o/u%2Fobjects%2Fk%2F" + name.id().str() +
                                  "?alt=media&generation=7");
}

TEST_F(GcsBlobReaderTest, bodies_that_break_are_gone_on_with) {
  const struct {
    std::string what;
    ByteRange range;
    Answers answers;
    std::string outcome;  // how it begins
    Ranges ranges;
  } cases[] = {
      {"whole", {0, 10}, {whole()}, "0123456789", {"GET"}},
      {"in chunks", {0, 10}, {chunked("0123456789")}, "0123456789", {"GET"}},
      {"a range", {3, 4}, {part(3, 6)}, "3456", {"GET bytes=3-6"}},
      {"the last byte", {9, 1}, {part(9, 9)}, "9", {"GET bytes=9-9"}},
      {"nothing", {5, 0}, {}, "", {}},
      {"nothing at the end", {10, 0}, {}, "", {}},
      {"cut", {0, 10}, {cut(whole(), 4), part(4, 9)}, "0123456789", {"GET", "GET bytes=4-9"}},
      {"cut before its first byte",
       {0, 10},
       {cut(whole(), 0), whole()},
       "0123456789",
       {"GET", "GET"}},
      {"a range, cut twice",
       {2, 6},
       {cut(part(2, 7), 1), cut(part(3, 7), 3), part(6, 7)},
       "234567",
       {"GET bytes=2-7", "GET bytes=3-7", "GET bytes=6-7"}},
      {"ends as it should, but too early",
       {0, 10},
       {chunked("0123"), part(4, 9)},
       "0123456789",
       {"GET", "GET bytes=4-9"}},
      {"gets no further",
       {0, 10},
       {cut(whole(), 2), cut(part(2, 9), 0), cut(part(2, 9), 0), cut(part(2, 9), 0),
        cut(part(2, 9), 0)},
       "01|unavailable",
       {"GET", "GET bytes=2-9", "GET bytes=2-9", "GET bytes=2-9"}},
      {"is too long", {0, 10}, {chunked("0123456789x")}, "|corrupt: GCS: the object", {"GET"}},
      {"says it is shorter", {0, 10}, {status(200, "0123")}, "|corrupt: GCS: the object", {"GET"}},
      {"other bytes", {0, 10}, {status(200, "0123456780")}, "|corrupt: GCS: the object", {"GET"}},
      {"other bytes, in two pieces",
       {0, 10},
       {cut(whole(), 4), status(206, "x56789", {{"Content-Range", "bytes 4-9/10"}})},
       "0123|corrupt: GCS: the object",
       {"GET", "GET bytes=4-9"}},
      {"ranges are ignored", {3, 4}, {whole()}, "|io: GCS: the object", {"GET bytes=3-6"}},
      {"a part where the whole was asked for",
       {0, 10},
       {part(0, 9)},
       "|io: GCS: the object",
       {"GET"}},
      {"another range", {3, 4}, {part(4, 7)}, "|corrupt: GCS: the object", {"GET bytes=3-6"}},
      {"another size",
       {3, 4},
       {status(206, "3456", {{"Content-Range", "bytes 3-6/11"}})},
       "|corrupt: GCS: the object",
       {"GET bytes=3-6"}},
      {"no range told",
       {3, 4},
       {status(206, "3456")},
       "|corrupt: GCS: the object",
       {"GET bytes=3-6"}},
      {"deleted",
       {0, 10},
       {status(404, "No such object")},
       "|unavailable: GCS: the object",
       {"GET"}},
      {"deleted meanwhile",
       {0, 10},
       {cut(whole(), 4), status(404)},
       "0123|unavailable: GCS: the object",
       {"GET", "GET bytes=4-9"}},
      {"not satisfiable",
       {3, 4},
       {status(416)},
       "|io: GCS: `get_payload` failed: status 416",
       {"GET bytes=3-6"}},
      {"forbidden",
       {0, 10},
       {status(403)},
       "|io: GCS: `get_payload` failed: status 403; check",
       {"GET"}},
      {"a redirect", {0, 10}, {status(307)}, "|io: GCS: `get_payload` failed: status 307", {"GET"}},
  };
  for (const auto& c : cases) {
    const auto outcome = read(c.range, c.answers);
    const auto compared =
        c.outcome.find('|') == std::string::npos ? outcome.size() : c.outcome.size();
    EXPECT_EQ(outcome.substr(0, compared), c.outcome) << c.what;
    EXPECT_EQ(ranges(), c.ranges) << c.what << ": " << outcome;
  }
}

TEST_F(GcsBlobReaderTest, a_range_has_no_checksum) {
  EXPECT_EQ(read(ByteRange{0, 9}, {status(206, "xxxxxxxxx", {{"Content-Range", "bytes 0-8/10"}})}),
            "xxxxxxxxx");
}

TEST_F(GcsBlobReaderTest, storms_are_waited_for) {
  attempts = 5;
  renew();
  EXPECT_EQ(read(ByteRange{0, 10}, {status(503), status(429), whole()}), content);
}

TEST_F(GcsBlobReaderTest, connections_are_used_again_after_a_whole_read) {
  const auto before = scripted.connections();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(read(ByteRange{0, 10}, {whole()}), content);
  EXPECT_LE(scripted.connections() - before, 1U);
}

}  // namespace
}  // namespace objectstore
