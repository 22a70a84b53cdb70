#include "backends/gcs/resumable_session.h"

#include "backends/gcs/test_support.h"

namespace objectstore {
namespace {

using namespace gcs_test;
using Answers = std::deque<HttpServerAnswer>;
using Ranges = std::vector<std::string>;

class ResumableSessionTest : public GcsTest {
 protected:
  // Of the bytes "0123456789" from `offset` on; "stored", "finished", "taken" or the error.
  std::string send(std::uint64_t offset, std::uint64_t size, bool last) {
    auto spool = testing::pump(io, SpoolFile::create(pool, settings.spool_directory)).value();
    const auto bytes = std::string("0123456789").substr(offset, size);
    EXPECT_TRUE(testing::pump(io, spool->append(bytes)).ok());
    SessionChunk chunk;
    chunk.bytes = spool.get();
    chunk.offset = offset;
    if (last) chunk.total = offset + size;
    chunk.crc32c = "AAAAAA==";
    chunk.abandoned = abandoned;
    auto sent = finish(send_chunk(*context, session_url(), std::move(chunk)));
    if (!sent.ok()) return gcs_test::text_of(sent);
    if (std::holds_alternative<ChunkStored>(*sent)) return "stored";
    return std::holds_alternative<StoredObject>(*sent) ? "finished" : "taken";
  }

  Abandoned abandoned = std::make_shared<std::atomic<bool>>(false);
};

TEST_F(ResumableSessionTest, a_chunk_goes_on_where_the_store_has_got_to) {
  const struct {
    std::string what;
    Answers answers;
    std::string outcome;  // how it begins
    Ranges ranges;
  } cases[] = {
      {"whole", {committed(8)}, "stored", {"PUT bytes 4-7/*"}},
      {"in part", {committed(5), committed(8)}, "stored", {"PUT bytes 4-7/*", "PUT bytes 5-7/*"}},
      {"not at all",
       {committed(4), committed(8)},
       "stored",
       {"PUT bytes 4-7/*", "PUT bytes 4-7/*"}},
      {"trouble, then part of it is there",
       {status(503), committed(6), committed(8)},
       "stored",
       {"PUT bytes 4-7/*", "PUT bytes */*", "PUT bytes 6-7/*"}},
      {"the answer is lost, all is there",
       {ending(Ending::no_answer), committed(8)},
       "stored",
       {"PUT bytes 4-7/*", "PUT bytes */*"}},
      {"a proxy answers",
       {status(502, "<html>"), committed(4), committed(8)},
       "stored",
       {"PUT bytes 4-7/*", "PUT bytes */*", "PUT bytes 4-7/*"}},
      {"goes back within the chunk",
       {committed(6), committed(5), committed(8)},
       "stored",
       {"PUT bytes 4-7/*", "PUT bytes 6-7/*", "PUT bytes 5-7/*"}},
      {"nobody knows",
       {status(503), status(503, "backendError")},
       "unavailable: GCS: `upload_chunk` failed: status 503",
       {"PUT bytes 4-7/*", "PUT bytes */*"}},
      {"no further",
       {committed(4), committed(4), committed(4), committed(4)},
       "unavailable: GCS: an upload gets no further than byte 4",
       Ranges(4, "PUT bytes 4-7/*")},
      {"kept bytes are lost",
       {committed(3)},
       "unavailable: GCS: an upload session is at byte 3",
       {"PUT bytes 4-7/*"}},
      {"bytes of others",
       {committed(9)},
       "unavailable: GCS: an upload session is at byte 9",
       {"PUT bytes 4-7/*"}},
      {"a range that is none",
       {status(308, "", {{"Range", "bytes=4-7"}})},
       "unavailable: GCS: an upload session tells its progress in a form unknown",
       {"PUT bytes 4-7/*"}},
      {"a range without number",
       {status(308, "", {{"Range", "bytes=0-"}})},
       "unavailable: GCS: an upload session tells its progress in a form unknown",
       {"PUT bytes 4-7/*"}},
      {"cancelled",
       {status(499)},
       "unavailable: GCS: the upload session is gone",
       {"PUT bytes 4-7/*"}},
      {"expired",
       {status(410)},
       "unavailable: GCS: the upload session is gone",
       {"PUT bytes 4-7/*"}},
      {"trouble, then it is gone",
       {status(500), status(404)},
       "unavailable: GCS: the upload session is gone",
       {"PUT bytes 4-7/*", "PUT bytes */*"}},
      {"forbidden",
       {json(403, R"({"error":{"message":"no access"}})")},
       "io: GCS: `upload_chunk` failed: status 403: no access; check that the credentials",
       {"PUT bytes 4-7/*"}},
      {"ends before its end", {stored("01234567")}, "finished", {"PUT bytes 4-7/*"}},
  };
  for (const auto& c : cases) {
    expect(c.answers);
    const auto outcome = send(4, 4, /*last=*/false);
    EXPECT_EQ(outcome.substr(0, c.outcome.size()), c.outcome) << c.what;
    EXPECT_EQ(ranges(), c.ranges) << c.what;
  }
}

TEST_F(ResumableSessionTest, the_last_chunk_tells_the_total_and_the_checksum) {
  const struct {
    std::string what;
    std::uint64_t size;  // of the chunk, from 4 on
    Answers answers;
    std::string outcome;
    Ranges ranges;
  } cases[] = {
      {"at once", 3, {stored("0123456")}, "finished", {"PUT bytes 4-6/7"}},
      {"created", 3, {json(201, resource_of("0123456"))}, "finished", {"PUT bytes 4-6/7"}},
      {"in part",
       3,
       {committed(6), stored("0123456")},
       "finished",
       {"PUT bytes 4-6/7", "PUT bytes 6-6/7"}},
      {"all is there, and not finished",
       3,
       {committed(7), stored("0123456")},
       "finished",
       {"PUT bytes 4-6/7", "PUT bytes */7"}},
      {"the answer is lost after it was finished",
       3,
       {ending(Ending::no_answer), stored("0123456")},
       "finished",
       {"PUT bytes 4-6/7", "PUT bytes */*"}},
      {"the answer is lost before",
       3,
       {ending(Ending::no_answer), committed(4), stored("0123456")},
       "finished",
       {"PUT bytes 4-6/7", "PUT bytes */*", "PUT bytes 4-6/7"}},
      {"an answer of a proxy",
       3,
       {status(200, "<html>"), stored("0123456")},
       "finished",
       {"PUT bytes 4-6/7", "PUT bytes */*"}},
      {"taken", 3, {status(412)}, "taken", {"PUT bytes 4-6/7"}},
      {"taken, it turns out",
       3,
       {status(504), status(412)},
       "taken",
       {"PUT bytes 4-6/7", "PUT bytes */*"}},
      {"a wrong checksum",
       3,
       {json(400, R"({"error":{"message":"CRC32C"}})")},
       "io: GCS: `upload_chunk` failed: status 400: CRC32C",
       {"PUT bytes 4-6/7"}},
      {"never finished",
       3,
       {committed(7), committed(7), committed(7), committed(7), committed(7)},
       "unavailable: GCS: an upload gets no further than byte 7",
       {"PUT bytes 4-6/7", "PUT bytes */7", "PUT bytes */7", "PUT bytes */7", "PUT bytes */7"}},
      {"nothing in it", 0, {stored("0123")}, "finished", {"PUT bytes */4"}},
  };
  for (const auto& c : cases) {
    expect(c.answers);
    const auto outcome = send(4, c.size, /*last=*/true);
    EXPECT_EQ(outcome.substr(0, c.outcome.size()), c.outcome) << c.what;
    EXPECT_EQ(ranges(), c.ranges) << c.what;
    EXPECT_EQ(seen()[0].header("x-goog-hash"), "crc32c=AAAAAA==");
  }
}

TEST_F(ResumableSessionTest, only_what_is_missing_is_sent_again) {
  expect({committed(5), committed(8)});
  EXPECT_EQ(send(4, 4, /*last=*/false), "stored");
  EXPECT_EQ(seen()[0].body, "4567");
  EXPECT_EQ(seen()[1].body, "567");
}

TEST_F(ResumableSessionTest, nothing_is_sent_for_an_upload_that_was_dropped) {
  *abandoned = true;
  expect({});
  EXPECT_EQ(send(0, 4, /*last=*/false), "cancelled: GCS: the upload was given up");
  EXPECT_TRUE(seen().empty());
}

TEST_F(ResumableSessionTest, sessions_are_opened_with_all_that_is_known) {
  Metadata metadata;
  metadata.content_type = "text/plain";
  metadata.custom = {{"k", "v"}};
  expect({new_session()});
  const auto session = finish(open_session(*context, "u/objects/a b", metadata));
  ASSERT_TRUE(session.ok()) << session.error().describe();
  EXPECT_EQ(*session, session_url());
  const auto request = seen()[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target,
            "/upload/storage/v1/b/bucket/o?uploadType=resumable&ifGenerationMatch=0"
            "&name=u%2Fobjects%2Fa%20b");
  EXPECT_EQ(request.header("content-type"), "application/json; charset=UTF-8");
  EXPECT_EQ(request.header("x-upload-content-type"), "text/plain");
  EXPECT_EQ(request.body, "{\"contentType\":\"text/plain\",\"metadata\":{\"x-snme-k\":\"v\"}}");
}

TEST_F(ResumableSessionTest, sessions_that_are_not_opened_say_why) {
  const struct {
    HttpServerAnswer answer;
    std::string outcome;
  } cases[] = {
      {json(404, R"({"error":{"message":"The specified bucket does not exist."}})"),
       "io: GCS: `begin_upload` failed: status 404: The specified bucket does not exist; create"},
      {json(403, R"({"error":{"message":"denied"}})"),
       "io: GCS: `begin_upload` failed: status 403"},
      {json(401, "{}"), "io: GCS: `begin_upload` failed: status 401"},
      {status(429), "unavailable: GCS: `begin_upload` failed: status 429"},
      {status(200), "unavailable: GCS: an upload session was opened without an address"},
      {status(200, "", {{"Location", "https://elsewhere/upload/x"}}),
       "io: GCS: an upload session was opened on another host than"},
      {ending(Ending::no_answer), "unavailable: `begin_upload` failed"},
  };
  for (const auto& c : cases) {
    expect({c.answer, c.answer});
    const auto session = finish(open_session(*context, "a", Metadata()));
    EXPECT_EQ(gcs_test::text_of(session).substr(0, c.outcome.size()), c.outcome);
  }
}

TEST_F(ResumableSessionTest, an_end_is_believed_only_where_it_is_certain) {
  const std::string open = "unavailable: GCS: an upload could not be cancelled";
  const struct {
    std::string what;
    Answers answers;
    std::string outcome;
    std::size_t requests;
  } cases[] = {
      {"cancelled", {status(499)}, "ok", 1},
      {"gone", {status(404)}, "ok", 1},
      {"expired", {status(410)}, "ok", 1},
      {"finished before", {status(200), stored("x")}, "ok", 2},
      {"finished before, refused", {status(400), stored("x")}, "ok", 2},
      {"cancelled, it turns out", {status(204), status(499)}, "ok", 2},
      {"still active, then cancelled", {status(200), committed(4), status(499)}, "ok", 3},
      {"trouble, then cancelled", {status(503), committed(0), status(499)}, "ok", 3},
      {"a conflict is no end", {status(200), status(412), status(499)}, "ok", 3},
      {"stays active",
       {status(200), committed(4), status(200), committed(4), status(200), committed(4)},
       open + ": GCS: an upload session is still open",
       6},
      {"nobody knows",
       {status(503), status(503), status(503), status(503), status(503), status(503)},
       open + ": GCS: `upload_status` failed: status 503",
       6},
      {"the answer is lost", no_answers(), "unavailable: `cancel_upload` failed", 2},
      {"forbidden",
       {status(403), committed(4), status(403), committed(4), status(403), committed(4)},
       "io: GCS: an upload could not be cancelled: GCS: `cancel_upload` failed: status 403",
       6},
  };
  for (const auto& c : cases) {
    expect(c.answers);
    const auto ended = finish(end_session(*context, session_url()));
    EXPECT_EQ(gcs_test::text_of(ended).substr(0, c.outcome.size()), c.outcome) << c.what;
    EXPECT_EQ(seen().size(), c.requests) << c.what;
    EXPECT_EQ(seen()[0].method, "DELETE");
    EXPECT_EQ(seen()[0].header("content-length"), "0");
  }
}

}  // namespace
}  // namespace objectstore
