#include "model/metadata.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace objectstore {
namespace {

using namespace std::literals;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::string_view golden =
    R"({"expiration_policy":{"TimeToLive":{"secs":3600,"nanos":0}},)"
    R"("time_created":{"secs_since_epoch":1776692220,"nanos_since_epoch":123456789},)"
    R"("time_expires":{"secs_since_epoch":1776695820,"nanos_since_epoch":123456789},)"
    R"("content_type":"text/plain","compression":"Zstd","size":5,"custom":{"build-id":"9001"}})";

Metadata golden_metadata() {
  Metadata metadata;
  metadata.expiration = {ExpirationKind::time_to_live, {3600, 0}};
  metadata.time_created = WallTime(seconds(1'776'692'220) + nanoseconds(123'456'789));
  metadata.time_expires = *metadata.time_created + seconds(3600);
  metadata.content_type = "text/plain";
  metadata.compression = Compression::zstd;
  metadata.size = 5;
  metadata.custom = {{"build-id", "9001"}};
  return metadata;
}

TEST(Metadata, json_of_the_format_page) {
  EXPECT_EQ(to_json(golden_metadata()), golden);
  const auto read = metadata_from_json(golden);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, golden_metadata());
}

TEST(Metadata, unset_members_are_left_out) {
  EXPECT_EQ(to_json(Metadata{}), R"({"content_type":"application/octet-stream"})");
}

TEST(Metadata, text_members_are_escaped_and_in_order) {
  Metadata metadata;
  metadata.expiration = {ExpirationKind::time_to_idle, {1, 5}};
  metadata.origin = "a\"b\\c\t";
  metadata.filename = "";
  metadata.custom = {{"z", "\xc3\xa9"}, {"", "\x01"}, {"a", "bad \xff"}};
  EXPECT_EQ(to_json(metadata),
            R"({"expiration_policy":{"TimeToIdle":{"secs":1,"nanos":5}},)"
            R"("content_type":"application/octet-stream","origin":"a\"b\\c\t","filename":"",)"
            "\"custom\":{\"\":\"\\u0001\",\"a\":\"bad \xef\xbf\xbd\",\"z\":\"\xc3\xa9\"}}");
}

TEST(Metadata, reading_is_lenient_about_missing_null_and_unknown_members) {
  for (const auto json :
       {R"({})"sv, R"({"expiration_policy":"Manual"})"sv, R"({"later":{"deep":[1]},"size":null})"sv,
        R"({"time_created":null,"time_expires":null,"compression":null,"origin":null})"sv,
        R"( { "filename" : null , "custom" : { } } )"sv}) {
    const auto read = metadata_from_json(json);
    ASSERT_TRUE(read.ok()) << json;
    EXPECT_EQ(*read, Metadata{}) << json;
  }
}

TEST(Metadata, times_beyond_the_clock_are_read_as_its_end) {
  for (const auto* secs : {"9223372037", "253402300799", "18446744073709551615"}) {
    const auto read = metadata_from_json(R"({"time_expires":{"secs_since_epoch":)"s + secs +
                                         R"(,"nanos_since_epoch":0}})");
    ASSERT_TRUE(read.ok()) << secs;
    EXPECT_EQ(read->time_expires, WallTime::max()) << secs;
  }
}

TEST(Metadata, other_json_is_corrupt) {
  for (const auto json : {
           ""sv,
           "null"sv,
           "[]"sv,
           "{"sv,
           "{} x"sv,
           "{}\0"sv,
           "{} \0x"sv,
           "{\"content_type\":\"\xff\"}"sv,
           R"({"content_type":null})"sv,
           R"({"content_type":1})"sv,
           R"({"expiration_policy":"manual"})"sv,
           R"({"expiration_policy":null})"sv,
           R"({"expiration_policy":{}})"sv,
           R"({"expiration_policy":{"TimeToLive":3600}})"sv,
           R"({"expiration_policy":{"TimeToLive":{"secs":1}}})"sv,
           R"({"expiration_policy":{"TimeToLive":{"nanos":1}}})"sv,
           R"({"expiration_policy":{"TimeToLive":{"secs":-1,"nanos":0}}})"sv,
           R"({"expiration_policy":{"TimeToLive":{"secs":1.5,"nanos":0}}})"sv,
           R"({"expiration_policy":{"TimeToLive":{"secs":1,"nanos":1000000000}}})"sv,
           R"({"expiration_policy":{"TimeToDie":{"secs":1,"nanos":0}}})"sv,
           R"({"expiration_policy":{"TimeToLive":{"secs":1,"nanos":0},"TimeToIdle":{}}})"sv,
           R"({"time_created":1})"sv,
           R"({"time_created":{}})"sv,
           R"({"time_created":{"secs_since_epoch":"1","nanos_since_epoch":0}})"sv,
           R"({"time_created":{"secs_since_epoch":1,"nanos_since_epoch":-1}})"sv,
           R"({"time_created":{"secs_since_epoch":-9223372036854775808,"nanos_since_epoch":0}})"sv,
           R"({"time_expires":{"secs_since_epoch":1,"nanos_since_epoch":1000000000}})"sv,
           R"({"compression":"zstd"})"sv,
           R"({"compression":1})"sv,
           R"({"origin":1})"sv,
           R"({"filename":[]})"sv,
           R"({"size":-1})"sv,
           R"({"size":"5"})"sv,
           R"({"size":5.0})"sv,
           R"({"custom":null})"sv,
           R"({"custom":{"a":1}})"sv,
       }) {
    const auto read = metadata_from_json(json);
    ASSERT_FALSE(read.ok()) << json;
    EXPECT_EQ(read.error().code(), ErrorCode::corrupt) << json;
  }
}

TEST(Metadata, redirect_policies) {
  const std::pair<ExpirationPolicy, std::string> cases[] = {
      {{}, "{}"},
      {{ExpirationKind::time_to_live, {3600, 0}},
       R"({"expiration_policy":{"TimeToLive":{"secs":3600,"nanos":0}}})"},
      {{ExpirationKind::time_to_idle, {UINT64_MAX, 7}},
       R"({"expiration_policy":{"TimeToIdle":{"secs":18446744073709551615,"nanos":7}}})"},
  };
  for (const auto& [policy, json] : cases) {
    EXPECT_EQ(redirect_policy_json(policy), json);
    const auto read = redirect_policy_from_json(json);
    ASSERT_TRUE(read.ok()) << json;
    EXPECT_EQ(*read, policy) << json;
  }
  EXPECT_EQ(
      *redirect_policy_from_json(R"({"is_redirect_tombstone":true,"expiration_policy":"Manual"})"),
      ExpirationPolicy{});
  EXPECT_EQ(redirect_policy_from_json("").error().code(), ErrorCode::corrupt);
  EXPECT_EQ(redirect_policy_from_json(R"({"expiration_policy":3})").error().code(),
            ErrorCode::corrupt);
}

TEST(Metadata, expired_means_a_policy_and_a_deadline_before_now) {
  const WallTime now{seconds(100)};
  const ExpirationPolicy idle{ExpirationKind::time_to_idle, {1, 0}};
  EXPECT_TRUE(is_expired(idle, now - nanoseconds(1), now));
  EXPECT_FALSE(is_expired(idle, now, now));
  EXPECT_FALSE(is_expired(idle, std::nullopt, now));
  EXPECT_FALSE(is_expired({}, now - nanoseconds(1), now));
}

template <class T>
std::optional<T> any_optional(rc::Gen<T> gen) {
  if (!*rc::gen::arbitrary<bool>()) return std::nullopt;
  return *gen;
}

RC_GTEST_PROP(Metadata, json_round_trip, ()) {
  const auto ascii =
      rc::gen::container<std::string>(rc::gen::inRange<char>(0, std::numeric_limits<char>::max()));
  const auto any_time = rc::gen::map(rc::gen::arbitrary<std::int64_t>(),
                                     [](std::int64_t time) { return WallTime(nanoseconds(time)); });
  Metadata metadata;
  metadata.expiration.kind = *rc::gen::element(ExpirationKind::manual, ExpirationKind::time_to_live,
                                               ExpirationKind::time_to_idle);
  if (metadata.expiration.kind != ExpirationKind::manual) {
    metadata.expiration.duration = {*rc::gen::arbitrary<std::uint64_t>(),
                                    *rc::gen::inRange<std::uint32_t>(0, 1'000'000'000)};
  }
  metadata.time_created = any_optional<WallTime>(any_time);
  metadata.time_expires = any_optional<WallTime>(any_time);
  metadata.content_type = *ascii;
  metadata.compression = any_optional<Compression>(rc::gen::just(Compression::zstd));
  metadata.origin = any_optional<std::string>(ascii);
  metadata.filename = any_optional<std::string>(ascii);
  metadata.size = any_optional<std::uint64_t>(rc::gen::arbitrary<std::uint64_t>());
  metadata.custom = *rc::gen::container<std::map<std::string, std::string>>(ascii, ascii);
  const auto read = metadata_from_json(to_json(metadata));
  RC_ASSERT(read.ok());
  RC_ASSERT(*read == metadata);
}

}  // namespace
}  // namespace objectstore
