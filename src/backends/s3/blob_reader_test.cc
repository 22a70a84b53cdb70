// Reading, from stores that break off, forget and lie.
#include "backends/s3/blob_reader.h"

#include <gmock/gmock.h>

#include "backends/s3/test_support.h"

namespace objectstore::s3_test {
namespace {

using ::testing::HasSubstr;

class S3ReadTest : public S3Test {
 protected:
  S3ReadTest() {
    for (std::size_t at = 0; at < 300'000; ++at)
      payload += static_cast<char>(at * 31 + at / 251);
    EXPECT_TRUE(write(payload).ok());
  }
  // As the store would answer the next GET.
  [[nodiscard]] HttpServerAnswer true_answer(std::size_t from = 0) const {
    auto answer = answer_with(from == 0 ? 200 : 206, payload.substr(from));
    answer.headers = {{"ETag", s3.objects.at(key()).etag}};
    if (from > 0) {
      answer.headers.emplace_back("Content-Range",
                                  "bytes " + std::to_string(from) + "-299999/300000");
    }
    return answer;
  }
  void expect_error(const Result<std::string>& read_back, ErrorCode code, const char* text) {
    ASSERT_FALSE(read_back.ok());
    EXPECT_EQ(read_back.error().code(), code) << read_back.error().describe();
    EXPECT_THAT(read_back.error().describe(), HasSubstr(text));
  }

  std::string payload;
};

TEST_F(S3ReadTest, all_of_it_and_any_range) {
  const ByteRange ranges[] = {{0, 300'000}, {0, 1}, {299'999, 1}, {1, 299'999}, {70'000, 100'000}};
  for (const auto& range : ranges) {
    const auto read_back = read(range);
    ASSERT_TRUE(read_back.ok()) << read_back.error().describe();
    EXPECT_TRUE(*read_back == payload.substr(range.offset, range.length));
  }
}

TEST_F(S3ReadTest, nothing_is_asked_for_an_empty_range) {
  const auto before = s3_server.requests().size();
  EXPECT_EQ(read({100, 0}).value(), "");
  EXPECT_EQ(s3_server.requests().size(), before + 1);  // HEAD
}

TEST_F(S3ReadTest, a_body_that_breaks_is_gone_on_with_where_it_broke) {
  auto cut = true_answer();
  cut.body.resize(100'000);
  cut.announced_length = payload.size();
  cut.ending = Ending::cuts_body;
  for (int times = 1; times <= 3; ++times) {
    s3.fail({"GET", key(), cut, false, 1});
    auto later = true_answer(100'000);
    later.body.resize(1'000);
    later.announced_length = 200'000;
    later.ending = Ending::cuts_body;
    if (times > 1) s3.fail({"GET", key(), later, false, 1});
    const auto read_back = read_whole();
    ASSERT_TRUE(read_back.ok()) << read_back.error().describe();
    EXPECT_TRUE(*read_back == payload);
    EXPECT_EQ(s3_server.requests().back().header("if-match"), s3.objects.at(key()).etag);
  }
  EXPECT_THAT(s3_server.requests().back().header("range"), HasSubstr("bytes=101000-299999"));
}

TEST_F(S3ReadTest, a_body_that_breaks_again_and_again_is_an_error) {
  auto cut = true_answer();
  cut.body.clear();
  cut.announced_length = payload.size();
  cut.ending = Ending::cuts_body;
  s3.fail({"GET", key(), cut, false, 99});
  expect_error(read_whole(), ErrorCode::unavailable, "");
  EXPECT_LE(count("GET", key()), 10U);
}

TEST_F(S3ReadTest, answers_that_do_not_fit_are_errors) {
  const auto with_header = [this](int status, std::string name, std::string value) {
    auto answer = true_answer(100);
    answer.status = status;
    answer.headers = {{std::move(name), std::move(value)}};
    return answer;
  };
  auto longer = true_answer();
  longer.body += "more";
  auto chunked_longer = longer;
  chunked_longer.chunked = true;
  auto shorter = true_answer();
  shorter.body.pop_back();
  auto chunked_shorter = shorter;
  chunked_shorter.chunked = true;
  auto ignored_range = true_answer();
  struct Case {
    const char* what;
    ByteRange range;
    HttpServerAnswer answer;
    const char* text;
  };
  const ByteRange whole{0, 300'000};
  const ByteRange tail{100, 299'900};
  const Case cases[] = {
      {"longer", whole, longer, "another part"},
      {"longer, of unknown length", whole, chunked_longer, "longer than announced"},
      {"shorter", whole, shorter, "another part"},
      {"206 for the whole", whole, true_answer(100), "status 206"},
      {"200 for a range", tail, ignored_range, "status 200"},
      {"another range", tail, with_header(206, "Content-Range", "bytes 0-299899/300000"),
       "another part"},
      {"a range of another object", tail, with_header(206, "Content-Range", "bytes 100-299999/7"),
       "another part"},
      {"a range without its extent", tail, with_header(206, "x-other", ""), "another part"},
      {"deleted meanwhile", whole, refusal_with(404, "NoSuchKey"), "deleted or replaced"},
      {"replaced meanwhile", whole, refusal_with(412, "PreconditionFailed"), "deleted or replaced"},
  };
  for (const auto& [what, range, answer, text] : cases) {
    SCOPED_TRACE(what);
    s3.faults.clear();
    s3.fail({"GET", key(), answer, false, 99});
    expect_error(read(range), ErrorCode::unavailable, text);
  }
  s3.faults.clear();
  s3.fail({"GET", key(), refusal_with(403, "AccessDenied"), false, 1});
  expect_error(read(whole), ErrorCode::io, "AccessDenied");
}

TEST_F(S3ReadTest, a_body_of_unknown_length_that_ends_early_is_gone_on_with) {
  auto shorter = true_answer();
  shorter.body.resize(150'000);
  shorter.chunked = true;
  s3.fail({"GET", key(), shorter, false, 1});
  const auto read_back = read_whole();
  ASSERT_TRUE(read_back.ok()) << read_back.error().describe();
  EXPECT_TRUE(*read_back == payload);
}

TEST_F(S3ReadTest, flipped_bits_are_found_before_the_last_piece_is_given_out) {
  for (const std::size_t at : {0UL, 150'000UL, 299'999UL}) {
    auto flipped = true_answer();
    flipped.body[at] ^= 1;
    s3.fail({"GET", key(), flipped, false, 1});
    expect_error(read_whole(), ErrorCode::corrupt, "checksum");
  }
}

TEST_F(S3ReadTest, where_the_store_tells_no_checksum_there_is_none_to_compare) {
  s3.tells_checksums = false;
  EXPECT_TRUE(read_whole().value() == payload);
}

TEST_F(S3ReadTest, an_absent_object_is_no_error_but_an_absent_bucket_is) {
  s3.objects.clear();
  const auto absent = finish(store->open(name));
  ASSERT_TRUE(absent.ok());
  EXPECT_EQ(*absent, nullptr);

  store.reset();
  renew();  // one that has not seen the bucket
  s3.bucket_exists = false;
  const auto nowhere = finish(store->open(name));
  ASSERT_FALSE(nowhere.ok());
  EXPECT_THAT(nowhere.error().describe(), HasSubstr("no bucket `bucket`"));
}

}  // namespace
}  // namespace objectstore::s3_test
