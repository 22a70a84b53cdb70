// How a batch runs: what is at work at once, what is held in memory, and how it ends.
#include <algorithm>

#include "base/percent.h"
#include "http/batch.h"
#include "http/batch_test_support.h"
#include "testing/some_bytes.h"

namespace objectstore::http_test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t mebibyte = std::size_t{1} << 20;

ServiceOptions with_places(std::uint32_t places) {
  ServiceOptions options;
  options.concurrency.max_concurrency = places;
  options.concurrency.bulk_concurrency_pct = 100;
  return options;
}

TEST(BatchFlow, answers_in_the_order_in_which_operations_end) {
  Event first;
  TestBatch batch;
  batch.store.gates["a"] = &first;
  batch.body.feed(encoded({asked("insert", "a", "1"), asked("insert", "b", "2")}));
  batch.body.end();
  batch.read();
  EXPECT_NE(batch.received.find("index: 1\r\n"), std::string::npos);
  EXPECT_EQ(batch.received.find("index: 0\r\n"), std::string::npos);
  EXPECT_FALSE(batch.ended);
  first.set();
  batch.read();
  EXPECT_TRUE(batch.ended);
  EXPECT_EQ(batch.answers().size(), 2U);
}

TEST(BatchFlow, answers_while_the_request_is_still_sent) {
  TestBatch batch;
  batch.body.feed(encoded_part(asked("insert", "a", "1")) + "--XX\r");
  batch.read();
  EXPECT_EQ(batch.received, "") << "the delimiter's line is not complete";
  batch.body.feed("\nx-sn-batch-");
  batch.read();
  EXPECT_NE(batch.received.find("201 Created"), std::string::npos);
  EXPECT_EQ(batch.stored("a"), "1");
  EXPECT_FALSE(batch.ended);
}

TEST(BatchFlow, joins_small_answers) {
  std::vector<AskedPart> parts;
  parts.reserve(1000);
  for (int i = 0; i < 1000; ++i)
    parts.push_back(asked("insert", std::to_string(i), std::string(100, 'x')));
  TestBatch batch;
  EXPECT_EQ(batch.answers_to(encoded(parts)).size(), 1000U);
  EXPECT_LT(batch.pieces, 10U);
}

TEST(BatchFlow, runs_no_more_at_once_than_the_bulk_share) {
  ServiceOptions options;
  options.concurrency.max_concurrency = 10;
  options.concurrency.bulk_concurrency_pct = 25;
  Event gate;
  TestBatch batch(options);
  std::vector<AskedPart> parts;
  for (int i = 0; i < 20; ++i) {
    const auto key = std::to_string(i);
    batch.store.gates[key] = &gate;
    parts.push_back(asked("insert", key, "v"));
  }
  batch.body.feed(encoded(parts));
  batch.body.end();
  batch.read();
  EXPECT_EQ(batch.store.running, 3U);
  gate.set();
  batch.read();
  EXPECT_TRUE(batch.ended);
  EXPECT_EQ(batch.store.most_running, 3U);
  EXPECT_EQ(batch.answers().size(), 20U);
}

TEST(BatchFlow, refuses_what_finds_no_place_in_time_and_goes_on) {
  Event gate;
  TestBatch batch(with_places(1));
  batch.store.gates["a"] = &gate;
  batch.body.feed(encoded({asked("insert", "a"), asked("insert", "b"), asked("get", "c"),
                           asked("insert", "after", "x")}));
  batch.body.end();
  batch.read();
  for (const char* index : {"1", "2"}) {
    batch.clock.advance(1s);
    batch.read();
    EXPECT_NE(batch.received.find("index: " + std::string(index) + "\r\n"), std::string::npos);
  }
  gate.set();
  batch.read();
  ASSERT_TRUE(batch.ended);
  const auto answers = batch.answers();
  ASSERT_EQ(answers.size(), 4U);
  for (const std::size_t refused : {1U, 2U}) {
    EXPECT_EQ(answers.at(refused).status(), "429 Too Many Requests");
    EXPECT_EQ(answers.at(refused).body, R"({"detail":"service error: concurrency limit reached",)"
                                        R"("causes":["concurrency limit reached"]})");
  }
  EXPECT_EQ(answers.at(0).status(), "201 Created");
  EXPECT_EQ(answers.at(3).status(), "201 Created");
  EXPECT_EQ(batch.stored("b"), "(absent)");
}

// Holds no more payloads than places, and one: the request is read on only then.
TEST(BatchFlow, reads_no_payload_ahead_of_the_places) {
  Event gate;
  TestBatch batch(with_places(2));
  for (int i = 0; i < 10; ++i) {
    batch.store.gates[std::to_string(i)] = &gate;
    batch.body.feed(encoded_part(asked("insert", std::to_string(i), std::string(1000, 'x'))));
  }
  batch.body.feed("--XX--");
  batch.body.end();
  batch.read();
  // Two run; the third is known to be whole when the fourth begins.
  EXPECT_EQ(batch.store.running, 2U);
  EXPECT_EQ(batch.body.unread(), 11U - 4U);
  gate.set();
  batch.read();
  EXPECT_TRUE(batch.ended);
  EXPECT_EQ(batch.answers().size(), 10U);
}

// A client that sends all of its request before it reads any of the response.
TEST(BatchFlow, reads_all_of_the_request_while_nobody_reads_the_response) {
  TestBatch batch;
  batch.body.feed(encoded_part(asked("get", "nope")) + "--XX");
  ASSERT_FALSE(batch.take());
  batch.body.feed("\r\nx-sn-batch-operation-kind: get\r\nx-sn-batch-operation-key: 0\r\n\r\n\r\n");
  ASSERT_TRUE(batch.take());  // and no more of it for now
  const auto large = testing::some_bytes(mebibyte / 4);
  const auto small = testing::some_bytes(10'000);
  for (int i = 0; i < 400; ++i) {
    batch.keep(std::to_string(i), large);
    batch.body.feed(encoded_part(asked("get", std::to_string(i))));
    batch.body.feed(encoded_part(asked("head", std::to_string(i))));
    batch.body.feed(encoded_part(asked("insert", "new" + std::to_string(i), small)));
  }
  batch.body.feed("--XX--");
  batch.body.end();
  for (int i = 0; i < 100; ++i)
    batch.settle();
  EXPECT_EQ(batch.body.unread(), 0U);
  EXPECT_TRUE(batch.body.end_was_read());
  // The inserts among the first thousand operations.
  EXPECT_EQ(batch.stored("new331"), small);
  // Eight mebibytes of results are held, so thirty-two gets, and the heads between them, have
  // begun.
  const auto reads =
      std::count_if(batch.store.begun.begin(), batch.store.begun.end(),
                    [](const auto& key) { return key.find("new") == std::string::npos; });
  EXPECT_GT(reads, 32);
  EXPECT_LE(reads, 70);

  batch.read();
  ASSERT_TRUE(batch.ended);
  const auto answers = batch.answers();
  ASSERT_EQ(answers.size(), 1202U);
  for (const auto& [index, answer] : answers) {
    if (index < 2) continue;
    const auto kind = (index - 2) % 3;
    EXPECT_EQ(answer.status(), index >= 1000 ? "413 Payload Too Large"
                               : kind == 0   ? "200 OK"
                               : kind == 1   ? "204 No Content"
                                             : "201 Created");
    EXPECT_TRUE(kind != 0 || index >= 1000 || answer.body == large);
  }
}

TEST(BatchFlow, waits_for_the_client_before_it_refuses_parts_without_end) {
  TestBatch batch;
  std::string refused;
  for (int i = 0; i < 10'000; ++i)
    refused += "--XX\r\n\r\n";
  batch.body.feed(refused);
  ASSERT_TRUE(batch.take());
  for (int i = 0; i < 9; ++i)
    batch.body.feed(refused);
  batch.settle();
  EXPECT_GT(batch.body.unread(), 0U);
  batch.body.feed("--XX--");
  batch.body.end();
  batch.read();
  ASSERT_TRUE(batch.ended);
  EXPECT_EQ(batch.answers().size(), 100'000U);
}

// Metadata may take 400 KB a head.
TEST(BatchFlow, holds_few_large_heads) {
  Event gate;
  TestBatch batch(with_places(1000));
  batch.store.gates["k"] = &gate;
  Metadata metadata;
  metadata.custom.emplace("large", std::string(400'000, 'm'));
  batch.keep("k", "x", metadata);
  batch.body.feed(encoded_part(asked("head", "nope")));
  for (int i = 0; i < 900; ++i)
    batch.body.feed(encoded_part(asked("head", "k")));
  batch.body.feed("--XX--");
  batch.body.end();
  ASSERT_TRUE(batch.take());
  for (int i = 0; i < 100; ++i)
    batch.settle();
  EXPECT_TRUE(batch.body.end_was_read());
  EXPECT_EQ(batch.store.running, 127U) << "and room for one answer is taken";
  gate.set();
  for (int i = 0; i < 100; ++i)
    batch.settle();
  EXPECT_LE(batch.store.begun.size(), 130U);
  batch.read();
  ASSERT_TRUE(batch.ended);
  EXPECT_EQ(batch.answers().size(), 901U);
  EXPECT_EQ(batch.store.most_running, 127U);
}

TEST(BatchFlow, streams_a_large_object) {
  TestBatch batch;
  const auto large = testing::some_bytes(5 * mebibyte + 17);
  batch.keep("large", large);
  batch.keep("small", "s");
  batch.store.streamed["large"] = SIZE_MAX;
  const auto answers = batch.answers_to(
      encoded({asked("get", "small"), asked("get", "large"), asked("get", "large")}));
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers.at(0).body, "s");
  EXPECT_EQ(answers.at(1).body, large);
  EXPECT_EQ(answers.at(2).body, large);
  EXPECT_GT(batch.pieces, 160U);
}

TEST(BatchFlow, breaks_off_where_a_payload_fails_in_the_middle) {
  for (const bool too_short : {false, true}) {
    TestBatch batch;
    batch.keep("k", std::string(mebibyte, 'x'));
    batch.store.overstated = too_short ? 1 : 0;
    batch.store.streamed["k"] = too_short ? SIZE_MAX : 700'000;
    batch.body.feed(encoded({asked("get", "k"), asked("insert", "after", "x")}));
    batch.body.end();
    batch.read();
    EXPECT_TRUE(batch.failed);
    EXPECT_FALSE(batch.received.ends_with("--"));
    EXPECT_TRUE(batch.close());
    EXPECT_EQ(batch.stored("after"), "x");
  }
}

// Operations that have begun end; others never begin.
TEST(BatchFlow, ends_what_has_begun_when_the_client_is_gone) {
  Event gate;
  TestBatch batch(with_places(2));
  for (const char* key : {"a", "b", "c", "d"})
    batch.store.gates[key] = &gate;
  batch.body.feed(encoded_part(asked("insert", "first", "x")));
  batch.body.feed(encoded({asked("insert", "a", "1"), asked("insert", "b", "2"),
                           asked("insert", "c", "3"), asked("insert", "d", "4")}));
  ASSERT_TRUE(batch.take());
  batch.settle();
  EXPECT_EQ(batch.store.running, 2U);
  EXPECT_FALSE(batch.close()) << "two operations run";
  batch.body.fail();
  batch.settle();
  EXPECT_EQ(batch.store.running, 2U);
  gate.set();
  EXPECT_TRUE(batch.close());
  EXPECT_EQ(batch.store.running, 0U);
  EXPECT_EQ(batch.stored("a"), "1");
  EXPECT_EQ(batch.stored("b"), "2");
  EXPECT_EQ(batch.stored("c"), "(absent)") << "it waited for a place";
  EXPECT_EQ(batch.stored("d"), "(absent)");
  EXPECT_EQ(batch.concurrency.in_use(), 0U);
}

TEST(BatchFlow, drops_gets_that_wait_for_room_when_the_client_is_gone) {
  TestBatch batch;
  std::vector<AskedPart> parts = {asked("get", "nope")};
  for (int i = 0; i < 100; ++i) {
    batch.keep(std::to_string(i), std::string(mebibyte, 'x'));
    parts.push_back(asked("get", std::to_string(i)));
  }
  batch.body.feed(encoded(parts));
  batch.body.end();
  ASSERT_TRUE(batch.take());
  batch.settle();
  EXPECT_TRUE(batch.close());
  EXPECT_LT(batch.store.begun.size(), 50U);
}

TEST(BatchFlow, begins_no_get_that_arrives_when_the_client_is_gone) {
  TestBatch batch;
  batch.keep("large", std::string(mebibyte, 'x'));
  batch.body.feed(encoded_part(asked("get", "nope")));
  for (int i = 0; i < 100; ++i)
    batch.body.feed(encoded_part(asked("get", "large")));
  ASSERT_TRUE(batch.take());
  batch.settle();
  const auto begun = batch.store.begun.size();
  EXPECT_LT(begun, 50U) << "the others wait for room";
  EXPECT_FALSE(batch.close()) << "a read of the request is under way";
  batch.body.feed(encoded({asked("get", "large"), asked("get", "large")}));
  EXPECT_TRUE(batch.close());
  EXPECT_EQ(batch.store.begun.size(), begun);
}

TEST(BatchFlow, stops_reading_when_it_is_closed) {
  TestBatch batch;
  batch.body.feed(encoded_part(asked("insert", "a")) + encoded_part(asked("insert", "b")));
  ASSERT_TRUE(batch.take());
  EXPECT_FALSE(batch.close()) << "a read of the request is under way";
  batch.body.feed(encoded_part(asked("insert", "c")) + encoded_part(asked("insert", "d")));
  batch.body.feed(encoded({asked("insert", "e")}));
  EXPECT_TRUE(batch.close());
  EXPECT_EQ(batch.store.begun, (std::vector<std::string>{"a"}));
  EXPECT_EQ(batch.body.unread(), 1U);
}

TEST(BatchFlow, does_nothing_where_nobody_asks_for_the_response) {
  TestBatch batch;
  batch.body.feed(encoded({asked("insert", "a")}));
  batch.settle();
  EXPECT_TRUE(batch.close());
  EXPECT_TRUE(batch.store.begun.empty());
}

// The connection stays usable where all of the body was read.
TEST(BatchFlow, reads_what_follows_the_closing_delimiter) {
  TestBatch batch;
  batch.body.feed(encoded({asked("insert", "a")}));
  batch.read();
  EXPECT_TRUE(batch.ended) << "without waiting for it";
  batch.body.feed("\r\nepilogue");
  batch.body.feed("more");
  batch.body.end();
  batch.settle();
  EXPECT_TRUE(batch.body.end_was_read());
  EXPECT_TRUE(batch.close());
}

TEST(BatchFlow, reads_no_epilogue_without_end) {
  TestBatch batch;
  batch.body.feed(encoded({asked("insert", "a")}));
  for (int i = 0; i < 10; ++i)
    batch.body.feed(std::string(10'000, 'e'));
  batch.read();
  EXPECT_TRUE(batch.ended);
  EXPECT_TRUE(batch.close());
  EXPECT_EQ(batch.body.unread(), 3U);
}

// Random batches of operations on keys of their own, against the same operations one by one.
TEST(BatchFlow, does_what_single_operations_do) {
  testing::SeededRandom random(11);
  for (int round = 0; round < 60; ++round) {
    TestBatch batch(with_places(static_cast<std::uint32_t>(1 + random.below(20))));
    std::map<std::string, std::string> model;
    std::vector<AskedPart> parts;
    std::vector<std::pair<std::string, std::string>> expected;  // status, payload
    for (auto count = random.below(60); count > 0; --count) {
      const auto key = "k/" + std::to_string(count) + testing::some_bytes(random.below(3));
      if (!is_utf8(key) || key.find('\0') != std::string::npos) continue;
      if (!random.one_in(3)) {
        model[key] = testing::some_bytes(random.below(40'000));
        batch.keep(key, model[key]);
        if (random.one_in(4)) batch.store.streamed[key] = SIZE_MAX;
      }
      const bool there = model.count(key) > 0;
      const auto encoded_key = percent_encode(key, "");
      switch (random.below(5)) {
        case 0: {
          const auto payload = testing::some_bytes(random.below(20'000));
          parts.push_back(asked("insert", encoded_key, payload));
          expected.emplace_back("201 Created", "");
          model[key] = payload;
          break;
        }
        case 1:
          parts.push_back(asked("delete", encoded_key));
          expected.emplace_back("204 No Content", "");
          model.erase(key);
          break;
        case 2:
          parts.push_back(asked("head", encoded_key));
          expected.emplace_back(there ? "204 No Content" : "404 Not Found", "");
          break;
        case 3:
          parts.push_back(asked("get", encoded_key));
          expected.emplace_back(there ? "200 OK" : "404 Not Found", there ? model[key] : "");
          break;
        default:
          parts.push_back(asked("nonsense", encoded_key, testing::some_bytes(100)));
          expected.emplace_back("400 Bad Request", "");
          break;
      }
    }
    const auto request = encoded(parts);
    for (std::size_t at = 0; at < request.size();) {
      const auto size = 1 + random.below(30'000);
      batch.body.feed(request.substr(at, size));
      at += size;
      if (random.one_in(2)) batch.take();
    }
    batch.body.end();
    batch.read();
    ASSERT_TRUE(batch.ended) << round;
    const auto answers = batch.answers();
    ASSERT_EQ(answers.size(), parts.size()) << round;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      EXPECT_EQ(answers.at(i).status(), expected[i].first);
      const bool error = expected[i].first.starts_with("400");
      EXPECT_TRUE(error || answers.at(i).body == expected[i].second);
      EXPECT_TRUE(error || answers.at(i).header("key") == parts[i].headers[1].second);
    }
    ASSERT_EQ(batch.store.inner.objects.size(), model.size());
    for (const auto& [key, bytes] : model)
      EXPECT_TRUE(batch.stored(key) == bytes);
  }
}

}  // namespace
}  // namespace objectstore::http_test
