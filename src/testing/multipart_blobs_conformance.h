// What every store does that takes blobs in parts, whatever lies below: the rules of
// storage/multipart.h. Instantiate MultipartBlobsConformance with one MultipartBlobsCase a backend.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/when_both.h"
#include "storage/blob_store.h"
#include "storage/multipart.h"
#include "testing/pump.h"
#include "testing/row_values.h"
#include "testing/run.h"

namespace objectstore::testing {

struct MultipartBlobsUnderTest {
  virtual ~MultipartBlobsUnderTest() = default;
  [[nodiscard]] virtual BlobStore& blobs() = 0;
  [[nodiscard]] virtual MultipartBlobs& multipart() = 0;
  // The time by which the store dates parts.
  [[nodiscard]] virtual WallTime now() = 0;
  // The event loop that the store's calls have to run on; nullptr: any.
  [[nodiscard]] virtual boost::asio::io_context* loop() { return nullptr; }
};

struct MultipartBlobsCase {
  std::string name;
  std::function<std::unique_ptr<MultipartBlobsUnderTest>()> make;
  std::size_t min_part_size = 0;  // bytes; of every part but the last one listed, at complete
  std::uint32_t max_part_number = 10'000;
  bool verifies_md5 = true;                        // else Content-MD5 is ignored
  bool tells_late_completions = true;              // else any succeeds where the blob exists
  bool keeps_time_created = true;                  // else it is the store's own
  Duration tick = std::chrono::milliseconds(100);  // by how much its times may be off
};
inline void PrintTo(const MultipartBlobsCase& param, std::ostream* out) {
  *out << param.name;
}

// The payload of a part, in pieces of a size that divides nothing.
class PartStream final : public ByteStream {
 public:
  explicit PartStream(std::string_view bytes) : rest_(bytes) {}
  // Ends with an error in the place of its end.
  PartStream(std::string_view bytes, Error error) : rest_(bytes), error_(std::move(error)) {}

  Task<Result<std::string_view>> next() override {
    constexpr std::size_t piece = 70'001;
    if (rest_.empty() && error_) co_return *error_;
    const auto bytes = rest_.substr(0, piece);
    rest_.remove_prefix(bytes.size());
    co_return bytes;
  }

 private:
  std::string_view rest_;
  std::optional<Error> error_;
};

class MultipartBlobsConformance : public ::testing::TestWithParam<MultipartBlobsCase> {
 protected:
  using PartResult = Result<std::variant<std::string, NoSuchUpload, PartRefused>>;
  using CompleteOutcome = Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>;

  [[nodiscard]] BlobStore& blobs() { return store_->blobs(); }
  [[nodiscard]] MultipartBlobs& multipart() { return store_->multipart(); }

  template <class T>
  T run_task(Task<T> task) {
    auto* loop = store_->loop();
    return loop != nullptr ? pump(*loop, std::move(task)) : run(std::move(task));
  }

  // Different for every `seed`.
  static std::string bytes_of(std::size_t size, std::uint64_t seed) {
    std::string bytes(size, '\0');
    auto state = size + seed * 1'000'003 + 1;
    for (auto& byte : bytes) {
      state = state * 6364136223846793005 + 1442695040888963407;
      byte = static_cast<char>(state >> 56);
    }
    return bytes;
  }
  // Large enough not to be the last part.
  static std::string large_part(std::uint64_t seed) {
    return bytes_of(std::max<std::size_t>(GetParam().min_part_size, 100'003), seed);
  }

  std::string initiate(const Revision& name, const Metadata& metadata = Metadata()) {
    auto id = run_task(multipart().initiate(name, metadata));
    EXPECT_TRUE(id.ok()) << id.error().describe();
    return id.ok() ? *std::move(id) : std::string();
  }
  static PartToUpload part_of(std::uint32_t number, std::uint64_t length, ByteStream& stream) {
    PartToUpload part;
    part.number = number;
    part.length = length;
    part.stream = &stream;
    return part;
  }
  Task<PartResult> put_task(Revision name, std::string id, std::uint32_t number,
                            std::string bytes) {
    PartStream stream(bytes);
    const auto part = part_of(number, bytes.size(), stream);
    co_return co_await multipart().put_part(name, id, part);
  }
  PartResult try_put(const Revision& name, const std::string& id, std::uint32_t number,
                     const std::string& bytes) {
    return run_task(put_task(name, id, number, bytes));
  }
  // The etag.
  static std::string etag_of(const PartResult& result) {
    EXPECT_TRUE(result.ok()) << result.error().describe();
    const auto* etag = result.ok() ? std::get_if<std::string>(&*result) : nullptr;
    EXPECT_NE(etag, nullptr);
    return etag != nullptr ? *etag : std::string();
  }
  ListedPart put(const Revision& name, const std::string& id, std::uint32_t number,
                 const std::string& bytes) {
    return ListedPart{number, etag_of(try_put(name, id, number, bytes))};
  }

  Result<std::variant<PartPage, NoSuchUpload>> try_list(const Revision& name, const std::string& id,
                                                        ListParts request = ListParts()) {
    return run_task(multipart().list_parts(name, id, request));
  }
  PartPage list(const Revision& name, const std::string& id, ListParts request = ListParts()) {
    const auto listed = try_list(name, id, request);
    EXPECT_TRUE(listed.ok()) << listed.error().describe();
    const auto* page = listed.ok() ? std::get_if<PartPage>(&*listed) : nullptr;
    EXPECT_NE(page, nullptr);
    return page != nullptr ? *page : PartPage();
  }
  std::vector<std::uint32_t> numbers(const Revision& name, const std::string& id,
                                     ListParts request = ListParts()) {
    std::vector<std::uint32_t> found;
    for (const auto& part : list(name, id, request).parts)
      found.push_back(part.number);
    return found;
  }

  CompleteOutcome try_complete(const Revision& name, const std::string& id,
                               const std::vector<ListedPart>& parts) {
    return run_task(multipart().complete(name, id, parts));
  }
  void complete(const Revision& name, const std::string& id, const std::vector<ListedPart>& parts) {
    const auto completed = try_complete(name, id, parts);
    ASSERT_TRUE(completed.ok()) << completed.error().describe();
    if (const auto* refused = std::get_if<PartRefused>(&*completed)) {
      FAIL() << refused->code << ": " << refused->message;
    }
    ASSERT_TRUE(std::holds_alternative<BlobCompleted>(*completed));
  }
  // The code with which the list is refused.
  std::string refusal(const Revision& name, const std::string& id,
                      const std::vector<ListedPart>& parts) {
    const auto completed = try_complete(name, id, parts);
    EXPECT_TRUE(completed.ok()) << completed.error().describe();
    const auto* refused = completed.ok() ? std::get_if<PartRefused>(&*completed) : nullptr;
    EXPECT_NE(refused, nullptr);
    return refused != nullptr ? refused->code : std::string("not refused");
  }

  void abort(const Revision& name, const std::string& id) {
    const auto aborted = run_task(multipart().abort(name, id));
    EXPECT_TRUE(aborted.ok()) << aborted.error().describe();
  }
  void abort_all(const Revision& name) {
    const auto aborted = run_task(multipart().abort_all(name));
    EXPECT_TRUE(aborted.ok()) << aborted.error().describe();
  }
  template <class T>
  static bool is_no_upload(const Result<T>& result) {
    EXPECT_TRUE(result.ok()) << result.error().describe();
    return result.ok() && std::holds_alternative<NoSuchUpload>(*result);
  }
  // No call finds the upload.
  void expect_no_upload(const Revision& name, const std::string& id,
                        const std::vector<ListedPart>& parts) {
    EXPECT_TRUE(is_no_upload(try_put(name, id, 1, "payload")));
    EXPECT_TRUE(is_no_upload(try_list(name, id)));
    const bool told = GetParam().tells_late_completions || !exists(name);
    EXPECT_TRUE(!told || is_no_upload(try_complete(name, id, parts)));
    abort(name, id);
  }

  std::unique_ptr<BlobReader> open(const Revision& name) {
    auto reader = run_task(blobs().open(name));
    EXPECT_TRUE(reader.ok()) << reader.error().describe();
    return reader.ok() ? std::move(reader).value() : nullptr;
  }
  bool exists(const Revision& name) { return open(name) != nullptr; }
  static Task<Result<std::string>> drain(ByteStream& stream) {
    std::string all;
    while (true) {
      CO_TRY_ASSIGN(const auto bytes, co_await stream.next());
      if (bytes.empty()) co_return all;
      all.append(bytes);
    }
  }
  std::string read(const Revision& name, std::optional<ByteRange> range = std::nullopt) {
    const auto reader = open(name);
    if (reader == nullptr) return "no such blob";
    const ByteRange whole{0, reader->size()};
    const auto stream = reader->stream(range.value_or(whole));
    const auto bytes = run_task(drain(*stream));
    EXPECT_TRUE(bytes.ok()) << bytes.error().describe();
    return bytes.ok() ? *bytes : std::string("unreadable");
  }
  Task<Result<void>> write_task(Revision name, std::string payload) {
    CO_TRY_ASSIGN(const auto writer, co_await blobs().create(name, Metadata()));
    CO_TRY(co_await begin_unrecorded(*writer));
    CO_TRY(co_await writer->append(payload));
    co_return co_await writer->finish();
  }

  std::unique_ptr<MultipartBlobsUnderTest> store_ = GetParam().make();
  const Revision name_ = revision_of("usecase/org.1/objects/key", 1);
  const Revision other_ = revision_of("usecase/org.1/objects/key", 2);
};

TEST_P(MultipartBlobsConformance, parts_that_come_out_of_order_and_at_once_make_one_blob) {
  const std::string payloads[] = {large_part(1), large_part(2), large_part(3), "the end"};
  const auto id = initiate(name_);
  const auto last = put(name_, id, 4, payloads[3]);
  const auto second = put(name_, id, 2, payloads[1]);
  const auto [third, first] =
      run_task(when_both(put_task(name_, id, 3, payloads[2]), put_task(name_, id, 1, payloads[0])));
  EXPECT_FALSE(exists(name_));
  const std::vector<ListedPart> parts = {{1, etag_of(first)}, second, {3, etag_of(third)}, last};
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, parts));
  EXPECT_TRUE(read(name_) == payloads[0] + payloads[1] + payloads[2] + payloads[3]);
}

TEST_P(MultipartBlobsConformance, ranges_over_the_borders_of_parts_are_exact) {
  const auto first = large_part(1);
  const auto second = large_part(2);
  const auto id = initiate(name_);
  const auto parts = {put(name_, id, 1, first), put(name_, id, 2, second),
                      put(name_, id, 3, "tail")};
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, parts));
  const auto whole = first + second + "tail";
  const auto border = first.size();
  const auto next_border = border + second.size();
  for (const auto& range : {ByteRange{0, 1}, ByteRange{border - 1, 2}, ByteRange{border - 1, 1},
                            ByteRange{border, 1}, ByteRange{border - 70'000, 140'000},
                            ByteRange{next_border - 3, 7}, ByteRange{border - 1, second.size() + 2},
                            ByteRange{next_border, 4}, ByteRange{whole.size() - 1, 1}}) {
    EXPECT_TRUE(read(name_, range) == whole.substr(range.offset, range.length))
        << range.offset << '+' << range.length;
  }
}

TEST_P(MultipartBlobsConformance, numbers_may_have_gaps_and_parts_be_left_out) {
  const auto first = large_part(1);
  const auto id = initiate(name_);
  const auto third = put(name_, id, 3, first);
  put(name_, id, 5, "left out");
  const auto ninth = put(name_, id, 9, "last");
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, {third, ninth}));
  EXPECT_TRUE(read(name_) == first + "last");
}

TEST_P(MultipartBlobsConformance, the_metadata_is_as_initiated) {
  Metadata metadata;
  metadata.expiration = ExpirationPolicy::parse("ttl:1h").value();
  metadata.time_created = from_unix_ms(some_ms);
  metadata.time_expires = from_unix_ms(some_ms) + std::chrono::hours(1);
  metadata.content_type = "text/plain";
  metadata.compression = Compression::zstd;
  metadata.origin = "203.0.113.7";
  metadata.filename = "file";
  metadata.custom = {{"name", "value"}};
  const auto id = initiate(name_, metadata);
  const auto part = put(name_, id, 1, "payload");
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, {part}));
  const auto reader = open(name_);
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->size(), 7U);
  if (!GetParam().keeps_time_created) metadata.time_created = reader->metadata().time_created;
  EXPECT_EQ(reader->metadata(), metadata);
}

TEST_P(MultipartBlobsConformance, nothing_is_to_be_seen_before_complete) {
  const auto id = initiate(name_);
  EXPECT_FALSE(exists(name_));
  const auto part = put(name_, id, 1, "payload");
  EXPECT_FALSE(exists(name_));
  const auto extended = run_task(blobs().extend(name_, from_unix_ms(some_ms)));
  EXPECT_TRUE(extended.ok() && !*extended);
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, {part}));
  EXPECT_TRUE(exists(name_));
}

TEST_P(MultipartBlobsConformance, a_part_uploaded_again_replaces_the_first) {
  const auto id = initiate(name_);
  const auto stale = put(name_, id, 1, "the first try");
  const auto part = put(name_, id, 1, "another");
  EXPECT_NE(stale.etag, part.etag);
  const auto page = list(name_, id);
  ASSERT_EQ(page.parts.size(), 1U);
  EXPECT_EQ(page.parts[0].etag, part.etag);
  EXPECT_EQ(page.parts[0].size, 7U);
  EXPECT_EQ(refusal(name_, id, {stale}), "InvalidPart");
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, {part}));
  EXPECT_EQ(read(name_), "another");
}

TEST_P(MultipartBlobsConformance, parts_are_listed_by_number_page_by_page) {
  const auto before = store_->now();
  const auto id = initiate(name_);
  EXPECT_TRUE(list(name_, id).parts.empty());
  EXPECT_FALSE(list(name_, id).truncated);
  std::vector<std::string> etags;
  for (const std::uint32_t number : {10, 2, 30, 4, 1}) {
    etags.push_back(put(name_, id, number, std::string(number, 'x')).etag);
  }
  const struct {
    std::vector<std::uint32_t> numbers;
    ListParts request;
    bool truncated = false;
  } pages[] = {
      {{1, 2, 4, 10, 30}, {0, std::nullopt}, false},
      {{1, 2}, {0, 2}, true},
      {{4, 10}, {2, 2}, true},
      {{30}, {10, 2}, false},
      {{4, 10}, {3, 2}, true},
      {{1, 2, 4, 10, 30}, {0, 5}, false},
      {{1, 2, 4, 10, 30}, {0, 900}, false},
      {{10, 30}, {4, std::nullopt}, false},
      {{}, {30, 1}, false},
      {{}, {31, std::nullopt}, false},
  };
  for (const auto& page : pages) {
    EXPECT_EQ(numbers(name_, id, page.request), page.numbers) << page.request.after;
    EXPECT_EQ(list(name_, id, page.request).truncated, page.truncated) << page.request.after;
  }
  const auto whole = list(name_, id);
  ASSERT_EQ(whole.parts.size(), 5U);
  EXPECT_EQ(whole.parts[0].etag, etags[4]);
  EXPECT_EQ(whole.parts[4].etag, etags[2]);
  for (const auto& part : whole.parts) {
    EXPECT_EQ(part.size, part.number);
    EXPECT_GE(part.last_modified, before - GetParam().tick);
    EXPECT_LE(part.last_modified, store_->now() + GetParam().tick);
  }
}

TEST_P(MultipartBlobsConformance, a_wrong_list_is_refused_and_the_upload_goes_on) {
  const auto id = initiate(name_);
  const auto payload = large_part(1);
  const auto second_payload = large_part(2);
  const auto first = put(name_, id, 1, payload);
  const auto second = put(name_, id, 2, second_payload);
  const ListedPart altered{2, first.etag};
  const ListedPart invented{2, "\"0123456789abcdef0123456789abcdef\""};
  const ListedPart missing{3, second.etag};
  EXPECT_EQ(refusal(name_, id, {first, altered}), "InvalidPart");
  EXPECT_EQ(refusal(name_, id, {first, invented}), "InvalidPart");
  EXPECT_EQ(refusal(name_, id, {first, second, missing}), "InvalidPart");
  EXPECT_EQ(refusal(name_, id, {second, first}), "InvalidPartOrder");
  EXPECT_EQ(refusal(name_, id, {first, first}), "InvalidPartOrder");
  EXPECT_EQ(refusal(name_, id, {first, second, second}), "InvalidPartOrder");
  // As GCS and S3: an object without parts is none.
  EXPECT_NE(refusal(name_, id, {}), "");
  EXPECT_FALSE(exists(name_));
  EXPECT_EQ(numbers(name_, id), (std::vector<std::uint32_t>{1, 2}));
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, {first, second}));
  EXPECT_TRUE(read(name_) == payload + second_payload);
}

TEST_P(MultipartBlobsConformance, only_the_last_part_may_be_small) {
  if (GetParam().min_part_size == 0) GTEST_SKIP() << "parts may be of any size here";
  const auto id = initiate(name_);
  const auto small = put(name_, id, 1, bytes_of(GetParam().min_part_size - 1, 1));
  const auto last = put(name_, id, 2, "last");
  EXPECT_EQ(refusal(name_, id, {small, last}), "EntityTooSmall");
  EXPECT_FALSE(exists(name_));
  const auto payload = large_part(1);
  const auto large = put(name_, id, 1, payload);
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, {large, last}));
  EXPECT_TRUE(read(name_) == payload + "last");
}

TEST_P(MultipartBlobsConformance, an_upload_that_never_was_is_no_upload) {
  const auto id = initiate(name_);
  const auto part = put(name_, id, 1, "payload");
  // Ids belong to names.
  expect_no_upload(other_, id, {part});
  for (const std::string odd : {"no-such-upload", "x"})
    expect_no_upload(name_, odd, {part});
  EXPECT_FALSE(exists(other_));
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, {part}));
  EXPECT_EQ(read(name_), "payload");
}

TEST_P(MultipartBlobsConformance, an_aborted_upload_is_no_upload) {
  const auto id = initiate(name_);
  const auto part = put(name_, id, 1, "payload");
  for (int i = 0; i < 3; ++i) {
    abort(name_, id);
    expect_no_upload(name_, id, {part});
    EXPECT_FALSE(exists(name_));
  }
}

TEST_P(MultipartBlobsConformance, a_completed_upload_is_no_upload_and_its_blob_stays) {
  const auto id = initiate(name_);
  const auto part = put(name_, id, 1, "payload");
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, {part}));
  // S3 answers a completion that comes again as it did the first.
  const auto again = try_complete(name_, id, {part});
  if (again.ok()) {
    EXPECT_FALSE(std::holds_alternative<PartRefused>(*again));
  }
  EXPECT_TRUE(is_no_upload(try_put(name_, id, 1, "other")));
  EXPECT_TRUE(is_no_upload(try_list(name_, id)));
  abort(name_, id);
  abort_all(name_);
  EXPECT_EQ(read(name_), "payload");
}

TEST_P(MultipartBlobsConformance, a_blob_of_that_name_is_not_replaced) {
  const auto id = initiate(name_);
  const auto part = put(name_, id, 1, "second");
  const auto written = run_task(write_task(name_, "first"));
  ASSERT_TRUE(written.ok()) << written.error().describe();
  const auto completed = try_complete(name_, id, {part});
  if (completed.ok()) {
    EXPECT_FALSE(std::holds_alternative<BlobCompleted>(*completed));
  } else {
    EXPECT_FALSE(completed.error().retryable()) << completed.error().describe();
  }
  EXPECT_EQ(read(name_), "first");
  abort(name_, id);
  EXPECT_EQ(read(name_), "first");
}

TEST_P(MultipartBlobsConformance, of_two_uploads_of_a_name_one_becomes_the_blob) {
  const auto first = initiate(name_);
  const auto second = initiate(name_);
  ASSERT_NE(first, second);
  const auto part = put(name_, first, 1, "first");
  EXPECT_TRUE(numbers(name_, second).empty());
  const auto other = put(name_, second, 1, "second");
  ASSERT_NO_FATAL_FAILURE(complete(name_, second, {other}));
  const auto late = try_complete(name_, first, {part});
  if (late.ok()) {
    EXPECT_FALSE(std::holds_alternative<BlobCompleted>(*late));
  }
  EXPECT_EQ(read(name_), "second");
  abort_all(name_);
  expect_no_upload(name_, first, {part});
  EXPECT_EQ(read(name_), "second");
}

TEST_P(MultipartBlobsConformance, abort_all_ends_every_upload_of_the_name_and_no_other) {
  const Revision longer = revision_of(name_.path(), 3);  // begins with the name
  const auto first = initiate(name_);
  const auto second = initiate(name_);
  const auto of_longer = initiate(longer);
  const auto of_other = initiate(other_);
  const auto part = put(name_, first, 1, "payload");
  const auto longer_part = put(longer, of_longer, 1, "longer");
  const auto other_part = put(other_, of_other, 1, "other");
  for (int i = 0; i < 2; ++i) {
    abort_all(name_);
    expect_no_upload(name_, first, {part});
    expect_no_upload(name_, second, {part});
  }
  ASSERT_NO_FATAL_FAILURE(complete(longer, of_longer, {longer_part}));
  ASSERT_NO_FATAL_FAILURE(complete(other_, of_other, {other_part}));
  EXPECT_EQ(read(longer), "longer");
  EXPECT_EQ(read(other_), "other");
  EXPECT_FALSE(exists(name_));
}

TEST_P(MultipartBlobsConformance, a_name_can_be_used_after_its_uploads_were_aborted) {
  const auto first = initiate(name_);
  put(name_, first, 1, "first");
  abort_all(name_);
  const auto id = initiate(name_);
  EXPECT_TRUE(numbers(name_, id).empty());
  const auto part = put(name_, id, 2, "payload");
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, {part}));
  EXPECT_EQ(read(name_), "payload");
}

TEST_P(MultipartBlobsConformance, no_upload_of_a_discarded_name_finishes_where_that_was_for_good) {
  const auto id = initiate(name_);
  const auto part = put(name_, id, 1, "payload");
  const auto discarded = run_task(blobs().discard(name_, ""));
  ASSERT_TRUE(discarded.ok()) << discarded.error().describe();
  if (*discarded == Discarded::for_good) expect_no_upload(name_, id, {part});
  abort_all(name_);
  expect_no_upload(name_, id, {part});
  EXPECT_FALSE(exists(name_));
}

TEST_P(MultipartBlobsConformance, a_body_that_breaks_or_lies_about_its_length_harms_nothing) {
  const auto id = initiate(name_);
  const auto part = put(name_, id, 2, "payload");
  const auto bytes = bytes_of(300'000, 1);
  const Error broken(ErrorCode::client_stream, "the connection broke");
  const struct {
    PartStream stream;
    std::uint64_t length;
  } bodies[] = {
      {PartStream(bytes), 300'001},
      {PartStream(bytes), 299'999},
      {PartStream(bytes), 0},
      {PartStream(""), 1},
      {PartStream(bytes, broken), 300'001},
      {PartStream(bytes, broken), 300'000},
  };
  for (const auto& body : bodies) {
    for (const std::uint32_t number : {1U, 2U}) {
      auto stream = body.stream;
      const auto stored =
          run_task(multipart().put_part(name_, id, part_of(number, body.length, stream)));
      ASSERT_FALSE(stored.ok()) << body.length;
      EXPECT_EQ(stored.error().code(), ErrorCode::client_stream) << stored.error().describe();
    }
  }
  const auto page = list(name_, id);
  ASSERT_EQ(page.parts.size(), 1U);
  EXPECT_EQ(page.parts[0].number, 2U);
  EXPECT_EQ(page.parts[0].etag, part.etag);
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, {part}));
  EXPECT_EQ(read(name_), "payload");
}

TEST_P(MultipartBlobsConformance, a_part_is_checked_against_its_md5) {
  const auto id = initiate(name_);
  PartStream right("payload");
  auto part = part_of(1, 7, right);
  part.content_md5 = "Mhw89IbtUJFk7eweGYH+yA==";
  const auto etag = etag_of(run_task(multipart().put_part(name_, id, part)));
  EXPECT_NE(etag, "");
  PartStream wrong("other");
  part = part_of(2, 5, wrong);
  part.content_md5 = "Mhw89IbtUJFk7eweGYH+yA==";
  const auto stored = run_task(multipart().put_part(name_, id, part));
  ASSERT_TRUE(stored.ok()) << stored.error().describe();
  if (!GetParam().verifies_md5) {
    EXPECT_TRUE(std::holds_alternative<std::string>(*stored));
    return;
  }
  const auto* refused = std::get_if<PartRefused>(&*stored);
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->code, "BadDigest");
  EXPECT_EQ(numbers(name_, id), std::vector<std::uint32_t>{1});
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, {ListedPart{1, etag}}));
  EXPECT_EQ(read(name_), "payload");
}

TEST_P(MultipartBlobsConformance, part_numbers_have_bounds) {
  const auto id = initiate(name_);
  const auto last = GetParam().max_part_number;
  for (const std::uint32_t number : {0U, last + 1}) {
    const auto stored = try_put(name_, id, number, "payload");
    if (stored.ok()) {
      EXPECT_TRUE(std::holds_alternative<PartRefused>(*stored)) << number;
    } else {
      EXPECT_EQ(stored.error().code(), ErrorCode::invalid_argument) << stored.error().describe();
    }
  }
  const auto part = put(name_, id, last, "payload");
  EXPECT_EQ(numbers(name_, id), std::vector<std::uint32_t>{last});
  ASSERT_NO_FATAL_FAILURE(complete(name_, id, {part}));
  EXPECT_EQ(read(name_), "payload");
}

TEST_P(MultipartBlobsConformance, awkward_keys_are_names_like_any_other) {
  std::uint64_t number = 100;
  for (const std::string key : {"a", "a/b", "..", "../../x", "/absolute", ".", "a//b",
                                "\xc3\xa9 \n", "%2e%2e", "a?uploads=1&x=+;=", "<&\"'>"}) {
    const auto name = revision_of("u/objects/" + key, ++number);
    if (!blobs().check_name(name.object_path()).ok()) continue;
    const auto id = initiate(name);
    const auto part = put(name, id, 1, key);
    EXPECT_EQ(numbers(name, id), std::vector<std::uint32_t>{1}) << key;
    ASSERT_NO_FATAL_FAILURE(complete(name, id, {part})) << key;
    EXPECT_EQ(read(name), key);
    const auto left = initiate(name);
    abort_all(name);
    expect_no_upload(name, left, {part});
  }
}

}  // namespace objectstore::testing
