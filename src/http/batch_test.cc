// What a batch answers: the tables of http-api.md section 9.
#include "http/batch.h"

#include "base/percent.h"
#include "http/batch_test_support.h"

namespace objectstore::http_test {
namespace {

using namespace std::chrono_literals;

const std::string index_header = "x-sn-batch-operation-index";
const std::string status_header = "x-sn-batch-operation-status";
const std::string key_header = "x-sn-batch-operation-key";
const std::string kind_header = "x-sn-batch-operation-kind";

const std::string multipart_error =
    R"("batch error: multipart error: Error parsing `multipart/form-data` request")";

Access may(std::initializer_list<Permission> permissions) {
  TokenGrant grant{"u", {{"org", "1"}}, Permissions(permissions)};
  return Access::granted(std::make_shared<const TokenGrant>(std::move(grant)));
}

void expect_ok_after(TestBatch& batch, const std::map<std::size_t, BatchAnswer>& answers,
                     std::size_t index) {
  ASSERT_EQ(answers.count(index), 1U);
  EXPECT_EQ(answers.at(index).status(), "201 Created");
  EXPECT_EQ(batch.stored("after"), "x");
}

TEST(Batch, answers_the_example_of_the_contract) {
  TestBatch batch;
  const auto answers = batch.answers_to(
      "--XX\r\n"
      "x-sn-batch-operation-kind: insert\r\n"
      "x-sn-batch-operation-key: a%2F1\r\n"
      "content-type: text/plain\r\n"
      "\r\n"
      "one\r\n"
      "--XX\r\n"
      "x-sn-batch-operation-kind: get\r\n"
      "x-sn-batch-operation-key: nope\r\n"
      "\r\n"
      "--XX--");
  EXPECT_EQ(batch.response.status, 200U);
  EXPECT_EQ(batch.response.framing, Response::Framing::chunked);
  EXPECT_TRUE(batch.boundary().starts_with("os-boundary-"));
  EXPECT_EQ(batch.boundary().size(), 12U + 32U);
  EXPECT_EQ(batch.boundary().find_first_not_of("0123456789abcdef", 12), std::string::npos);
  EXPECT_EQ(batch.stored("a/1"), "one");

  using Headers = std::map<std::string, std::string>;
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers.at(0).headers, (Headers{{index_header, "0"},
                                            {status_header, "201 Created"},
                                            {key_header, "a%2F1"},
                                            {kind_header, "insert"},
                                            {"content-disposition", "form-data; name=part"}}));
  EXPECT_EQ(answers.at(1).headers, (Headers{{index_header, "1"},
                                            {status_header, "404 Not Found"},
                                            {key_header, "nope"},
                                            {kind_header, "get"},
                                            {"content-disposition", "form-data; name=part"}}));
  EXPECT_EQ(answers.at(0).body, "");
  EXPECT_EQ(answers.at(1).body, "");
}

TEST(Batch, without_operations_is_the_closing_delimiter_alone) {
  TestBatch batch;
  EXPECT_TRUE(batch.answers_to("--XX--\r\n").empty());
  EXPECT_EQ(batch.received, "--" + batch.boundary() + "--");
}

TEST(Batch, needs_a_boundary) {
  for (const char* type : {"", "text/plain", "multipart/form-data", "multipart/mixed; boundary=XX",
                           "multipart/form-data; boundary="}) {
    TestBatch batch({}, Access::full(), type);
    EXPECT_EQ(batch.response.status, 400U) << type;
    EXPECT_EQ(batch.response.text, "Invalid `boundary` for `multipart/form-data` request");
    EXPECT_EQ(batch.response.headers, "content-type: text/plain; charset=utf-8\r\n");
    EXPECT_EQ(batch.response.live, nullptr);
  }
}

TEST(Batch, takes_any_boundary) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"boundary=\"XX\"", "XX"},
      {"boundary=\"a b'()+_,-./:=?\"", "a b'()+_,-./:=?"},
      {"boundary=" + std::string(70, '-'), std::string(70, '-')},
  };
  for (const auto& [parameter, boundary] : cases) {
    TestBatch batch({}, Access::full(), "multipart/form-data; " + parameter);
    const auto answers = batch.answers_to(encoded({asked("insert", "k", "v")}, boundary));
    ASSERT_EQ(answers.size(), 1U) << boundary;
    EXPECT_EQ(batch.stored("k"), "v") << boundary;
  }
}

// Every row of the table of outcomes. Each batch ends with one more insert, which succeeds.
TEST(Batch, tells_the_outcome_of_each_operation) {
  struct Case {
    const char* name;
    AskedPart part;
    std::string status;
    std::string body;  // starts with this where it is JSON
  };
  const std::string big(1'048'576, 'b');
  const auto with = [](AskedPart part, std::pair<std::string, std::string> header) {
    part.headers.push_back(std::move(header));
    return part;
  };
  const std::string undecodable =
      "bad request: unable to percent-decode x-sn-batch-operation-key header value";
  const auto detail = [](const std::string& text) { return "{\"detail\":\"" + text; };
  const auto batch_json = [](const std::string& text) {
    return "{\"detail\":\"batch error: " + text + "\",\"causes\":[\"" + text + "\"]}";
  };
  const auto service_json = [](const std::string& text) {
    return "{\"detail\":\"service error: " + text + "\",\"causes\":[\"" + text + "\"]}";
  };
  const std::vector<Case> cases = {
      {"get found", asked("get", "there"), "200 OK", "payload"},
      {"get of an empty object", asked("get", "empty"), "200 OK", ""},
      {"get missing", asked("get", "nope"), "404 Not Found", ""},
      {"get with a body", asked("get", "there", "ignored"), "200 OK", "payload"},
      {"get with a range", with(asked("get", "there"), {"range", "bytes=0-0"}), "200 OK",
       "payload"},
      {"head found", asked("head", "there"), "204 No Content", ""},
      {"head missing", asked("head", "nope"), "404 Not Found", ""},
      {"insert", asked("insert", "new", "v"), "201 Created", ""},
      {"insert again", asked("insert", "there", "v"), "201 Created", ""},
      {"insert of nothing", asked("insert", "new"), "201 Created", ""},
      {"insert of the most", asked("insert", "new", big), "201 Created", ""},
      {"delete", asked("delete", "there"), "204 No Content", ""},
      {"delete missing", asked("delete", "nope"), "204 No Content", ""},
      {"any letter case", asked("GeT", "there"), "200 OK", "payload"},
      {"no kind",
       {{{key_header, "k"}}, ""},
       "400 Bad Request",
       batch_json("bad request: missing x-sn-batch-operation-kind header")},
      {"bad kind", asked("patch", "k"), "400 Bad Request",
       batch_json("bad request: invalid operation kind: patch")},
      {"no key",
       {{{kind_header, "head"}}, ""},
       "400 Bad Request",
       batch_json("bad request: missing x-sn-batch-operation-key header for head operation")},
      {"undecodable key", asked("get", "%ff"), "400 Bad Request", batch_json(undecodable)},
      {"key that can't be stored", asked("insert", "a%00b"), "400 Bad Request",
       detail("client error: ")},
      {"empty key", asked("get", ""), "400 Bad Request", detail("client error: ")},
      {"bad metadata", with(asked("insert", "k"), {"content-type", "x"}), "400 Bad Request",
       "{\"detail\":\"batch error: metadata error: invalid content type\",\"causes\":["
       "\"metadata error: invalid content type\",\"invalid content type\",\"Invalid "},
      {"deadline out of range", with(asked("insert", "k"), {"x-sn-expiration", "ttl:9000y"}),
       "400 Bad Request", detail("service error: metadata error: ")},
      {"usecase policy", with(asked("insert", "k"), {"x-sn-expiration", "tti:1h"}),
       "400 Bad Request", "{\"detail\":\"client error: "},
      {"malformed head",
       {{{"bad name", "v"}}, ""},
       "400 Bad Request",
       "{\"detail\":" + multipart_error + ",\"causes\":["},
      {"too large", asked("insert", "k", big + "b"), "413 Payload Too Large",
       detail("batch error: batch limit exceeded: ")},
      {"backend failure", asked("get", "io"), "500 Internal Server Error",
       service_json("i/o error")},
      {"backend failure of an insert", asked("insert", "io", "v"), "500 Internal Server Error",
       service_json("i/o error")},
      {"backend failure of a head", asked("head", "io"), "500 Internal Server Error",
       service_json("i/o error")},
      {"backend failure of a delete", asked("delete", "io"), "500 Internal Server Error",
       service_json("i/o error")},
      {"backend away", asked("get", "away"), "503 Service Unavailable", service_json("not now")},
      {"damaged from the first block on", asked("get", "damaged"), "500 Internal Server Error",
       service_json("stored data is damaged")},
      {"throws", asked("delete", "throws"), "500 Internal Server Error",
       service_json("internal error")},
      {"no memory", asked("insert", "exhausts", "v"), "500 Internal Server Error",
       service_json("internal error")},
  };
  for (const auto& test : cases) {
    ServiceOptions options;
    options.usecases["u"].tti.allowed = false;
    TestBatch batch(options);
    batch.keep("there", "payload");
    batch.keep("empty", "");
    batch.keep("damaged", "payload");
    batch.store.streamed["damaged"] = 0;
    batch.store.failures.emplace("io", Error(ErrorCode::io, "/data/rows: short read"));
    batch.store.failures.emplace("away", Error(ErrorCode::unavailable, "not now"));
    batch.store.throwing = {"throws"};
    batch.store.exhausting = {"exhausts"};
    const auto answers = batch.answers_to(encoded({test.part, asked("insert", "after", "x")}));
    ASSERT_EQ(answers.size(), 2U) << test.name;
    const auto& answer = answers.at(0);
    EXPECT_EQ(answer.status(), test.status) << test.name;
    const bool is_json = answer.body.starts_with('{');
    EXPECT_EQ(is_json ? answer.body.substr(0, test.body.size()) : answer.body, test.body)
        << test.name << ": " << answer.body;
    // Which headers a part has depends on whether it tells of an object.
    const auto code = answer.status().substr(0, 3);
    const bool error = code != "200" && code != "201" && code != "204" && code != "404";
    EXPECT_EQ(is_json, error) << test.name;
    EXPECT_EQ(answer.headers.at("content-disposition"), "form-data; name=part");
    EXPECT_EQ(answer.headers.count(key_header), error ? 0U : 1U) << test.name;
    EXPECT_EQ(answer.headers.count(kind_header), error ? 0U : 1U) << test.name;
    const bool has_type = code == "200" || (code == "204" && answer.header("kind") == "head");
    EXPECT_EQ(answer.headers.count("content-type"), has_type ? 1U : 0U) << test.name;
    expect_ok_after(batch, answers, 1);
  }
}

TEST(Batch, shows_metadata_of_what_it_read) {
  Metadata metadata;
  metadata.content_type = "text/plain";
  metadata.compression = Compression::zstd;
  metadata.origin = "o";
  metadata.filename = "f.txt";
  metadata.custom["build"] = "7";
  metadata.time_created = WallTime(1'776'692'220s);
  TestBatch batch;
  batch.keep("k", "payload", metadata);
  const auto answers = batch.answers_to(encoded({asked("get", "k"), asked("head", "k")}));
  ASSERT_EQ(answers.size(), 2U);
  const std::map<std::string, std::string> shown = {
      {"content-type", "text/plain"},
      {"content-encoding", "zstd"},
      {"x-sn-origin", "o"},
      {"x-sn-filename", "f.txt"},
      {"x-snme-build", "7"},
      {"x-sn-time-created", "2026-04-20T13:37:00.000000Z"},
      {"x-sn-size", "7"},
      {"content-disposition", "form-data; name=part"},
      {key_header, "k"},
  };
  for (const auto& [index, answer] : answers) {
    auto headers = answer.headers;
    headers.erase(index_header);
    headers.erase(status_header);
    headers.erase(kind_header);
    EXPECT_EQ(headers, shown) << index;
  }
}

TEST(Batch, stores_metadata_of_an_insert) {
  TestBatch batch;
  auto part = asked("insert", "k", "v");
  part.headers.insert(
      part.headers.end(),
      {{"Content-Type", "text/plain"}, {"X-Sn-Expiration", "ttl:1h"}, {"x-snme-a", "b"}});
  batch.answers_to(encoded({part}));
  const auto& stored = batch.store.inner.objects.at("u/org.1/objects/k").metadata;
  EXPECT_EQ(stored.content_type, "text/plain");
  EXPECT_EQ(stored.expiration.str(), "ttl:1h");
  EXPECT_EQ(stored.custom.at("a"), "b");
  EXPECT_EQ(stored.time_expires, batch.clock.now() + 1h);
}

TEST(Batch, generates_a_key_for_an_insert_without_one) {
  TestBatch batch;
  const auto answers = batch.answers_to(encoded({{{{kind_header, "insert"}}, "v"}}));
  ASSERT_EQ(answers.size(), 1U);
  const auto key = answers.at(0).header("key");
  EXPECT_EQ(key.size(), 36U + 4U * 2U) << "hyphens are escaped";
  EXPECT_EQ(batch.stored(percent_decode(key)), "v");
}

TEST(Batch, escapes_all_but_letters_and_digits_in_keys) {
  TestBatch batch;
  const auto answers = batch.answers_to(encoded({asked("insert", "aZ09-._~/ %C3%A4*")}));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers.at(0).header("key"), "aZ09%2D%2E%5F%7E%2F%20%C3%A4%2A");
  EXPECT_EQ(batch.stored("aZ09-._~/ \xc3\xa4*"), "");
}

TEST(Batch, takes_a_thousand_operations) {
  std::vector<AskedPart> parts;
  for (int i = 0; i < 1003; ++i)
    parts.push_back(asked("insert", std::to_string(i), "v"));
  TestBatch batch;
  const auto answers = batch.answers_to(encoded(parts));
  ASSERT_EQ(answers.size(), 1003U);
  for (const auto& [index, answer] : answers) {
    const bool taken = index < 1000;
    EXPECT_EQ(answer.status(), taken ? "201 Created" : "413 Payload Too Large");
    EXPECT_EQ(batch.stored(std::to_string(index)), taken ? "v" : "(absent)");
    if (taken) continue;
    EXPECT_EQ(answer.body,
              "{\"detail\":\"batch error: batch limit exceeded: more than 1000 operations\","
              "\"causes\":[\"batch limit exceeded: more than 1000 operations\"]}");
  }
}

TEST(Batch, takes_thirty_two_headers_a_part) {
  auto most = asked("insert", "most", "v");
  while (most.headers.size() < 32)
    most.headers.emplace_back("x-other", "v");
  auto more = most;
  more.headers[1].second = "more";
  more.headers.emplace_back("x-other", "v");
  TestBatch batch;
  const auto answers = batch.answers_to(encoded({most, more, asked("insert", "after", "x")}));
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers.at(0).status(), "201 Created");
  EXPECT_EQ(answers.at(1).status(), "400 Bad Request");
  EXPECT_EQ(batch.stored("more"), "(absent)");
  expect_ok_after(batch, answers, 2);
}

TEST(Batch, takes_a_gibibyte) {
  TestBatch batch;
  // The second payload has no end; nothing of it is kept.
  const auto begin =
      encoded_part(asked("insert", "k", "v")) + "--XX\r\nx-sn-batch-operation-kind: insert\r\n\r\n";
  const std::string megabyte(1 << 20, 'x');
  batch.body.feed(begin + megabyte.substr(begin.size()));
  for (int i = 1; i < 1024; ++i) {
    batch.body.feed(megabyte);
    batch.read();
  }
  EXPECT_FALSE(batch.ended);
  batch.body.feed("x");
  batch.read();
  EXPECT_TRUE(batch.ended);
  const auto answers = batch.answers();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers.at(0).status(), "201 Created");
  EXPECT_EQ(answers.at(1).status(), "400 Bad Request");
  EXPECT_EQ(
      answers.at(1).body,
      R"({"detail":"batch error: multipart error: Error parsing `multipart/form-data` request",)"
      R"("causes":["multipart error: Error parsing `multipart/form-data` request",)"
      R"("request too large"]})");
}

// A body that breaks off anywhere: what was whole runs, the rest is one refusal, and the response
// is complete.
TEST(Batch, answers_a_body_that_breaks_off) {
  const std::vector<AskedPart> parts = {asked("insert", "a", "one"), asked("get", "there"),
                                        asked("insert", "b", "two")};
  const auto request = encoded(parts);
  // A part is whole once its delimiter's line is, with CRLF or dashes.
  std::vector<std::size_t> whole_at;
  for (auto at = request.find("--XX", 1); at != std::string::npos;
       at = request.find("--XX", at + 1))
    whole_at.push_back(at + 6);
  ASSERT_EQ(whole_at.size(), parts.size());
  for (const bool fails : {false, true}) {
    for (std::size_t size = 0; size < request.size(); ++size) {
      TestBatch batch;
      batch.keep("there", "payload");
      batch.body.feed(request.substr(0, size));
      if (fails) {
        batch.body.fail();
      } else {
        batch.body.end();
      }
      batch.read();
      ASSERT_TRUE(batch.ended) << size;
      const auto answers = batch.answers();
      std::size_t whole = 0;
      while (whole < whole_at.size() && whole_at[whole] <= size)
        ++whole;
      ASSERT_EQ(answers.size(), whole + 1) << size;
      EXPECT_EQ(answers.at(whole).status(), "400 Bad Request") << size;
      EXPECT_TRUE(answers.at(whole).body.starts_with("{\"detail\":" + multipart_error)) << size;
      EXPECT_EQ(batch.stored("a"), whole > 0 ? "one" : "(absent)") << size;
      EXPECT_TRUE(whole < 2 || answers.at(1).body == "payload") << size;
      EXPECT_EQ(batch.stored("b"), "(absent)") << size;
    }
  }
}

TEST(Batch, ends_at_a_delimiter_that_is_none) {
  TestBatch batch;
  const auto answers = batch.answers_to(encoded_part(asked("insert", "a", "one")) +
                                        encoded_part(asked("insert", "b")) + "--XXX\r\n\r\n" +
                                        encoded({asked("insert", "c")}));
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers.at(0).status(), "201 Created");
  EXPECT_EQ(answers.at(1).status(), "400 Bad Request");
  EXPECT_EQ(batch.stored("b"), "(absent)");
  EXPECT_EQ(batch.stored("c"), "(absent)");
}

TEST(Batch, answers_the_same_however_the_request_is_cut) {
  const auto request = "preamble\r\n" +
                       encoded({asked("insert", "a", "\r\n--X\r\n\r\n--"),
                                asked("get", "there"),
                                {{{"no", "kind"}}, "p"},
                                asked("delete", "gone")}) +
                       "\r\nepilogue";
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    TestBatch batch;
    batch.keep("there", "payload");
    batch.keep("gone", "x");
    batch.body.feed(request.substr(0, cut));
    const auto answers = batch.answers_to(request.substr(cut));
    ASSERT_EQ(answers.size(), 4U) << cut;
    EXPECT_EQ(answers.at(0).status(), "201 Created") << cut;
    EXPECT_EQ(answers.at(1).body, "payload") << cut;
    EXPECT_EQ(answers.at(2).status(), "400 Bad Request") << cut;
    EXPECT_EQ(answers.at(3).status(), "204 No Content") << cut;
    EXPECT_EQ(batch.stored("a"), "\r\n--X\r\n\r\n--") << cut;
    EXPECT_EQ(batch.stored("gone"), "(absent)") << cut;
  }
}

TEST(Batch, does_what_the_credential_allows) {
  ServiceOptions options;
  options.enforce_auth = true;
  const std::vector<AskedPart> parts = {asked("get", "k"), asked("head", "k"),
                                        asked("insert", "new", "v"), asked("delete", "k")};
  struct Case {
    Access access;
    std::vector<bool> allowed;
  };
  const std::vector<Case> cases = {
      {may({Permission::object_read}), {true, true, false, false}},
      {may({Permission::object_write}), {false, false, true, false}},
      {may({Permission::object_delete}), {false, false, false, true}},
      {may({}), {false, false, false, false}},
      {Access::presigned(), {true, true, false, false}},
      {Access::full(), {true, true, true, true}},
  };
  for (const auto& test : cases) {
    TestBatch batch(options, test.access);
    batch.keep("k", "payload");
    const auto answers = batch.answers_to(encoded(parts));
    ASSERT_EQ(answers.size(), parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto& answer = answers.at(i);
      EXPECT_EQ(answer.status() != "403 Forbidden", test.allowed[i]) << i;
      if (test.allowed[i]) continue;
      EXPECT_EQ(
          answer.body,
          R"({"detail":"auth error: operation not allowed","causes":["operation not allowed"]})");
    }
    EXPECT_EQ(batch.stored("new"), test.allowed[2] ? "v" : "(absent)");
    EXPECT_EQ(batch.stored("k"), test.allowed[3] ? "(absent)" : "payload");
  }
}

TEST(Batch, spends_a_token_for_each_operation) {
  ServiceOptions options;
  options.rate_limits.throughput.global_rps = 2;
  TestBatch batch(options);
  const auto answers = batch.answers_to(encoded({asked("insert", "a"),
                                                 {{{"no", "kind"}}, ""},
                                                 asked("insert", "b"),
                                                 asked("insert", "c"),
                                                 asked("nonsense", "d")}));
  ASSERT_EQ(answers.size(), 5U);
  EXPECT_EQ(answers.at(0).status(), "201 Created");
  EXPECT_EQ(answers.at(1).status(), "400 Bad Request") << "costs no token";
  EXPECT_EQ(answers.at(2).status(), "201 Created");
  EXPECT_EQ(answers.at(3).status(), "429 Too Many Requests");
  EXPECT_EQ(answers.at(3).body,
            R"({"detail":"batch error: rate limited","causes":["rate limited"]})");
  EXPECT_EQ(answers.at(4).status(), "400 Bad Request");
  EXPECT_EQ(batch.rate_limiter.admitted_total(), 2U);
}

// Order of the checks: parse, rate limit, permission, usecase policy.
TEST(Batch, checks_in_the_order_of_the_contract) {
  ServiceOptions options;
  options.enforce_auth = true;
  options.rate_limits.throughput.global_rps = 1;
  options.usecases["u"].manual_allowed = false;
  TestBatch batch(options, may({Permission::object_read}));
  const auto answers = batch.answers_to(
      encoded({asked("insert", "%ff"), asked("insert", "a"), asked("insert", "b")}));
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers.at(0).status(), "400 Bad Request") << "not understood";
  EXPECT_EQ(answers.at(1).status(), "403 Forbidden") << "neither allowed to him nor by the policy";
  EXPECT_EQ(answers.at(2).status(), "429 Too Many Requests");
}

TEST(Batch, accounts_payloads) {
  TestBatch batch;
  batch.keep("small", std::string(100, 's'));
  batch.keep("large", std::string(300'000, 'l'));
  batch.store.streamed["large"] = SIZE_MAX;
  batch.answers_to(encoded({asked("get", "small"), asked("get", "large"), asked("get", "nope"),
                            asked("head", "small"), asked("delete", "nope", "not this"),
                            asked("insert", "new", std::string(1000, 'n')),
                            asked("insert", "too large", std::string(1'048'577, 'n'))}));
  EXPECT_EQ(batch.rate_limiter.bytes_total(), 100U + 300'000U + 1000U);
}

}  // namespace
}  // namespace objectstore::http_test
