#include "backends/gcs/blob_writer.h"

#include <filesystem>

#include "backends/gcs/test_support.h"
#include "runtime/when_both.h"

namespace objectstore {
namespace {

using namespace gcs_test;
using Ranges = std::vector<std::string>;

class GcsBlobWriterTest : public GcsTest {
 protected:
  std::unique_ptr<BlobWriter> create() {
    return testing::pump(io, store->create(name, Metadata())).value();
  }
  std::unique_ptr<BlobWriter> begun() {
    auto writer = create();
    script.push_front(new_session());
    EXPECT_EQ(begin(*writer), session_url());
    seen_before = scripted.requests().size();
    return writer;
  }
  std::string begin(BlobWriter& writer) {
    const auto session = finish_task(begin_unrecorded(writer));
    return session.ok() ? *session : gcs_test::text_of(session);
  }
  std::string append(BlobWriter& writer, std::string_view bytes) {
    return gcs_test::text_of(finish_task(writer.append(bytes)));
  }
  std::string finish_upload(BlobWriter& writer) {
    return gcs_test::text_of(finish_task(writer.finish()));
  }
  template <class T>
  T finish_task(Task<T> task) {
    return GcsTest::finish(std::move(task));
  }
  static Task<Result<void>> give_up(BlobWriter& writer) {
    writer.give_up();
    co_return Result<void>();
  }
};

TEST_F(GcsBlobWriterTest, nothing_is_asked_before_begin) {
  expect({});
  {
    const auto writer = create();
    EXPECT_EQ(append(*writer, "0123"), "ok");
  }
  EXPECT_TRUE(seen().empty());
}

TEST_F(GcsBlobWriterTest, chunks_are_cut_so_that_finish_has_a_byte_to_send) {
  const struct {
    std::size_t size;
    std::size_t piece;
    std::deque<HttpServerAnswer> answers;
    Ranges ranges;
  } cases[] = {
      {0, 1, {stored("")}, {"PUT bytes */0"}},
      {1, 1, {stored("0")}, {"PUT bytes 0-0/1"}},
      {4, 4, {stored("0123")}, {"PUT bytes 0-3/4"}},
      {5, 5, {committed(4), stored("01234")}, {"PUT bytes 0-3/*", "PUT bytes 4-4/5"}},
      {8, 3, {committed(4), stored("01234567")}, {"PUT bytes 0-3/*", "PUT bytes 4-7/8"}},
      {10,
       10,
       {committed(4), committed(8), stored("0123456789")},
       {"PUT bytes 0-3/*", "PUT bytes 4-7/*", "PUT bytes 8-9/10"}},
      {10,
       1,
       {committed(4), committed(8), stored("0123456789")},
       {"PUT bytes 0-3/*", "PUT bytes 4-7/*", "PUT bytes 8-9/10"}},
  };
  for (const auto& c : cases) {
    const auto bytes = std::string("0123456789").substr(0, c.size);
    expect({});
    const auto writer = begun();
    expect(c.answers);
    for (std::size_t at = 0; at < bytes.size(); at += c.piece) {
      EXPECT_EQ(append(*writer, bytes.substr(at, c.piece)), "ok");
    }
    EXPECT_EQ(finish_upload(*writer), "ok") << c.size;
    EXPECT_EQ(ranges(), c.ranges) << c.size;
    std::string sent;
    for (const auto& request : seen())
      sent += request.body;
    EXPECT_EQ(sent, bytes);
    EXPECT_EQ(seen().back().header("x-goog-hash"), "crc32c=" + crc32c_of(bytes));
  }
}

TEST_F(GcsBlobWriterTest, a_full_chunk_waits_for_begin) {
  const auto writer = create();
  expect({new_session(), committed(4)});
  testing::Pumped<Result<void>> appending(io, writer->append("01234"));
  testing::settle(io);
  EXPECT_FALSE(appending.ended());
  EXPECT_TRUE(seen().empty());
  EXPECT_EQ(begin(*writer), session_url());
  EXPECT_EQ(gcs_test::text_of(appending.get()), "ok");
  script.push_back(stored("01234"));
  EXPECT_EQ(finish_upload(*writer), "ok");
}

TEST_F(GcsBlobWriterTest, an_append_ends_where_there_will_be_no_begin) {
  const auto writer = create();
  const auto [appended, given_up] =
      finish_task(when_both(writer->append("01234"), give_up(*writer)));
  EXPECT_EQ(gcs_test::text_of(appended), "cancelled: GCS: the upload was given up");
  EXPECT_EQ(append(*writer, "5"), "cancelled: GCS: the upload was given up");

  const auto other = create();
  expect({status(403)});
  const auto [failed, begun] =
      finish_task(when_both(other->append("01234"), begin_unrecorded(*other)));
  EXPECT_EQ(gcs_test::text_of(failed).substr(0, 46),
            "io: GCS: `begin_upload` failed: status 403; ch");
  EXPECT_FALSE(begun.ok());
  EXPECT_EQ(finish_upload(*other), gcs_test::text_of(failed));
}

TEST_F(GcsBlobWriterTest, a_finish_without_begin_fails) {
  const auto writer = create();
  EXPECT_EQ(append(*writer, "0"), "ok");
  EXPECT_EQ(finish_upload(*writer).substr(0, 8), "internal");
}

TEST_F(GcsBlobWriterTest, what_is_stored_is_compared_with_what_was_sent) {
  const struct {
    std::deque<HttpServerAnswer> answers;
    std::string outcome;
  } cases[] = {
      {{stored("abc")}, "ok"},
      {{stored("ab")}, "corrupt: GCS: what was stored as"},
      {{stored("abd")}, "corrupt: GCS: what was stored as"},
      {{json(200, R"({"size":"3"})")}, "corrupt: GCS: what was stored as"},
      // The name is taken: by this very upload, whose answer was lost, or by another.
      {{status(412), stored("abc")}, "ok"},
      {{status(412), stored("abd")}, "conflict: GCS: an object exists already"},
      {{status(412), json(404, "{}")}, "conflict: GCS: an object exists already"},
      {{status(412), status(503)}, "unavailable: GCS: `get_metadata` failed: status 503"},
      {{status(503), status(412), stored("abc")}, "ok"},
      {{ending(Ending::no_answer), stored("abc")}, "ok"},
      {{status(308), status(308), status(308), status(308)}, "unavailable: GCS: an upload gets no"},
  };
  for (const auto& c : cases) {
    expect({});
    const auto writer = begun();
    EXPECT_EQ(append(*writer, "abc"), "ok");
    expect(c.answers);
    const auto outcome = finish_upload(*writer);
    EXPECT_EQ(outcome.substr(0, c.outcome.size()), c.outcome);
  }
}

TEST_F(GcsBlobWriterTest, a_chunk_that_fails_ends_the_upload_early) {
  expect({});
  const auto writer = begun();
  expect({status(404)});
  EXPECT_EQ(append(*writer, "01234"), "ok");
  ASSERT_TRUE(testing::pump_until(io, [&] { return seen().size() == 1; }));
  testing::settle(io);
  const std::string gone = "unavailable: GCS: the upload session is gone: cancelled or expired";
  EXPECT_EQ(append(*writer, "5"), gone);
  EXPECT_EQ(append(*writer, "6"), gone);
  EXPECT_EQ(finish_upload(*writer), gone);
  EXPECT_EQ(seen().size(), 1U);
}

TEST_F(GcsBlobWriterTest, a_session_that_ends_too_early_is_no_success) {
  expect({});
  const auto writer = begun();
  expect({stored("0123")});
  EXPECT_EQ(append(*writer, "01234"), "ok");
  EXPECT_EQ(finish_upload(*writer),
            "unavailable: GCS: an upload session has ended before its last chunk");
}

TEST_F(GcsBlobWriterTest, a_name_that_is_taken_shows_early) {
  expect({});
  const auto writer = begun();
  expect({status(412)});
  EXPECT_EQ(append(*writer, "01234"), "ok");
  EXPECT_EQ(finish_upload(*writer), "conflict: GCS: an object of this name exists already");
}

TEST_F(GcsBlobWriterTest, two_chunks_are_held_at_most) {
  expect({});
  const auto writer = begun();
  auto held = committed(4);
  held.after = std::make_shared<Event>();
  const auto gate = held.after;
  expect({held, committed(8)});
  EXPECT_EQ(append(*writer, "01234567"), "ok");  // one on its way, one full
  testing::Pumped<Result<void>> appending(io, writer->append("8"));
  testing::settle(io);
  EXPECT_FALSE(appending.ended());
  gate->set();
  EXPECT_EQ(gcs_test::text_of(appending.get()), "ok");
  script.push_back(stored("012345678"));
  EXPECT_EQ(finish_upload(*writer), "ok");
}

TEST_F(GcsBlobWriterTest, a_dropped_writer_s_chunk_is_not_tried_again) {
  expect({});
  auto writer = begun();
  auto held = status(503);
  held.after = std::make_shared<Event>();
  const auto gate = held.after;
  expect({held, committed(0)});
  EXPECT_EQ(append(*writer, "01234"), "ok");
  ASSERT_TRUE(testing::pump_until(io, [&] { return seen().size() == 1; }));
  writer.reset();
  gate->set();
  testing::Pumped<Result<void>> closing(io, close());
  ASSERT_TRUE(testing::pump_until(io, [&] {
    if (retry_clock.sleepers() > 0) retry_clock.advance(std::chrono::seconds(1));
    return closing.ended();
  }));
  EXPECT_EQ(ranges(), (Ranges{"PUT bytes 0-3/*", "PUT bytes */*"}));
}

TEST_F(GcsBlobWriterTest, a_single_tier_replaces) {
  settings.replace = true;
  renew();
  expect({});
  const auto writer = begun();
  EXPECT_EQ(scripted.requests().back().target.find("ifGenerationMatch"), std::string::npos);
}

TEST_F(GcsBlobWriterTest, a_missing_spool_directory_is_named) {
  settings.spool_directory = (directory.path() / "missing").string();
  renew();
  const auto writer = create();
  EXPECT_NE(append(*writer, "0").find(settings.spool_directory), std::string::npos);
}

}  // namespace
}  // namespace objectstore
