#include "auth/presigned_url.h"

#include <gtest/gtest.h>

#include "auth/test_support.h"
#include "base/digests.h"

namespace objectstore {
namespace {

using testing::Signer;
using testing::vector_path;
using testing::vector_rings;
using testing::vector_seed;

constexpr std::string_view vector_query =
    "os_kid=relay&os_timestamp=2026-04-20T13:37:00Z&os_duration=3600";
// 2026-04-20T13:37:00Z
constexpr WallTime signed_at{std::chrono::seconds(1'776'692'220)};

std::string signature_of(std::string_view method, std::string_view path, std::string_view query) {
  return base64url_encode(Signer(vector_seed).sign(canonical_request(method, path, query)));
}
std::string with_signature(std::string_view query) {
  return std::string(query) + "&os_sig=" + signature_of("GET", vector_path, query);
}

// "ok", or kind and cause.
std::string outcome(std::string_view query, WallTime now = signed_at,
                    std::string_view method = "GET", const KeyRings& keys = vector_rings(),
                    std::string_view path = vector_path) {
  const PresentedCredential shown{method, path, query, std::nullopt, std::nullopt};
  const auto failure = refuse_presigned_url(shown, keys, now);
  if (!failure) return "ok";
  EXPECT_EQ(failure->causes.size(), 1U);
  return std::string(to_string(failure->kind)) + ": " + failure->causes.front();
}

const std::string bad_method =
    "unsupported_presigned_method: presigned URLs are not supported for this method";
const std::string bad_parameters =
    "bad_request: bad request: presigned URL has missing or invalid parameters";
const std::string too_long =
    "bad_request: bad request: presigned URL validity exceeds the maximum of 1 week";
const std::string unverified = "verification_failure: failed to verify token";
const std::string unknown = "unknown_key: unknown key";
const std::string denied = "not_permitted: operation not allowed";

TEST(PresignedUrl, the_first_vector_is_made_and_read) {
  const auto canonical = canonical_request("GET", vector_path, vector_query);
  EXPECT_EQ(canonical, "GET\n" + std::string(vector_path) +
                           "\nos_duration=3600&os_kid=relay&os_timestamp=2026-04-20T13:37:00Z");
  EXPECT_EQ(hex_encode(digest_of(Digest::Kind::sha256, canonical)),
            "24c08180b30701ca250e5339d3a8c02c290363fee2e67f2e153499614f83a90a");
  const std::string signature =
      "PIsVchNv0b_EpiPvdz8dbDiTvHL4N4Gf4uF3U9J3iTMtP8UcQY6eufhNvMynBuJpa_d0ynHXPCqaEvyf1BSTBA";
  EXPECT_EQ(signature_of("GET", vector_path, vector_query), signature);
  EXPECT_EQ(outcome(std::string(vector_query) + "&os_sig=" + signature), "ok");
  EXPECT_EQ(outcome(std::string(vector_query) + "&os_sig=" + signature, signed_at, "HEAD"), "ok");
}

TEST(PresignedUrl, the_second_vector_folds_and_sorts) {
  constexpr std::string_view query =
      "OS_KID=relay&z=1&Z=0&flag&os_timestamp=2026-04-20T13:37:00Z&os_duration=3600";
  const auto canonical = canonical_request("HEAD", vector_path, query);
  EXPECT_EQ(canonical,
            "GET\n" + std::string(vector_path) +
                "\nflag&os_duration=3600&os_kid=relay&os_timestamp=2026-04-20T13:37:00Z&z=0&z=1");
  EXPECT_EQ(hex_encode(digest_of(Digest::Kind::sha256, canonical)),
            "00b54d1e63d174a15ece1b8986bcab65f03c0b9da05bf740fb3dff85bf1f7dea");
  const std::string signature =
      "OgH1qfLc0ndFaH-QazCGx7Cmf2Lkv0UF4Mc-42G0lqo-pg7RCBkoz_sXP-JVMT6_bXxR71IEl_y-VBKszIZICw";
  EXPECT_EQ(signature_of("HEAD", vector_path, query), signature);
  EXPECT_EQ(outcome(std::string(query) + "&os_sig=" + signature), bad_parameters);
}

TEST(PresignedUrl, canonical_queries) {
  struct Case {
    std::string_view query;
    std::string_view canonical;
  };
  const Case cases[] = {
      {"", ""},
      {"&&", ""},
      {"os_sig=x", ""},
      {"OS_Sig=x&os_sig&oS_SIG=", ""},
      {"b&&a&", "a&b"},
      {"A=B=C", "a=B=C"},
      {"FLAG", "flag"},
      {"K%2D=V%2d", "k%2d=V%2d"},
      {"a=2&a=1&a=1", "a=1&a=1&a=2"},
      {"a=1&a&a-=1", "a&a-=1&a=1"},
      {"os%5Fsig=x", "os%5fsig=x"},
      {"os_sig2=x", "os_sig2=x"},
      {"=x&=", "=&=x"},
      {"a=\xff&a=z", "a=z&a=\xff"},
  };
  for (const auto& row : cases) {
    EXPECT_EQ(canonical_request("GET", "/p", row.query), "GET\n/p\n" + std::string(row.canonical))
        << row.query;
  }
  EXPECT_EQ(canonical_request("HEAD", "/a%2fB/../", ""), "GET\n/a%2fB/../\n");
}

TEST(PresignedUrl, the_first_failing_step_decides) {
  const std::string good(vector_query);
  const std::string time = "os_timestamp=2026-04-20T13:37:00Z";
  const auto query = [](const std::string& kid, const std::string& timestamp,
                        const std::string& duration) {
    return "os_kid=" + kid + "&os_timestamp=" + timestamp + "&os_duration=" + duration;
  };
  const std::string now = "2026-04-20T13:37:00Z";
  struct Case {
    std::string query;
    std::string expected;
  };
  const Case cases[] = {
      {with_signature(good), "ok"},
      // each once
      {"os_sig=x", bad_parameters},
      {with_signature(time + "&os_duration=3600"), bad_parameters},
      {with_signature("os_kid=relay&os_duration=3600"), bad_parameters},
      {with_signature("os_kid=relay&" + time), bad_parameters},
      {good, bad_parameters},
      {with_signature(good + "&os_kid=relay"), bad_parameters},
      {with_signature(good + "&os%5Fkid=relay"), bad_parameters},
      {with_signature(good + "&" + time), bad_parameters},
      {with_signature(good + "&os_duration=3600"), bad_parameters},
      {with_signature(good) + "&os_sig=x", bad_parameters},
      {with_signature(good + "&os%5Fsig=x"), bad_parameters},
      {with_signature("OS_KID=relay&" + time + "&os_duration=3600"), bad_parameters},
      // well-formed
      {with_signature(query("relay", "", "3600")), bad_parameters},
      {with_signature(query("relay", "1776692220", "3600")), bad_parameters},
      {with_signature(query("relay", "2026-04-20T13:37:00%2B02:00", "3600")), bad_parameters},
      {with_signature(query("relay", "2026-04-20T13:37:00+00:00", "3600")), bad_parameters},
      {with_signature(query("relay", now, "")), bad_parameters},
      {with_signature(query("relay", now, "-1")), bad_parameters},
      {with_signature(query("relay", now, "%2B1")), bad_parameters},
      {with_signature(query("relay", now, "1.5")), bad_parameters},
      {with_signature(query("relay", now, "1h")), bad_parameters},
      {with_signature(query("relay", now, "+1")), bad_parameters},
      {with_signature(query("relay", now, "18446744073709551616")), bad_parameters},
      // before the key, the key before the duration, that before the time
      {with_signature(query("other", "x", "3600")), bad_parameters},
      {with_signature(query("other", now, "604801")), unknown},
      {with_signature(query("", now, "3600")), unknown},
      {with_signature(query("Relay", now, "3600")), unknown},
      {with_signature(query("relay", "1999-01-01T00:00:00Z", "604801")), too_long},
      {with_signature(query("relay", now, "604801")), too_long},
      {with_signature(query("relay", now, "18446744073709551615")), too_long},
      {with_signature(query("relay", now, "604800")), "ok"},
      {with_signature(query("relay", now, "0")), "ok"},
      {with_signature(query("relay", now, "007")), "ok"},
      // forms that are read the same
      {with_signature(query("%72elay", now, "3600")), "ok"},
      {with_signature(query("relay", "2026-04-20+13:37:00", "3600")), "ok"},
      {with_signature(query("relay", "2026-04-20%2013%3A37%3A00.5%2B00:00", "3600")), "ok"},
      {with_signature("&&x&" + good + "&x=1&OS_Sig=2"), "ok"},
      // the signature
      {good + "&os_sig", unverified},
      {good + "&os_sig=", unverified},
      {good + "&os_sig=!!!", unverified},
      {with_signature(good) + "=", unverified},
      {with_signature(good) + "A", unverified},
      {with_signature(good) + "&more=1", unverified},
      {"more&" + with_signature(good), unverified},
      {with_signature(query("relay", now, "3600")).replace(0, 6, "os_KID"), bad_parameters},
      {good + "&os_sig=" + signature_of("GET", "/other", good), unverified},
      {good + "&os_sig=" + signature_of("PUT", vector_path, good), unverified},
      {good + "&os_sig=" +
           base64url_encode(Signer('x').sign(canonical_request("GET", vector_path, good))),
       unverified},
      {good + "&os_sig=" + base64url_encode(std::string(64, '\0')), unverified},
  };
  for (const auto& row : cases)
    EXPECT_EQ(outcome(row.query), row.expected) << row.query;
}

TEST(PresignedUrl, only_reading_methods_have_one) {
  for (const std::string_view method : {"PUT", "POST", "DELETE", "PATCH", "OPTIONS", "get", ""})
    EXPECT_EQ(outcome("os_sig=x", signed_at, method), bad_method) << method;
}

TEST(PresignedUrl, it_holds_from_a_minute_before_until_its_duration_is_over) {
  const auto query = with_signature(vector_query);
  using std::chrono::nanoseconds;
  using std::chrono::seconds;
  EXPECT_EQ(outcome(query, signed_at - seconds(60)), "ok");
  EXPECT_EQ(outcome(query, signed_at - seconds(60) - nanoseconds(1)), unverified);
  EXPECT_EQ(outcome(query, signed_at + seconds(3600)), "ok");
  EXPECT_EQ(outcome(query, signed_at + seconds(3600) + nanoseconds(1)), unverified);
  EXPECT_EQ(outcome(query, WallTime()), unverified);
  const auto far = with_signature("os_kid=relay&os_timestamp=9999-12-31T23:59:59Z&os_duration=1");
  EXPECT_EQ(outcome(far, signed_at), unverified);
}

TEST(PresignedUrl, the_path_is_signed_as_it_stands) {
  const auto query = with_signature(vector_query);
  for (const std::string_view path :
       {"/v1/objects/attachments/org=17;project=42/reports/caf%c3%a9%20%231.txt",
        "/v1/objects/attachments/org=17;project=42/reports/caf\xc3\xa9%20%231.txt",
        "/v1/objects/attachments/org=17%3Bproject=42/reports/caf%C3%A9%20%231.txt"}) {
    EXPECT_EQ(outcome(query, signed_at, "GET", vector_rings(), path), unverified) << path;
  }
}

TEST(PresignedUrl, the_key_must_be_allowed_to_read) {
  const auto query = with_signature(vector_query);
  EXPECT_EQ(outcome(query, signed_at, "GET", vector_rings({Permission::object_read})), "ok");
  EXPECT_EQ(outcome(query, signed_at, "GET", vector_rings({})), denied);
  EXPECT_EQ(outcome(query, signed_at, "GET",
                    vector_rings({Permission::object_write, Permission::object_delete})),
            denied);
  // Not told to who has no signature.
  EXPECT_EQ(outcome(query + "A", signed_at, "GET", vector_rings({})), unverified);
}

TEST(PresignedUrl, all_versions_of_a_key_are_tried) {
  auto keys = vector_rings();
  auto& versions = keys["relay"].versions;
  versions.insert(versions.begin(), Signer('n').public_key());
  EXPECT_EQ(outcome(with_signature(vector_query), signed_at, "GET", keys), "ok");
  versions.clear();
  EXPECT_EQ(outcome(with_signature(vector_query), signed_at, "GET", keys), unverified);
}

TEST(PresignedUrl, times_of_signing) {
  using std::chrono::milliseconds;
  using std::chrono::nanoseconds;
  struct Case {
    std::string text;
    std::optional<WallTime> expected;
  };
  const Case cases[] = {
      {"2026-04-20T13:37:00Z", signed_at},
      {"2026-04-20 13:37:00Z", signed_at},
      {"2026-04-20T13:37:00", signed_at},
      {"2026-04-20 13:37:00", signed_at},
      {"2026-04-20T13:37:00+00:00", signed_at},
      {"2026-04-20 13:37:00+00:00", signed_at},
      {"2026-04-20T13:37:00.5Z", signed_at + milliseconds(500)},
      {"2026-04-20T13:37:00.5", signed_at + milliseconds(500)},
      {"2026-04-20T13:37:00.500000+00:00", signed_at + milliseconds(500)},
      {"2026-04-20T13:37:00.123456789999Z", signed_at + nanoseconds(123'456'789)},
      {"1970-01-01T00:00:00Z", WallTime()},
      {"", std::nullopt},
      {"Z", std::nullopt},
      {"2026-04-20", std::nullopt},
      {"2026-04-20T13:37Z", std::nullopt},
      {"2026-04-20t13:37:00Z", std::nullopt},
      {"2026-04-20T13:37:00z", std::nullopt},
      {"2026-04-20_13:37:00Z", std::nullopt},
      {"2026-04-20  13:37:00Z", std::nullopt},
      {"2026-04-20T13:37:00 Z", std::nullopt},
      {"2026-04-20T13:37:00.Z", std::nullopt},
      {"2026-04-20T13:37:00.", std::nullopt},
      {"2026-04-20T13:37:00-00:00", std::nullopt},
      {"2026-04-20T13:37:00+02:00", std::nullopt},
      {"2026-04-20T13:37:00 00:00", std::nullopt},
      {"2026-04-20T13:37:00+0000", std::nullopt},
      {"2026-04-20T13:37:00+00:00Z", std::nullopt},
      {"2026-04-20T13:37:00Z+00:00", std::nullopt},
      {"2026-04-20T13:37:00ZZ", std::nullopt},
      {"2026-04-20T13:37:00+00:00+00:00", std::nullopt},
      {" 2026-04-20T13:37:00Z", std::nullopt},
      {"2026-02-30T13:37:00Z", std::nullopt},
      {"2026-13-20T13:37:00Z", std::nullopt},
      {"2026-04-20T24:00:00Z", std::nullopt},
      {"1969-12-31T23:59:59Z", std::nullopt},
      {"+2026-04-20T13:37:00Z", std::nullopt},
  };
  for (const auto& row : cases)
    EXPECT_EQ(parse_signing_time(row.text), row.expected) << row.text;
}

}  // namespace
}  // namespace objectstore
