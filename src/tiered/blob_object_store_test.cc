#include "tiered/blob_object_store.h"

#include <gtest/gtest.h>

#include "backends/memory/memory_blob_store.h"
#include "testing/forwarding_stores.h"
#include "testing/manual_clock.h"
#include "testing/read_content.h"
#include "testing/run.h"
#include "tiered/blob_object_store_multipart.h"
#include "tiered/test_support.h"

namespace objectstore::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Notes extensions, or fails them, and can refuse names.
class WatchedBlobs final : public ForwardingBlobStore {
 public:
  using ForwardingBlobStore::ForwardingBlobStore;

  [[nodiscard]] Result<void> check_name(std::string_view object_path) const override {
    if (object_path.find("bad") == std::string_view::npos) return {};
    return Error(ErrorCode::invalid_argument, "no such name");
  }
  Task<Result<bool>> extend(const Revision& name, WallTime deadline) override {
    deadlines.push_back(deadline);
    if (vanish) co_return false;
    if (failure) co_return *failure;
    co_return co_await inner().extend(name, deadline);
  }

  std::vector<WallTime> deadlines;
  std::optional<Error> failure;
  bool vanish = false;
};

class BlobObjectStoreTest : public ::testing::Test {
 protected:
  static ObjectId id(std::string key) {
    return {"usecase", Scopes(std::vector<Scope>{{"org", "1"}}), std::move(key)};
  }

  Metadata metadata(const char* policy = "manual") {
    Metadata made;
    made.expiration = *ExpirationPolicy::parse(policy);
    made.time_created = clock_.now();
    made.time_expires = *made.expiration.deadline_from(clock_.now());
    made.custom["name"] = "value";
    return made;
  }
  Result<void> put(const std::string& key, const std::string& payload,
                   const char* policy = "manual",
                   std::optional<std::uint64_t> length = std::nullopt) {
    PieceStream stream(payload);
    Upload upload;
    upload.stream = &stream;
    upload.length = length;
    return run(store_.put(id(key), metadata(policy), upload));
  }
  // "absent" and "unsatisfiable" for those.
  Result<std::string> get(const std::string& key,
                          std::optional<RangeRequest> range = std::nullopt) {
    TRY_ASSIGN(auto found, run(store_.get(id(key), range)));
    if (std::holds_alternative<ObjectNotFound>(found)) return std::string("absent");
    if (std::holds_alternative<RangeNotSatisfiable>(found)) return std::string("unsatisfiable");
    return run(read_content(std::move(std::get<ObjectContent>(found))));
  }
  std::optional<Metadata> head(const std::string& key) {
    const auto found = run(store_.head(id(key)));
    EXPECT_TRUE(found.ok()) << found.error().describe();
    return found.ok() ? *found : std::nullopt;
  }

  ManualClock clock_;
  MemoryBlobStore memory_{LateUploads::prevented, &clock_, ExistingBlobs::replaced};
  WatchedBlobs blobs_{memory_};
  BlobObjectStore store_{blobs_, clock_};
  BlobMultipartObjects uploads_{blobs_, memory_};
};

TEST_F(BlobObjectStoreTest, an_object_is_a_blob_named_like_it) {
  ASSERT_TRUE(put("a/key", "payload").ok());
  EXPECT_EQ(*memory_.blobs().begin(), Revision::unnumbered("usecase/org.1/objects/a/key"));
  EXPECT_EQ(*get("a/key"), "payload");
  auto expected = metadata();
  expected.size = 7;
  EXPECT_EQ(head("a/key"), expected);
}

TEST_F(BlobObjectStoreTest, a_put_replaces_payload_and_metadata) {
  ASSERT_TRUE(put("key", "first", "ttl:1h").ok());
  ASSERT_TRUE(put("key", "second").ok());
  EXPECT_EQ(*get("key"), "second");
  EXPECT_EQ(head("key")->time_expires, std::nullopt);
  EXPECT_EQ(memory_.blobs().size(), 1U);
}

TEST_F(BlobObjectStoreTest, a_body_that_breaks_or_has_another_length_leaves_the_old_object) {
  ASSERT_TRUE(put("key", "first").ok());
  EXPECT_EQ(put("key", "second", "manual", 5).error().code(), ErrorCode::client_stream);
  EXPECT_EQ(put("key", "second", "manual", 7).error().code(), ErrorCode::client_stream);
  PieceStream broken("second");
  broken.breaks_at = 3;
  Upload upload;
  upload.stream = &broken;
  EXPECT_FALSE(run(store_.put(id("key"), metadata(), upload)).ok());
  EXPECT_EQ(*get("key"), "first");
}

TEST_F(BlobObjectStoreTest, absent_objects_are_not_found_and_deleted_ones_absent) {
  EXPECT_EQ(*get("key"), "absent");
  EXPECT_EQ(head("key"), std::nullopt);
  EXPECT_TRUE(run(store_.remove(id("key"))).ok());
  ASSERT_TRUE(put("key", "payload").ok());
  EXPECT_TRUE(run(store_.remove(id("key"))).ok());
  EXPECT_EQ(*get("key"), "absent");
  EXPECT_TRUE(memory_.blobs().empty());
}

TEST_F(BlobObjectStoreTest, names_that_the_store_refuses_are_refused_by_every_call) {
  EXPECT_EQ(put("bad", "payload").error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(get("bad").error().code(), ErrorCode::invalid_argument);
  EXPECT_FALSE(run(store_.head(id("bad"))).ok());
  EXPECT_FALSE(run(store_.remove(id("bad"))).ok());
  EXPECT_FALSE(run(uploads_.initiate(id("bad"), metadata())).ok());
}

TEST_F(BlobObjectStoreTest, ranges_are_resolved) {
  ASSERT_TRUE(put("key", "0123456789").ok());
  const struct {
    RangeRequest request;
    const char* bytes;
  } cases[] = {
      {{RangeRequest::FromTo{2, 4}}, "234"},
      {{RangeRequest::FromTo{8, 100}}, "89"},
      {{RangeRequest::FromTo{9, std::nullopt}}, "9"},
      {{RangeRequest::Suffix{3}}, "789"},
      {{RangeRequest::FromTo{10, std::nullopt}}, "unsatisfiable"},
  };
  for (const auto& [request, bytes] : cases)
    EXPECT_EQ(*get("key", request), bytes);
}

TEST_F(BlobObjectStoreTest, an_expired_object_is_not_found_though_its_blob_is_there) {
  ASSERT_TRUE(put("key", "payload", "ttl:1h").ok());
  clock_.advance(hours(1));
  EXPECT_EQ(*get("key"), "payload");
  clock_.advance(Duration(1));
  EXPECT_EQ(*get("key"), "absent");
  EXPECT_EQ(head("key"), std::nullopt);
  EXPECT_EQ(memory_.blobs().size(), 1U);
  EXPECT_TRUE(blobs_.deadlines.empty());
}

TEST_F(BlobObjectStoreTest, a_bump_that_is_due_is_made_before_the_answer) {
  ASSERT_TRUE(put("key", "payload", "tti:4h").ok());
  const auto first = *head("key")->time_expires;
  clock_.advance(hours(1));
  EXPECT_EQ(*head("key")->time_expires, first);
  EXPECT_TRUE(blobs_.deadlines.empty()) << "by no more than a quarter";
  clock_.advance(minutes(1));
  // The answer has the deadline from before.
  EXPECT_EQ(*head("key")->time_expires, first);
  const auto bumped = clock_.now() + hours(4);
  EXPECT_EQ(blobs_.deadlines, std::vector<WallTime>{bumped});
  EXPECT_EQ(*head("key")->time_expires, bumped);
  clock_.advance(hours(2));
  EXPECT_EQ(*get("key"), "payload");
  EXPECT_EQ(blobs_.deadlines.size(), 2U);
}

TEST_F(BlobObjectStoreTest, a_bump_that_fails_fails_the_read) {
  ASSERT_TRUE(put("key", "payload", "tti:4h").ok());
  clock_.advance(hours(3));
  blobs_.failure = Error(ErrorCode::unavailable, "no answer");
  EXPECT_EQ(get("key").error().code(), ErrorCode::unavailable);
  EXPECT_FALSE(run(store_.head(id("key"))).ok());
  blobs_.failure.reset();
  blobs_.vanish = true;
  EXPECT_EQ(*get("key"), "absent");
  EXPECT_EQ(head("key"), std::nullopt);
}

class BlobMultipartObjectsTest : public BlobObjectStoreTest {
 protected:
  std::string initiate(const std::string& key) {
    const auto token = run(uploads_.initiate(id(key), metadata()));
    EXPECT_TRUE(token.ok());
    return *token;
  }
  auto try_put(const std::string& key, const std::string& token, std::uint32_t number,
               const std::string& bytes) {
    PieceStream stream(bytes);
    PartToUpload part;
    part.number = number;
    part.length = bytes.size();
    part.stream = &stream;
    return run(uploads_.put_part(id(key), token, part));
  }
  ListedPart put_part(const std::string& key, const std::string& token, std::uint32_t number,
                      const std::string& bytes) {
    const auto stored = try_put(key, token, number, bytes);
    EXPECT_TRUE(stored.ok());
    return {number, std::get<std::string>(*stored)};
  }
  template <class T>
  bool completes_as(const std::string& key, const std::string& token,
                    const std::vector<ListedPart>& parts) {
    const auto completed = run(uploads_.complete(id(key), token, parts));
    EXPECT_TRUE(completed.ok());
    return completed.ok() && std::holds_alternative<T>(*completed);
  }
};

TEST_F(BlobMultipartObjectsTest, parts_become_the_object_and_replace_the_one_before) {
  ASSERT_TRUE(put("key", "before").ok());
  const auto token = initiate("key");
  const auto first = put_part("key", token, 1, "pay");
  const auto second = put_part("key", token, 2, "load");
  const auto listed = run(uploads_.list_parts(id("key"), token, ListParts()));
  EXPECT_EQ(std::get<PartPage>(*listed).parts.size(), 2U);
  EXPECT_EQ(*get("key"), "before");
  EXPECT_TRUE(completes_as<PartRefused>("key", token, {second, first}));
  EXPECT_TRUE(completes_as<BlobCompleted>("key", token, {first, second}));
  EXPECT_EQ(*get("key"), "payload");
  EXPECT_EQ(head("key")->custom.size(), 1U);
}

TEST_F(BlobMultipartObjectsTest,
       a_repeated_completion_succeeds_while_the_object_is_still_that_one) {
  const auto token = initiate("key");
  const auto part = put_part("key", token, 1, "payload");
  ASSERT_TRUE(completes_as<BlobCompleted>("key", token, {part}));
  EXPECT_TRUE(completes_as<BlobCompleted>("key", token, {part}));
  clock_.advance(minutes(1));
  ASSERT_TRUE(put("key", "another").ok());
  EXPECT_TRUE(completes_as<NoSuchUpload>("key", token, {part}));
  EXPECT_EQ(*get("key"), "another");
}

TEST_F(BlobMultipartObjectsTest, an_upload_belongs_to_its_object) {
  const auto token = initiate("key");
  const auto part = put_part("key", token, 1, "payload");
  ASSERT_TRUE(put("other", "other").ok());
  for (const auto& [key, text] : std::vector<std::pair<std::string, std::string>>{
           {"other", token}, {"key", "upload-1"}, {"key", ""}, {"key", token.substr(0, 12)}}) {
    EXPECT_TRUE(std::holds_alternative<NoSuchUpload>(*try_put(key, text, 1, "x"))) << text;
    const auto listed = run(uploads_.list_parts(id(key), text, ListParts()));
    EXPECT_TRUE(std::holds_alternative<NoSuchUpload>(*listed));
    EXPECT_TRUE(completes_as<NoSuchUpload>(key, text, {part}));
    EXPECT_TRUE(run(uploads_.abort(id(key), text)).ok());
  }
  EXPECT_EQ(*get("other"), "other");
  EXPECT_TRUE(completes_as<BlobCompleted>("key", token, {part}));
}

TEST_F(BlobMultipartObjectsTest, an_abort_ends_the_upload_and_a_delete_of_the_object_does_not) {
  const auto token = initiate("key");
  const auto part = put_part("key", token, 1, "payload");
  ASSERT_TRUE(run(store_.remove(id("key"))).ok());
  EXPECT_EQ(memory_.multipart_uploads().size(), 1U);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(run(uploads_.abort(id("key"), token)).ok());
    EXPECT_TRUE(memory_.multipart_uploads().empty());
    EXPECT_TRUE(completes_as<NoSuchUpload>("key", token, {part}));
  }
}

}  // namespace
}  // namespace objectstore::testing
