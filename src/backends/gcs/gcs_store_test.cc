#include "backends/gcs/gcs_store.h"

#include "backends/gcs/bearer_authorizer.h"
#include "backends/gcs/test_support.h"

namespace objectstore {
namespace {

using namespace gcs_test;
using Answers = std::deque<HttpServerAnswer>;

const std::string no_bucket = R"({"error":{"message":"The specified bucket does not exist."}})";

class GcsStoreTest : public GcsTest {
 protected:
  std::string discard(const std::string& upload) {
    const auto discarded = finish(store->discard(name, upload));
    if (!discarded.ok()) return gcs_test::text_of(discarded);
    return *discarded == Discarded::for_good ? "for good" : "may appear later";
  }
  [[nodiscard]] std::string methods() const {
    std::string all;
    for (const auto& request : seen()) {
      const bool session = request.target.find("upload_id") != std::string::npos;
      all += request.method + (session ? " session, " : " object, ");
    }
    return all.substr(0, all.size() - std::min<std::size_t>(2, all.size()));
  }
};

TEST_F(GcsStoreTest, discard_ends_the_upload_before_it_deletes) {
  const auto session = session_url();
  const struct {
    std::string what;
    std::string upload;
    Answers answers;
    std::string outcome;
    std::string requests;
  } cases[] = {
      {"both there",
       session,
       {status(499), status(204)},
       "for good",
       "DELETE session, DELETE object"},
      {"both gone",
       session,
       {status(404), json(404, "{}")},
       "for good",
       "DELETE session, DELETE object"},
      {"finished",
       session,
       {status(200), stored("x"), status(200)},
       "for good",
       "DELETE session, PUT session, DELETE object"},
      {"never begun", "", {status(204)}, "may appear later", "DELETE object"},
      {"an address elsewhere",
       "https://elsewhere/upload/storage/v1/b/bucket/o?upload_id=5",
       {status(204)},
       "may appear later",
       "DELETE object"},
      {"no address at all", "gibberish", {status(204)}, "may appear later", "DELETE object"},
      {"no certainty", session, no_answers(), "unavailable: `cancel_upload` failed",
       "DELETE session, DELETE session"},
      {"a missing bucket",
       "",
       {json(404, no_bucket)},
       "io: GCS: `delete` failed: status 404: The specified bucket does not exist; create",
       "DELETE object"},
      {"held",
       "",
       {json(403, R"({"error":{"message":"under a hold"}})")},
       "io: GCS: `delete` failed: status 403: under a hold",
       "DELETE object"},
  };
  for (const auto& c : cases) {
    expect(c.answers);
    EXPECT_EQ(discard(c.upload).substr(0, c.outcome.size()), c.outcome) << c.what;
    EXPECT_EQ(methods(), c.requests) << c.what;
  }
}

// It would delete what is put there in between.
TEST_F(GcsStoreTest, where_uploads_replace_a_delete_without_an_answer_is_not_sent_again) {
  settings.replace = true;
  attempts = 5;
  renew();
  for (const auto& answer : {ending(Ending::no_answer), status(500)}) {
    expect({answer, status(204), status(204)});
    EXPECT_EQ(discard("").substr(0, 11), "unavailable");
    EXPECT_EQ(methods(), "DELETE object");
  }
}

TEST_F(GcsStoreTest, an_object_that_can_t_be_opened_is_named) {
  const struct {
    HttpServerAnswer answer;
    std::string outcome;
  } cases[] = {
      {stored("x"), "ok"},
      {json(404, R"({"error":{"message":"No such object: bucket/x"}})"), "none"},
      {json(404, no_bucket), "io: GCS: `get_metadata` failed: status 404"},
      {status(403), "io: GCS: `get_metadata` failed: status 403"},
      {status(500), "unavailable: GCS: `get_metadata` failed: status 500"},
      {status(200, "<html>"), "unavailable: GCS: an answer is not the description of an object"},
      {json(200, R"({"size":"1","contentType":"a/b","metadata":{"x":"y"}})"),
       "corrupt: GCS: the object u/objects/k/" + name.id().str() + " can't be read: metadata"},
      {json(200, R"({"size":"1","contentType":"a/b","contentEncoding":"br"})"),
       "invalid_argument: metadata error: "},
      {ending(Ending::no_answer), "unavailable: `get_metadata` failed"},
  };
  for (const auto& c : cases) {
    expect({c.answer, c.answer});
    const auto reader = finish(store->open(name));
    const auto outcome = reader.ok() && *reader == nullptr ? "none" : gcs_test::text_of(reader);
    EXPECT_EQ(outcome.substr(0, c.outcome.size()), c.outcome);
  }
}

TEST_F(GcsStoreTest, a_password_in_the_endpoint_is_in_no_line) {
  settings.endpoint = "http://user:TOPSECRET@127.0.0.1";
  renew();
  EXPECT_EQ(discard("https://elsewhere/upload/x").find("TOPSECRET"), std::string::npos);
  EXPECT_EQ(logger.count("the address of an upload is not one of this bucket's endpoint"), 1U);
  EXPECT_EQ(logger.count("endpoint=http://***@127.0.0.1"), 1U);
  EXPECT_EQ(logger.count("TOPSECRET"), 0U);
}

TEST_F(GcsStoreTest, extending_never_shortens) {
  const auto deadline = from_unix_ms(1'776'695'820'000);
  const auto with_time = [](const std::string& time) {
    return json(200, resource_of("x", ",\"customTime\":\"" + time + "\""));
  };
  const auto earlier = json(400, R"({"error":{"message":"Custom time can't move back"}})");
  const struct {
    std::string what;
    Answers answers;
    std::string outcome;
  } cases[] = {
      {"extended", {json(200, "{}")}, "true"},
      {"gone", {json(404, "{}")}, "false"},
      {"later already", {earlier, with_time("2026-04-20T14:38:00Z")}, "true"},
      {"the same already", {earlier, with_time("2026-04-20T14:37:00Z")}, "true"},
      {"refused",
       {earlier, with_time("2026-04-20T14:36:59Z")},
       "io: GCS: `update_custom_time` failed"},
      {"refused, without a time", {earlier, stored("x")}, "io: GCS: `update_custom_time` failed"},
      {"gone meanwhile", {earlier, json(404, "{}")}, "false"},
      {"a missing bucket", {json(404, no_bucket)}, "io: GCS: `update_custom_time` failed"},
      {"trouble", {status(503)}, "unavailable: GCS: `update_custom_time` failed"},
  };
  for (const auto& c : cases) {
    expect(c.answers);
    const auto extended = finish(store->extend(name, deadline));
    const std::string outcome =
        extended.ok() ? (*extended ? "true" : "false") : gcs_test::text_of(extended);
    EXPECT_EQ(outcome.substr(0, c.outcome.size()), c.outcome) << c.what;
    EXPECT_EQ(seen()[0].body, "{\"customTime\":\"2026-04-20T14:37:00.000000Z\"}");
    EXPECT_EQ(seen()[0].method, "PATCH");
  }
}

TEST_F(GcsStoreTest, lists_go_on_by_name_and_through_empty_pages) {
  const auto item = [](const std::string& blob) {
    return R"({"name":")" + blob + R"(","size":"3","timeCreated":"2026-04-20T13:37:00Z"})";
  };
  const auto first = revision_of("u/objects/a", 1).path();
  const auto second = revision_of("u/objects/b", 2).path();
  expect({json(200, R"({"nextPageToken":"t1"})"),
          json(200, R"({"items":[)" + item(first) + R"(],"nextPageToken":"t2"})"),
          json(200, R"({"items":[)" + item("loose") + "," + item(second) + "]}")});
  const auto page = finish(store->list_blobs("u", 2));
  ASSERT_TRUE(page.ok()) << page.error().describe();
  ASSERT_EQ(page->blobs.size(), 2U);
  EXPECT_EQ(page->blobs[0].revision, Revision::parse(first));
  EXPECT_EQ(page->blobs[0].size, 3U);
  EXPECT_EQ(page->blobs[0].written, from_unix_ms(1'776'692'220'000));
  EXPECT_EQ(page->blobs[1].name, "loose");
  EXPECT_EQ(page->blobs[1].problem, "its name is not that of a revision");
  EXPECT_EQ(page->next, second);
  EXPECT_NE(seen()[0].target.find("maxResults=3&startOffset=u&"), std::string::npos);
  EXPECT_NE(seen()[1].target.find("pageToken=t1"), std::string::npos);
  EXPECT_NE(seen()[2].target.find("maxResults=2&startOffset=u&pageToken=t2"), std::string::npos);
}

TEST_F(GcsStoreTest, a_list_that_can_t_be_read_is_no_short_list) {
  const struct {
    HttpServerAnswer answer;
    std::string outcome;
  } cases[] = {
      {json(200, "{}"), "ok"},
      {json(200, "[]"), "unavailable: GCS: an answer is not a list of objects"},
      {json(200, R"({"items":{}})"), "unavailable: GCS: an answer is not a list of objects"},
      {json(200, R"({"items":[1]})"), "unavailable: GCS: an answer is not a list of objects"},
      {json(200, R"({"items":[{"size":"1"}]})"), "unavailable: GCS: an answer is not a list"},
      {json(200, R"({"items":[{"name":"a"}]})"), "ok"},
      {json(200, R"({"items":[{"name":"a")"), "unavailable: GCS: an answer is not a list"},
      {json(404, no_bucket), "io: GCS: `list` failed: status 404"},
      {status(503), "unavailable: GCS: `list` failed"},
  };
  for (const auto& c : cases) {
    expect({c.answer});
    const auto listed = finish(store->list_blobs("", 5));
    EXPECT_EQ(gcs_test::text_of(listed).substr(0, c.outcome.size()), c.outcome) << c.answer.body;
    if (listed.ok() && !listed->blobs.empty()) {
      EXPECT_EQ(listed->blobs[0].problem, "the store does not tell its size and time");
    }
  }
}

TEST_F(GcsStoreTest, names_leave_room_for_the_revision) {
  EXPECT_TRUE(store->check_name(std::string(987, 'k')).ok());
  EXPECT_FALSE(store->check_name(std::string(988, 'k')).ok());
  settings.replace = true;
  renew();
  EXPECT_TRUE(store->check_name(std::string(1024, 'k')).ok());
  EXPECT_FALSE(store->check_name(std::string(1025, 'k')).ok());
}

// Tokens that a test changes.
class Tokens final : public CallCredentials {
 public:
  [[nodiscard]] std::shared_ptr<const std::string> cached() override { return current; }
  [[nodiscard]] Task<Result<std::string>> authorization() override {
    ++fetched;
    co_return std::string("Bearer fetched");
  }
  [[nodiscard]] bool refresh() override {
    if (next) current = std::make_shared<const std::string>(*std::exchange(next, std::nullopt));
    return refreshable;
  }
  std::shared_ptr<const std::string> current;
  std::optional<std::string> next;
  bool refreshable = true;
  int fetched = 0;
};

TEST_F(GcsStoreTest, a_token_that_expires_in_an_upload_is_replaced) {
  Tokens tokens;
  tokens.current = std::make_shared<const std::string>("Bearer old");
  BearerAuthorizer bearer(tokens);
  authorizer = &bearer;
  attempts = 3;
  renew();
  const auto writer = testing::pump(io, store->create(name, Metadata())).value();
  expect({new_session()});
  ASSERT_TRUE(finish(begin_unrecorded(*writer)).ok());
  ASSERT_TRUE(finish(writer->append("abc")).ok());
  tokens.next = "Bearer new";
  expect({status(401), stored("abc")});
  EXPECT_EQ(gcs_test::text_of(finish(writer->finish())), "ok");
  EXPECT_EQ(seen()[0].header("authorization"), "Bearer old");
  EXPECT_EQ(seen()[1].header("authorization"), "Bearer new");
  EXPECT_EQ(seen()[1].body, "abc");
  authorizer = &nobody;
  renew();
}

TEST_F(GcsStoreTest, a_token_that_is_refused_for_good_is_told) {
  Tokens tokens;
  BearerAuthorizer bearer(tokens);
  authorizer = &bearer;
  attempts = 3;
  renew();
  expect({stored("x")});
  EXPECT_EQ(gcs_test::text_of(finish(store->open(name))), "ok");
  EXPECT_EQ(seen()[0].header("authorization"), "Bearer fetched");
  EXPECT_EQ(tokens.fetched, 1);
  tokens.refreshable = false;
  expect({status(401)});
  const std::string refused =
      "io: GCS: `get_metadata` failed: status 401; the store does not accept";
  EXPECT_EQ(gcs_test::text_of(finish(store->open(name))).substr(0, refused.size()), refused);
  EXPECT_EQ(seen().size(), 1U);
  authorizer = &nobody;
  renew();
}

}  // namespace
}  // namespace objectstore
