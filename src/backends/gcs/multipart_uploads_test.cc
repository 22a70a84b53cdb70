#include "backends/gcs/multipart_uploads.h"

#include "backends/gcs/test_support.h"

namespace objectstore {
namespace {

using namespace gcs_test;
using Answers = std::deque<HttpServerAnswer>;

const std::string payload_md5 = "Mhw89IbtUJFk7eweGYH+yA==";  // of "payload"

std::string error_document(const std::string& code) {
  return "<?xml version='1.0' encoding='UTF-8'?><Error><Code>" + code +
         "</Code><Message>because</Message></Error>";
}
HttpServerAnswer refused(int code, const std::string& reason) {
  return xml(code, error_document(reason));
}
std::string upload_page(const std::vector<std::pair<std::string, std::string>>& uploads,
                        bool truncated) {
  std::string text = "<ListMultipartUploadsResult>";
  for (const auto& [key, id] : uploads) {
    text += "<Upload><Key>" + key + "</Key><UploadId>" + id + "</UploadId></Upload>";
  }
  if (truncated) {
    text += "<NextKeyMarker>" + uploads.back().first + "</NextKeyMarker><NextUploadIdMarker>" +
            uploads.back().second + "</NextUploadIdMarker><IsTruncated>true</IsTruncated>";
  }
  return text + "</ListMultipartUploadsResult>";
}

class MultipartUploadsTest : public GcsTest {
 protected:
  template <class... Alternatives>
  static std::string outcome(const Result<std::variant<Alternatives...>>& result) {
    if (!result.ok()) return gcs_test::text_of(result);
    if (std::holds_alternative<NoSuchUpload>(*result)) return "no such upload";
    return std::visit([](const auto& value) { return told(value); }, *result);
  }
  static std::string told(const std::string& etag) { return "etag " + etag; }
  static std::string told(const NoSuchUpload&) { return "no such upload"; }
  static std::string told(const PartRefused& refusal) {
    return "refused " + refusal.code + ": " + refusal.message;
  }
  static std::string told(const PartPage& page) {
    std::string text = page.truncated ? "parts, and more:" : "parts:";
    for (const auto& part : page.parts)
      text += " " + std::to_string(part.number);
    return text;
  }
  static std::string told(const BlobCompleted&) { return "completed"; }

  std::string put(std::uint32_t number, const std::string& bytes,
                  std::optional<std::string> md5 = std::nullopt,
                  std::optional<std::uint64_t> length = std::nullopt) {
    net_test::ListSource source(bytes.empty() ? std::vector<std::string>()
                                              : std::vector<std::string>{bytes});
    PartToUpload part;
    part.number = number;
    part.length = length.value_or(bytes.size());
    part.stream = &source;
    part.content_md5 = std::move(md5);
    return outcome(finish(store->put_part(name, "id/1", part)));
  }
  [[nodiscard]] std::string object_target() const {
    return "/bucket/" + encode_component(name.path());
  }
};

TEST_F(MultipartUploadsTest, metadata_travels_in_headers) {
  Metadata metadata;
  metadata.expiration = ExpirationPolicy::parse("ttl:1h").value();
  metadata.time_created = from_unix_ms(1);
  metadata.time_expires = from_unix_ms(1'776'695'820'001);
  metadata.content_type = "text/plain";
  metadata.compression = Compression::zstd;
  metadata.filename = "f";
  metadata.custom = {{"empty", ""}, {"k", "v"}};
  expect({xml(200,
              "<InitiateMultipartUploadResult><UploadId>id/1</UploadId>"
              "</InitiateMultipartUploadResult>")});
  const auto id = finish(store->initiate(name, metadata));
  ASSERT_TRUE(id.ok()) << id.error().describe();
  EXPECT_EQ(*id, "id/1");
  const auto request = seen()[0];
  EXPECT_EQ(request.method + " " + request.target, "POST " + object_target() + "?uploads");
  HttpHeaders named;
  for (const auto& header : request.headers) {
    if (header.first.starts_with("content-") || header.first.starts_with("x-goog-")) {
      named.push_back(header);
    }
  }
  EXPECT_EQ(named, (HttpHeaders{{"content-type", "text/plain"},
                                {"content-encoding", "zstd"},
                                {"x-goog-custom-time", "2026-04-20T14:37:01Z"},
                                {"x-goog-meta-x-sn-expiration", "ttl:1h"},
                                {"x-goog-meta-x-sn-filename", "f"},
                                {"x-goog-meta-x-snme-empty", ""},
                                {"x-goog-meta-x-snme-k", "v"},
                                {"content-length", "0"}}));
}

TEST_F(MultipartUploadsTest, an_initiation_is_not_repeated_where_it_may_have_worked) {
  attempts = 3;
  renew();
  for (const auto& answer : {ending(Ending::no_answer), status(502), status(200, "<html>")}) {
    expect({answer});
    const auto id = finish(store->initiate(name, Metadata()));
    EXPECT_EQ(gcs_test::text_of(id).substr(0, 11), "unavailable");
    EXPECT_EQ(seen().size(), 1U);
  }
}

TEST_F(MultipartUploadsTest, a_part_is_sent_with_its_md5) {
  expect({status(200, "", {{"ETag", "\"abc\""}})});
  EXPECT_EQ(put(7, "payload"), "etag \"abc\"");
  const auto request = seen()[0];
  EXPECT_EQ(request.method + " " + request.target,
            "PUT " + object_target() + "?partNumber=7&uploadId=id%2F1");
  EXPECT_EQ(request.header("content-md5"), payload_md5);
  EXPECT_EQ(request.header("content-length"), "7");
  EXPECT_EQ(request.body, "payload");
  expect({status(200, "", {{"ETag", "\"abc\""}})});
  EXPECT_EQ(put(1, ""), "etag \"abc\"");
}

TEST_F(MultipartUploadsTest, a_part_is_sent_again_from_its_first_byte) {
  attempts = 4;
  renew();
  expect({status(503), ending(Ending::no_answer), status(500),
          status(200, "", {{"ETag", "\"abc\""}})});
  EXPECT_EQ(put(1, "payload", payload_md5), "etag \"abc\"");
  ASSERT_EQ(seen().size(), 4U);
  EXPECT_EQ(seen()[3].body, "payload");
}

TEST_F(MultipartUploadsTest, parts_that_can_t_be_right_are_not_sent) {
  expect({});
  EXPECT_EQ(put(0, "x").substr(0, 23), "refused InvalidArgument");
  EXPECT_EQ(put(10'001, "x").substr(0, 23), "refused InvalidArgument");
  EXPECT_EQ(put(1, "x", std::nullopt, (5ULL << 30) + 1).substr(0, 22), "refused EntityTooLarge");
  EXPECT_EQ(put(1, "x", "short").substr(0, 21), "refused InvalidDigest");
  EXPECT_EQ(put(1, "other", payload_md5).substr(0, 17), "refused BadDigest");
  EXPECT_EQ(put(1, "payload", payload_md5, 8).substr(0, 13), "client_stream");
  EXPECT_EQ(put(1, "payload", payload_md5, 6).substr(0, 13), "client_stream");
  EXPECT_TRUE(seen().empty());
}

TEST_F(MultipartUploadsTest, answers_to_a_part_are_told_apart) {
  const struct {
    HttpServerAnswer answer;
    std::string outcome;
  } cases[] = {
      {refused(404, "NoSuchUpload"), "no such upload"},
      {refused(404, "NoSuchBucket"), "io: GCS: `put_part` failed: status 404: NoSuchBucket"},
      {refused(400, "BadDigest"), "refused BadDigest: because"},
      {refused(400, "EntityTooLarge"), "refused EntityTooLarge: because"},
      {refused(413, "EntityTooLarge"), "refused EntityTooLarge: because"},
      {status(400), "refused InvalidRequest: "},
      {refused(403, "AccessDenied"), "io: GCS: `put_part` failed: status 403: AccessDenied"},
      {refused(503, "ServiceUnavailable"), "unavailable: GCS: `put_part` failed: status 503"},
      {status(200), "unavailable: GCS: a part was stored without an ETag"},
  };
  for (const auto& c : cases) {
    expect({c.answer});
    EXPECT_EQ(put(1, "payload").substr(0, c.outcome.size()), c.outcome);
  }
}

TEST_F(MultipartUploadsTest, parts_are_listed_as_asked) {
  const std::string page =
      "<ListPartsResult><IsTruncated>true</IsTruncated><Part><PartNumber>4</PartNumber>"
      "<ETag>\"a\"</ETag><Size>1</Size><LastModified>2026-04-20T13:37:00Z</LastModified></Part>"
      "</ListPartsResult>";
  expect({xml(200, page)});
  EXPECT_EQ(outcome(finish(store->list_parts(name, "id", ListParts{3, 1}))), "parts, and more: 4");
  EXPECT_EQ(seen()[0].target, object_target() + "?uploadId=id&max-parts=1&part-number-marker=3");
  expect({xml(200, "<ListPartsResult/>")});
  EXPECT_EQ(outcome(finish(store->list_parts(name, "id", ListParts()))), "parts:");
  EXPECT_EQ(seen()[0].target, object_target() + "?uploadId=id");
  const struct {
    HttpServerAnswer answer;
    std::string outcome;
  } cases[] = {
      {refused(404, "NoSuchUpload"), "no such upload"},
      {refused(403, "AccessDenied"), "io: GCS: `list_parts` failed"},
      {status(200, "<html></html>"), "unavailable"},
      {status(502), "unavailable: GCS: `list_parts` failed"},
  };
  for (const auto& c : cases) {
    expect({c.answer});
    const auto listed = outcome(finish(store->list_parts(name, "id", ListParts())));
    EXPECT_EQ(listed.substr(0, c.outcome.size()), c.outcome);
  }
}

TEST_F(MultipartUploadsTest, a_completion_that_failed_is_no_completion) {
  const auto none = json(404, "{}");
  const auto done = xml(200, "<CompleteMultipartUploadResult/>");
  const struct {
    std::string what;
    Answers answers;
    std::string outcome;
  } cases[] = {
      {"completed", {none, done}, "completed"},
      {"refused with 200",
       {none, xml(200, error_document("InvalidPart"))},
       "refused InvalidPart: because"},
      {"failed with 200", {none, xml(200, error_document("InternalError"))}, "unavailable"},
      {"gone with 200", {none, xml(200, error_document("NoSuchUpload"))}, "no such upload"},
      {"refused", {none, refused(400, "EntityTooSmall")}, "refused EntityTooSmall: because"},
      {"gone", {none, refused(404, "NoSuchUpload")}, "no such upload"},
      {"a proxy answers", {none, status(200, "<html></html>")}, "unavailable"},
      {"nothing in the answer", {none, status(200)}, "unavailable"},
      {"the answer is lost", {none, ending(Ending::no_answer)}, "unavailable: `complete` failed"},
      {"trouble", {none, status(500)}, "unavailable: GCS: `complete` failed: status 500"},
      {"there already", {stored("x"), xml(200, "<ListPartsResult/>")}, "conflict: GCS: an object"},
      {"completed already", {stored("x"), refused(404, "NoSuchUpload")}, "no such upload"},
      {"nobody knows whether it is there",
       {status(503)},
       "unavailable: GCS: `get_metadata` failed: status 503"},
  };
  const std::vector<ListedPart> parts = {{1, "\"a\""}, {3, "\"b\""}};
  for (const auto& c : cases) {
    expect(c.answers);
    const auto completed = outcome(finish(store->complete(name, "id", parts)));
    EXPECT_EQ(completed.substr(0, c.outcome.size()), c.outcome) << c.what;
    EXPECT_EQ(seen().size(), c.answers.size()) << c.what;
  }
  expect({none, done});
  EXPECT_EQ(outcome(finish(store->complete(name, "id", parts))), "completed");
  EXPECT_EQ(seen()[1].method + " " + seen()[1].target, "POST " + object_target() + "?uploadId=id");
  EXPECT_EQ(seen()[1].header("content-type"), "application/xml");
  EXPECT_EQ(seen()[1].body,
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"a\"</ETag></Part>"
            "<Part><PartNumber>3</PartNumber><ETag>\"b\"</ETag></Part></CompleteMultipartUpload>");
}

TEST_F(MultipartUploadsTest, a_single_tier_s_completion_replaces) {
  settings.replace = true;
  renew();
  expect({xml(200, "<CompleteMultipartUploadResult/>")});
  EXPECT_EQ(outcome(finish(store->complete(name, "id", {{1, "\"a\""}}))), "completed");
}

TEST_F(MultipartUploadsTest, an_abort_of_what_is_gone_is_done) {
  const struct {
    HttpServerAnswer answer;
    std::string outcome;
  } cases[] = {
      {status(204), "ok"},
      {refused(404, "NoSuchUpload"), "ok"},
      {refused(404, "NoSuchBucket"), "io: GCS: `abort` failed"},
      {refused(403, "AccessDenied"), "io: GCS: `abort` failed"},
      {status(503), "unavailable: GCS: `abort` failed"},
  };
  for (const auto& c : cases) {
    expect({c.answer});
    const auto aborted = gcs_test::text_of(finish(store->abort(name, "id")));
    EXPECT_EQ(aborted.substr(0, c.outcome.size()), c.outcome);
    EXPECT_EQ(seen()[0].method + " " + seen()[0].target,
              "DELETE " + object_target() + "?uploadId=id");
  }
}

TEST_F(MultipartUploadsTest, all_uploads_of_exactly_the_name_are_aborted) {
  const auto path = name.path();
  expect({xml(200, upload_page({{path, "1"}, {path, "2"}}, true)), status(204), status(204),
          xml(200, upload_page({{path, "3"}, {path + "/longer", "4"}}, true)), status(204)});
  EXPECT_EQ(gcs_test::text_of(finish(store->abort_all(name))), "ok");
  ASSERT_EQ(seen().size(), 5U);
  EXPECT_EQ(seen()[0].target, "/bucket?uploads&prefix=" + encode_component(path));
  EXPECT_EQ(seen()[1].target, object_target() + "?uploadId=1");
  EXPECT_EQ(seen()[3].target, "/bucket?uploads&prefix=" + encode_component(path) +
                                  "&key-marker=" + encode_component(path) + "&upload-id-marker=2");
  EXPECT_EQ(seen()[4].target, object_target() + "?uploadId=3");
}

TEST_F(MultipartUploadsTest, an_upload_that_can_t_be_aborted_is_told) {
  expect({xml(200, upload_page({{name.path(), "1"}}, false)), status(503)});
  EXPECT_EQ(gcs_test::text_of(finish(store->abort_all(name))).substr(0, 11), "unavailable");
  expect({status(200, "<html></html>")});
  EXPECT_EQ(gcs_test::text_of(finish(store->abort_all(name))).substr(0, 11), "unavailable");
  expect({refused(403, "AccessDenied")});
  EXPECT_EQ(gcs_test::text_of(finish(store->abort_all(name))).substr(0, 34),
            "io: GCS: `list_uploads` failed: st");
}

}  // namespace
}  // namespace objectstore
