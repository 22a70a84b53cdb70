#include "telemetry/statsd_encoder.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace objectstore {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const WallTime at = from_unix_ms(1'700'000'000'999);
const std::vector<std::string> tag_names = {"usecase", "success"};

TEST(StatsdEncoderTest, each_kind_has_its_line) {
  const StatsdTags global = {{"env", "prod"}, {"region", "eu"}};
  const std::vector<std::string> values = {"u", "true"};
  const std::vector<std::string> late_is_missing = {"u", ""};
  const std::vector<double> many = {0.25, 1, 1e-7, 1048576};
  const StatsdSeries tagged{"o.put", tag_names, values};

  StatsdEncoder encoder(1432, global);
  encoder.counter({"o.start"}, 1, at);
  encoder.counter(tagged, 18446744073709551615ULL, at);
  encoder.gauge({"o.g", tag_names, late_is_missing}, -0.5, at);
  encoder.distribution(tagged, many, 4);
  encoder.distribution({"o.get"}, many, 16);
  EXPECT_THAT(
      encoder.take_payloads(),
      ElementsAre("o.start:1|c|#env:prod,region:eu|T1700000000\n"
                  "o.put:18446744073709551615|c|#usecase:u,success:true,env:prod,region:eu"
                  "|T1700000000\n"
                  "o.g:-0.5|g|#usecase:u,env:prod,region:eu|T1700000000\n"
                  "o.put:0.25:1:1e-07:1048576|d|#usecase:u,success:true,env:prod,region:eu\n"
                  "o.get:0.25:1:1e-07:1048576|d|@0.25|#env:prod,region:eu\n"));
  EXPECT_EQ(encoder.points(), 11U);
  EXPECT_EQ(encoder.dropped(), 0U);
}

TEST(StatsdEncoderTest, without_tags_there_is_no_section_of_them) {
  StatsdEncoder encoder(1432, {});
  encoder.counter({"a"}, 2, at);
  encoder.distribution({"b"}, std::vector<double>{3}, 1);
  EXPECT_THAT(encoder.take_payloads(), ElementsAre("a:2|c|T1700000000\nb:3|d\n"));
}

TEST(StatsdEncoderTest, no_value_of_a_tag_ends_its_tag_or_line) {
  struct Case {
    const char* value;
    const char* sent;
  };
  for (const auto& c :
       {Case{"a,b", "a_b"}, Case{"a|c", "a_c"}, Case{"a\nb:1|c", "a_b:1_c"}, Case{"#x", "_x"},
        Case{"a:b/c d", "a:b/c d"}, Case{"\x01\x7f", "__"}, Case{"é", "é"}})
    EXPECT_EQ(statsd_tag_text(c.value), c.sent);
}

TEST(StatsdEncoderTest, values_that_are_no_numbers_are_dropped) {
  const double infinity = std::numeric_limits<double>::infinity();
  StatsdEncoder encoder(1432, {});
  encoder.gauge({"g"}, std::nan(""), at);
  encoder.distribution({"d"}, std::vector<double>{infinity, 2, -infinity}, 3);
  encoder.distribution({"none"}, std::vector<double>{infinity}, 1);
  encoder.distribution({"empty"}, std::vector<double>{}, 0);
  EXPECT_THAT(encoder.take_payloads(), ElementsAre("d:2|d\n"));
  EXPECT_EQ(encoder.dropped(), 4U);
}

TEST(StatsdEncoderTest, a_line_that_no_payload_holds_is_dropped) {
  StatsdEncoder encoder(16, {});
  encoder.counter({"quite.a.long.name"}, 1, at);
  EXPECT_THAT(encoder.take_payloads(), IsEmpty());
  EXPECT_EQ(encoder.dropped(), 1U);
}

TEST(StatsdEncoderTest, payloads_are_taken_once) {
  StatsdEncoder encoder(100, {});
  encoder.counter({"a"}, 1, at);
  EXPECT_THAT(encoder.take_payloads(), SizeIs(1));
  EXPECT_THAT(encoder.take_payloads(), IsEmpty());
}

std::vector<std::string> lines_of(const std::vector<std::string>& payloads, std::size_t limit) {
  std::vector<std::string> lines;
  for (const auto& payload : payloads) {
    EXPECT_LE(payload.size(), limit);
    EXPECT_TRUE(payload.ends_with('\n'));
    std::size_t from = 0;
    for (auto end = payload.find('\n'); end != std::string::npos; end = payload.find('\n', from)) {
      lines.push_back(payload.substr(from, end - from));
      from = end + 1;
    }
  }
  return lines;
}

// The values of `name:v1:v2|d…`.
std::vector<double> values_of(const std::string& line) {
  std::vector<double> values;
  auto text = line.substr(0, line.find("|d"));
  for (auto colon = text.find(':'); colon != std::string::npos; colon = text.find(':')) {
    text = text.substr(colon + 1);
    values.push_back(std::stod(text));
  }
  return values;
}

TEST(StatsdEncoderTest, payloads_keep_their_limit_and_lose_nothing) {
  std::mt19937 random(7);
  for (const std::size_t limit : {256U, 300U, 1432U, 8192U}) {
    StatsdEncoder encoder(limit, {{"env", "test"}});
    std::vector<double> sent;
    std::size_t counters = 0;
    for (int i = 0; i < 200; ++i) {
      std::vector<double> values(random() % 300);
      for (auto& value : values)
        value = static_cast<double>(random()) / 1000;
      encoder.distribution({"d"}, values, values.size() * 2);
      sent.insert(sent.end(), values.begin(), values.end());
      encoder.counter({"c"}, random(), at);
      ++counters;
    }
    std::vector<double> received;
    for (const auto& line : lines_of(encoder.take_payloads(), limit)) {
      if (line.starts_with("c:")) {
        --counters;
        continue;
      }
      EXPECT_TRUE(line.ends_with("|d|@0.5|#env:test")) << line;
      const auto values = values_of(line);
      received.insert(received.end(), values.begin(), values.end());
    }
    EXPECT_EQ(received, sent) << limit;
    EXPECT_EQ(counters, 0U);
    EXPECT_EQ(encoder.dropped(), 0U);
  }
}

}  // namespace
}  // namespace objectstore
