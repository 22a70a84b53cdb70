// What every blob store does, whatever lies below: the rules of storage/blob_store.h.
// Instantiate BlobStoreConformance with one BlobStoreCase a backend.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/when_both.h"
#include "storage/blob_store.h"
#include "testing/row_values.h"
#include "testing/run.h"
#include "testing/some_bytes.h"

namespace objectstore::testing {

struct BlobStoreUnderTest {
  virtual ~BlobStoreUnderTest() = default;
  [[nodiscard]] virtual BlobStore& blobs() = 0;
  // Else `time_created` is the store's own.
  [[nodiscard]] virtual bool keeps_time_created() const { return true; }
  // Whether an open blob can be read to its end while it is being deleted.
  [[nodiscard]] virtual bool readers_survive_discard() const { return true; }
};

struct BlobStoreCase {
  std::string name;
  std::function<std::unique_ptr<BlobStoreUnderTest>()> make;
};
inline void PrintTo(const BlobStoreCase& param, std::ostream* out) {
  *out << param.name;
}

class BlobStoreConformance : public ::testing::TestWithParam<BlobStoreCase> {
 protected:
  [[nodiscard]] BlobStore& blobs() { return store_->blobs(); }

  static std::string bytes_of(std::size_t size) { return some_bytes(size); }

  // Not begun yet.
  std::unique_ptr<BlobWriter> prepare(const Revision& name, const Metadata& metadata = Metadata()) {
    auto writer = run(blobs().create(name, metadata));
    EXPECT_TRUE(writer.ok()) << writer.error().describe();
    return writer.ok() ? std::move(writer).value() : nullptr;
  }
  std::unique_ptr<BlobWriter> create(const Revision& name, const Metadata& metadata = Metadata()) {
    auto writer = prepare(name, metadata);
    if (writer != nullptr) begin(*writer);
    return writer;
  }
  void begin(BlobWriter& writer) {
    const auto upload = run(begin_unrecorded(writer));
    EXPECT_TRUE(upload.ok()) << upload.error().describe();
    if (upload.ok()) upload_ = *upload;
  }
  void write(const Revision& name, std::string_view payload, std::size_t piece = 1 << 20) {
    const auto writer = create(name);
    ASSERT_NE(writer, nullptr);
    for (std::size_t at = 0; at < payload.size(); at += piece) {
      ASSERT_TRUE(run(writer->append(payload.substr(at, piece))).ok());
    }
    const auto finished = run(writer->finish());
    ASSERT_TRUE(finished.ok()) << finished.error().describe();
  }
  std::unique_ptr<BlobReader> open(const Revision& name) {
    auto reader = run(blobs().open(name));
    EXPECT_TRUE(reader.ok()) << reader.error().describe();
    return reader.ok() ? std::move(reader).value() : nullptr;
  }
  static std::string read(ByteStream& stream) {
    std::string all;
    while (true) {
      const auto bytes = run(stream.next());
      EXPECT_TRUE(bytes.ok());
      if (!bytes.ok() || bytes->empty()) return all;
      all.append(*bytes);
    }
  }
  static std::string read(BlobReader& reader, ByteRange range) {
    return read(*reader.stream(range));
  }
  Discarded discard(const Revision& name, const std::string& upload = "") {
    const auto discarded = run(blobs().discard(name, upload));
    EXPECT_TRUE(discarded.ok());
    return discarded.ok() ? *discarded : Discarded::may_appear_later;
  }
  bool exists(const Revision& name) { return open(name) != nullptr; }
  static Task<Result<void>> give_up(BlobWriter& writer) {
    writer.give_up();
    co_return Result<void>();
  }

  std::unique_ptr<BlobStoreUnderTest> store_ = GetParam().make();
  std::string upload_;  // the address of the last one that was begun
  const Revision name_ = revision_of("usecase/org.1/objects/key", 1);
  const Revision other_ = revision_of("usecase/org.1/objects/key", 2);
};

TEST_P(BlobStoreConformance, a_blob_never_written_is_absent) {
  EXPECT_FALSE(exists(name_));
  const auto extended = run(blobs().extend(name_, from_unix_ms(some_ms)));
  ASSERT_TRUE(extended.ok());
  EXPECT_FALSE(*extended);
}

TEST_P(BlobStoreConformance, blobs_of_every_size_are_read_back) {
  std::uint64_t number = 10;
  for (const std::size_t size : {0UL, 1UL, 65535UL, 65536UL, 65537UL, 300'000UL, 1'048'576UL}) {
    for (const std::size_t piece : {7'001UL, 1UL << 20}) {
      const auto name = revision_of("usecase/objects/k", ++number);
      const auto payload = bytes_of(size);
      ASSERT_NO_FATAL_FAILURE(write(name, payload, piece)) << size;
      const auto reader = open(name);
      ASSERT_NE(reader, nullptr) << size;
      EXPECT_EQ(reader->size(), size);
      EXPECT_TRUE(read(*reader, ByteRange{0, size}) == payload) << size;
    }
  }
}

TEST_P(BlobStoreConformance, metadata_is_as_written) {
  Metadata metadata;
  metadata.expiration = ExpirationPolicy::parse("ttl:1h").value();
  metadata.time_created = from_unix_ms(some_ms);
  metadata.time_expires = from_unix_ms(some_ms) + std::chrono::hours(1);
  metadata.content_type = "text/plain";
  metadata.compression = Compression::zstd;
  metadata.origin = "203.0.113.7";
  metadata.filename = "file";
  metadata.custom = {{"name", "value"}};
  const auto writer = create(name_, metadata);
  ASSERT_TRUE(run(writer->append("payload")).ok());
  ASSERT_TRUE(run(writer->finish()).ok());
  const auto reader = open(name_);
  ASSERT_NE(reader, nullptr);
  if (!store_->keeps_time_created()) metadata.time_created = reader->metadata().time_created;
  EXPECT_EQ(reader->metadata(), metadata);
}

TEST_P(BlobStoreConformance, ranges_are_exact) {
  const auto payload = bytes_of(200'000);
  write(name_, payload);
  const auto reader = open(name_);
  ASSERT_NE(reader, nullptr);
  for (const auto& range : {ByteRange{0, 1}, ByteRange{0, 65536}, ByteRange{65535, 2},
                            ByteRange{65536, 65536}, ByteRange{131071, 3}, ByteRange{1, 199'998},
                            ByteRange{199'999, 1}, ByteRange{100, 0}, ByteRange{200'000, 0}}) {
    EXPECT_TRUE(read(*open(name_), range) == payload.substr(range.offset, range.length))
        << range.offset << '+' << range.length;
  }
}

TEST_P(BlobStoreConformance, a_stream_stays_at_its_end) {
  write(name_, "payload");
  const auto reader = open(name_);
  const auto stream = reader->stream(ByteRange{0, 7});
  EXPECT_EQ(read(*stream), "payload");
  for (int i = 0; i < 2; ++i) {
    const auto more = run(stream->next());
    ASSERT_TRUE(more.ok());
    EXPECT_TRUE(more->empty());
  }
}

TEST_P(BlobStoreConformance, a_stream_outlives_its_reader) {
  const auto payload = bytes_of(300'000);
  write(name_, payload);
  auto reader = open(name_);
  const auto stream = reader->stream(ByteRange{0, payload.size()});
  reader.reset();
  EXPECT_TRUE(read(*stream) == payload);
}

TEST_P(BlobStoreConformance, a_blob_does_not_exist_before_finish) {
  const auto writer = create(name_);
  EXPECT_FALSE(exists(name_));
  ASSERT_TRUE(run(writer->append(bytes_of(500'000))).ok());
  EXPECT_FALSE(exists(name_));
  ASSERT_TRUE(run(writer->finish()).ok());
  EXPECT_TRUE(exists(name_));
}

TEST_P(BlobStoreConformance, finish_refuses_to_replace) {
  write(name_, "first");
  const auto writer = create(name_);
  ASSERT_TRUE(run(writer->append("second")).ok());
  const auto finished = run(writer->finish());
  ASSERT_FALSE(finished.ok());
  EXPECT_FALSE(finished.error().retryable());
  const auto reader = open(name_);
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(read(*reader, ByteRange{0, reader->size()}), "first");
}

TEST_P(BlobStoreConformance, an_upload_dropped_leaves_no_blob) {
  {
    const auto writer = create(name_);
    ASSERT_TRUE(run(writer->append("payload")).ok());
  }
  EXPECT_FALSE(exists(name_));
  discard(name_);
  EXPECT_FALSE(exists(name_));
}

TEST_P(BlobStoreConformance, discard_is_idempotent_and_touches_no_other) {
  write(name_, "one");
  write(other_, "two");
  for (int i = 0; i < 3; ++i) {
    discard(name_);
    EXPECT_FALSE(exists(name_));
    EXPECT_TRUE(exists(other_));
  }
  discard(revision_of("usecase/objects/never", 3));
}

TEST_P(BlobStoreConformance, bytes_may_come_before_begin) {
  const auto payload = bytes_of(100'000);
  const auto writer = prepare(name_);
  ASSERT_NE(writer, nullptr);
  ASSERT_TRUE(run(writer->append(payload.substr(0, 50'000))).ok());
  begin(*writer);
  ASSERT_TRUE(run(writer->append(payload.substr(50'000))).ok());
  const auto finished = run(writer->finish());
  ASSERT_TRUE(finished.ok()) << finished.error().describe();
  EXPECT_TRUE(read(*open(name_), ByteRange{0, payload.size()}) == payload);
}

TEST_P(BlobStoreConformance, an_append_that_waits_goes_on_with_begin) {
  const auto payload = bytes_of(3'000'000);
  const auto writer = prepare(name_);
  ASSERT_NE(writer, nullptr);
  const auto [appended, begun] = run(when_both(writer->append(payload), begin_unrecorded(*writer)));
  ASSERT_TRUE(begun.ok()) << begun.error().describe();
  ASSERT_TRUE(appended.ok()) << appended.error().describe();
  const auto finished = run(writer->finish());
  ASSERT_TRUE(finished.ok()) << finished.error().describe();
  EXPECT_TRUE(read(*open(name_), ByteRange{0, payload.size()}) == payload);
}

TEST_P(BlobStoreConformance, give_up_ends_an_append_that_waits) {
  {
    const auto writer = prepare(name_);
    ASSERT_NE(writer, nullptr);
    // It returns; whether as a failure is the store's affair.
    (void)run(when_both(writer->append(bytes_of(3'000'000)), give_up(*writer)));
  }
  discard(name_);
  EXPECT_FALSE(exists(name_));
}

TEST_P(BlobStoreConformance, finish_fails_after_a_discard_that_was_for_good) {
  const auto writer = create(name_);
  ASSERT_TRUE(run(writer->append(bytes_of(300'000))).ok());
  const auto discarded = discard(name_, upload_);
  EXPECT_FALSE(exists(name_));
  (void)run(writer->append("more"));
  const auto finished = run(writer->finish());
  if (discarded == Discarded::for_good) {
    EXPECT_FALSE(finished.ok());
    EXPECT_FALSE(exists(name_));
  } else {
    // Then a second discard, once the upload is over, has to do.
    discard(name_, upload_);
    EXPECT_FALSE(exists(name_));
  }
}

TEST_P(BlobStoreConformance, an_upload_that_was_finished_is_discarded_by_its_address_too) {
  write(name_, "payload");
  write(other_, "other");
  for (int i = 0; i < 2; ++i) {
    const auto upload = upload_;
    discard(other_, upload);
    EXPECT_FALSE(exists(other_));
    EXPECT_TRUE(exists(name_));
  }
}

TEST_P(BlobStoreConformance, a_reader_survives_the_discard) {
  if (!store_->readers_survive_discard()) GTEST_SKIP() << "deleted blobs can't be read on here";
  const auto payload = bytes_of(300'000);
  write(name_, payload);
  const auto reader = open(name_);
  ASSERT_NE(reader, nullptr);
  discard(name_);
  EXPECT_TRUE(read(*reader, ByteRange{0, payload.size()}) == payload);
}

TEST_P(BlobStoreConformance, extend_finds_a_blob) {
  write(name_, "payload");
  const auto extended = run(blobs().extend(name_, from_unix_ms(some_ms) + std::chrono::hours(1)));
  ASSERT_TRUE(extended.ok());
  EXPECT_TRUE(*extended);
  EXPECT_TRUE(exists(name_));
}

TEST_P(BlobStoreConformance, awkward_keys_are_names_like_any_other) {
  std::uint64_t number = 100;
  for (const std::string key :
       {"a", "a/b", "..", "../../x", "/absolute", ".", "a//b", "\xc3\xa9 \n", "%2e%2e"}) {
    const auto name = revision_of("u/objects/" + key, ++number);
    if (!blobs().check_name(name.object_path()).ok()) continue;
    ASSERT_NO_FATAL_FAILURE(write(name, key)) << key;
    const auto reader = open(name);
    ASSERT_NE(reader, nullptr) << key;
    EXPECT_EQ(read(*reader, ByteRange{0, reader->size()}), key);
  }
  const auto longest = revision_of("u/objects/" + std::string(4000, 'k'), ++number);
  if (!blobs().check_name(longest.object_path()).ok()) return;
  ASSERT_NO_FATAL_FAILURE(write(longest, "long"));
  EXPECT_TRUE(exists(longest));
}

}  // namespace objectstore::testing
