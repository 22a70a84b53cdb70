#include "backends/filesystem/object_store.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "backends/filesystem/object_file_format.h"
#include "backends/filesystem/test_support.h"
#include "testing/read_content.h"

namespace objectstore {
namespace {

using objectstore::testing::read_content;
using objectstore::testing::run;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ObjectId id_of(std::string key) {
  return {"usecase", Scopes({{"org", "17"}, {"project", "42"}}), std::move(key)};
}
const std::string above = "usecase/org.17/project.42/objects/";

Metadata some_metadata() {
  Metadata metadata;
  metadata.time_created = WallTime(std::chrono::seconds(1'776'692'220));
  metadata.content_type = "text/plain";
  metadata.custom["build"] = "9001";
  return metadata;
}

std::vector<std::string> cut(const std::string& bytes, std::size_t piece) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    pieces.push_back(bytes.substr(at, piece));
  return pieces;
}

class FilesystemObjectStoreTest : public ::testing::Test {
 protected:
  FilesystemObjectStoreTest() {
    auto opened = FilesystemObjectStore::open(directory.path(), files, pool, random, logger);
    EXPECT_TRUE(opened.ok());
    store = std::move(opened).value();
    files.faults.disarm();
  }

  Result<void> put(const ObjectId& id, const std::string& payload, std::size_t piece = 100'000,
                   std::optional<std::uint64_t> length = std::nullopt,
                   std::optional<Error> end = std::nullopt) {
    PiecewiseBody body(cut(payload, piece), std::move(end));
    Upload upload;
    upload.stream = &body;
    upload.length = length;
    return run(store->put(id, some_metadata(), upload));
  }

  Result<GetResult> get(const ObjectId& id, std::optional<RangeRequest> range = std::nullopt) {
    return run(store->get(id, range));
  }

  static Result<std::string> body_of(Result<GetResult> result) {
    TRY_ASSIGN(auto found, std::move(result));
    auto* content = std::get_if<ObjectContent>(&found);
    if (content == nullptr) return Error(ErrorCode::internal, "no content");
    return run(read_content(std::move(*content)));
  }
  Result<std::string> read(const ObjectId& id, std::optional<RangeRequest> range = std::nullopt) {
    return body_of(get(id, range));
  }
  bool absent(const ObjectId& id) {
    const auto found = get(id);
    EXPECT_TRUE(found.ok());
    const auto head = run(store->head(id));
    EXPECT_TRUE(head.ok());
    const bool is_absent = std::holds_alternative<ObjectNotFound>(*found);
    EXPECT_EQ(is_absent, !head->has_value());
    return is_absent;
  }

  TestDirectory directory;
  FaultyFileSystem files;
  InlinePool pool;
  CountingRandom random;
  NullLogger logger;
  std::unique_ptr<FilesystemObjectStore> store;
};

TEST_F(FilesystemObjectStoreTest, objects_of_every_size_come_back_whole) {
  const std::size_t sizes[] = {0, 1, 65535, 65536, 65537, 1 << 20, (1 << 20) + 1, 5 << 20};
  const std::size_t pieces[] = {1000, 262'144, 8 << 20};
  const auto id = id_of("dir/key");
  for (const auto size : sizes) {
    const auto payload = test_bytes(size);
    for (const auto piece : pieces) {
      ASSERT_TRUE(put(id, payload, piece, size).ok());
      auto found = get(id);
      ASSERT_TRUE(found.ok()) << found.error().describe();
      const auto& content = std::get<ObjectContent>(*found);
      auto expected = some_metadata();
      expected.size = size;
      EXPECT_EQ(content.metadata, expected);
      EXPECT_EQ(content.size, size);
      const ByteRange whole{0, size};
      EXPECT_EQ(content.range, whole);
      EXPECT_EQ(std::holds_alternative<SharedBytes>(content.body), size <= 1 << 20);
      EXPECT_TRUE(*body_of(std::move(found)) == payload);
      EXPECT_EQ(*run(store->head(id)), expected);
      EXPECT_THAT(directory.files(), ElementsAre(above + "dir/key"));
    }
  }
}

TEST_F(FilesystemObjectStoreTest, ranges_equal_the_same_part_of_the_payload) {
  for (const std::size_t size : {1000, 3 << 20}) {
    const auto payload = test_bytes(size);
    const auto id = id_of("key");
    ASSERT_TRUE(put(id, payload).ok());
    const struct {
      RangeRequest request;
      std::size_t offset;
      std::size_t length;
    } cases[] = {
        {{RangeRequest::FromTo{0, 0}}, 0, 1},
        {{RangeRequest::FromTo{10, 19}}, 10, 10},
        {{RangeRequest::FromTo{size - 1, std::nullopt}}, size - 1, 1},
        {{RangeRequest::FromTo{5, size * 2}}, 5, size - 5},
        {{RangeRequest::FromTo{size / 3, size - 2}}, size / 3, size - 1 - size / 3},
        {{RangeRequest::Suffix{7}}, size - 7, 7},
        {{RangeRequest::Suffix{size * 2}}, 0, size},
    };
    for (const auto& c : cases) {
      auto found = get(id, c.request);
      ASSERT_TRUE(found.ok());
      const ByteRange expected{c.offset, c.length};
      EXPECT_EQ(std::get<ObjectContent>(*found).range, expected);
      EXPECT_TRUE(*body_of(std::move(found)) == payload.substr(c.offset, c.length));
    }
    const RangeRequest beyond{RangeRequest::FromTo{size, std::nullopt}};
    const auto refused = get(id, beyond);
    ASSERT_TRUE(std::holds_alternative<RangeNotSatisfiable>(*refused));
    EXPECT_EQ(std::get<RangeNotSatisfiable>(*refused).size, size);
  }
}

TEST_F(FilesystemObjectStoreTest, a_file_of_the_existing_service_is_read) {
  directory.write(
      above + "old",
      R"({"expiration_policy":{"TimeToLive":{"secs":3600,"nanos":0}},)"
      R"("time_created":{"secs_since_epoch":1776692220,"nanos_since_epoch":123456789},)"
      R"("time_expires":{"secs_since_epoch":1776695820,"nanos_since_epoch":123456789},)"
      R"("content_type":"text/plain","compression":"Zstd","custom":{"checksum":"0123456789abcdef"}})"
      "\nhello\nworld");
  auto found = get(id_of("old"));
  ASSERT_TRUE(found.ok()) << found.error().describe();
  const auto& metadata = std::get<ObjectContent>(*found).metadata;
  EXPECT_EQ(metadata.expiration.kind, ExpirationKind::time_to_live);
  EXPECT_EQ(metadata.time_created, WallTime(Duration(1776692220123456789)));
  EXPECT_EQ(metadata.time_expires, WallTime(Duration(1776695820123456789)));
  EXPECT_EQ(metadata.content_type, "text/plain");
  EXPECT_EQ(metadata.compression, Compression::zstd);
  EXPECT_EQ(metadata.custom.at("checksum"), "0123456789abcdef");
  EXPECT_EQ(metadata.size, 11);
  EXPECT_EQ(*body_of(std::move(found)), "hello\nworld");
}

TEST_F(FilesystemObjectStoreTest, a_put_writes_exactly_the_documented_bytes) {
  ASSERT_TRUE(put(id_of("key"), "hello").ok());
  EXPECT_EQ(directory.read(above + "key"),
            R"({"time_created":{"secs_since_epoch":1776692220,"nanos_since_epoch":0},)"
            R"("content_type":"text/plain","custom":{"build":"9001"},)"
            R"("checksum":"9555e8555c62dcfd"})"
            "\nhello");
}

TEST_F(FilesystemObjectStoreTest, a_flipped_bit_in_a_small_payload_is_noticed_in_ranges_too) {
  const auto id = id_of("key");
  ASSERT_TRUE(put(id, test_bytes(100)).ok());
  const auto bytes = directory.read(above + "key");
  const RangeRequest first_byte{RangeRequest::FromTo{0, 0}};
  for (std::size_t bit = (bytes.size() - 100) * 8; bit < bytes.size() * 8; ++bit) {
    auto damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    directory.write(above + "key", damaged);
    ASSERT_EQ(code_of(get(id)), ErrorCode::corrupt);
    ASSERT_EQ(code_of(get(id, first_byte)), ErrorCode::corrupt);
  }
  directory.write(above + "key", bytes.substr(0, bytes.size() - 1));
  EXPECT_EQ(code_of(get(id)), ErrorCode::corrupt);
}

TEST_F(FilesystemObjectStoreTest, a_damaged_large_object_fails_before_its_last_bytes) {
  const auto id = id_of("key");
  const auto payload = test_bytes(3 << 20);
  ASSERT_TRUE(put(id, payload).ok());
  auto bytes = directory.read(above + "key");
  bytes[bytes.size() / 2] ^= 1;
  directory.write(above + "key", bytes);
  auto found = get(id);
  ASSERT_TRUE(found.ok());
  auto& stream = *std::get<std::unique_ptr<ByteStream>>(std::get<ObjectContent>(*found).body);
  std::size_t handed_out = 0;
  for (;;) {
    const auto piece = run(stream.next());
    if (!piece.ok()) {
      EXPECT_EQ(code_of(piece), ErrorCode::corrupt);
      EXPECT_THAT(piece.error().describe(), HasSubstr(above + "key"));
      break;
    }
    ASSERT_FALSE(piece->empty());
    handed_out += piece->size();
  }
  EXPECT_LT(handed_out, payload.size());
}

TEST_F(FilesystemObjectStoreTest, files_without_a_metadata_line_are_corrupt) {
  const std::string long_line = R"({"content_type":")" + std::string(1 << 20, 'x') + "\"}\n";
  for (const std::string& bytes :
       {std::string(), std::string("{}"), std::string("not json\npayload"), long_line}) {
    directory.write(above + "key", bytes);
    EXPECT_EQ(code_of(get(id_of("key"))), ErrorCode::corrupt);
    EXPECT_EQ(code_of(run(store->head(id_of("key")))), ErrorCode::corrupt);
  }
  const std::string fitting = R"({"content_type":"text/)" + std::string(900'000, 'x') + "\"}\nabc";
  directory.write(above + "key", fitting);
  EXPECT_EQ(*read(id_of("key")), "abc");
}

TEST_F(FilesystemObjectStoreTest, paths_that_cannot_be_file_names_are_refused) {
  const struct {
    const char* what;
    ObjectId id;
  } cases[] = {
      {"parent", id_of("..")},
      {"parent in front", id_of("../x")},
      {"parent inside", id_of("a/../b")},
      {"parent at the end", id_of("a/..")},
      {"itself", id_of(".")},
      {"itself inside", id_of("a/./b")},
      {"leading slash", id_of("/a")},
      {"trailing slash", id_of("a/")},
      {"double slash", id_of("a//b")},
      {"NUL", id_of(std::string("a\0b", 3))},
      {"long component", id_of("a/" + std::string(256, 'x'))},
      {"not UTF-8", id_of("a\xff")},
      {"empty key", id_of("")},
      {"usecase is the parent", {"..", Scopes(), "k"}},
      {"usecase is the root", {".", Scopes(), "k"}},
      {"empty usecase", {"", Scopes(), "k"}},
      {"usecase with slash", {"a/b", Scopes(), "k"}},
      {"absolute usecase", {"/tmp", Scopes(), "k"}},
      {"usecase of the temporary files", {"~tmp", Scopes(), "k"}},
      {"usecase of multipart uploads", {"__multipart__", Scopes(), "k"}},
      {"long usecase", {std::string(256, 'u'), Scopes(), "k"}},
      {"long scope", {"u", Scopes({{"s", std::string(254, 'v')}}), "k"}},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(code_of(put(c.id, "x")), ErrorCode::invalid_argument) << c.what;
    EXPECT_EQ(code_of(get(c.id)), ErrorCode::invalid_argument) << c.what;
    EXPECT_EQ(code_of(run(store->head(c.id))), ErrorCode::invalid_argument) << c.what;
    EXPECT_EQ(code_of(run(store->remove(c.id))), ErrorCode::invalid_argument) << c.what;
  }
  EXPECT_THAT(directory.files(), IsEmpty());
}

TEST_F(FilesystemObjectStoreTest, unusual_but_usable_names_work) {
  for (const std::string key : {"...", "..a", "a b", "~tmp/x", "a\nb", "\xf0\x9f\x90\x98",
                                "objects/objects", "a\\b", "-", "C:"}) {
    ASSERT_TRUE(put(id_of(key), key).ok()) << key;
    EXPECT_EQ(*read(id_of(key)), key);
  }
  const auto longest = id_of(std::string(255, 'x'));
  ASSERT_TRUE(put(longest, "x").ok());
  EXPECT_EQ(*read(longest), "x");
}

TEST_F(FilesystemObjectStoreTest, keys_that_are_parents_of_others_conflict) {
  ASSERT_TRUE(put(id_of("a/b"), "inner").ok());
  EXPECT_EQ(code_of(put(id_of("a"), "outer")), ErrorCode::conflict);
  EXPECT_TRUE(absent(id_of("a")));
  EXPECT_TRUE(run(store->remove(id_of("a"))).ok());
  EXPECT_EQ(*read(id_of("a/b")), "inner");

  ASSERT_TRUE(put(id_of("f"), "file").ok());
  EXPECT_EQ(code_of(put(id_of("f/g"), "below")), ErrorCode::conflict);
  EXPECT_EQ(code_of(put(id_of("f/g/h"), "below")), ErrorCode::conflict);
  EXPECT_TRUE(absent(id_of("f/g")));
  EXPECT_TRUE(run(store->remove(id_of("f/g"))).ok());
  EXPECT_EQ(*read(id_of("f")), "file");
  EXPECT_THAT(directory.files(), ElementsAre(above + "a/b", above + "f"));
}

TEST_F(FilesystemObjectStoreTest, a_deleted_prefix_can_become_a_key) {
  ASSERT_TRUE(put(id_of("a/b/c"), "x").ok());
  ASSERT_TRUE(put(id_of("a/b/d"), "x").ok());
  ASSERT_TRUE(run(store->remove(id_of("a/b/c"))).ok());
  EXPECT_TRUE(directory.has(above + "a/b"));
  ASSERT_TRUE(run(store->remove(id_of("a/b/d"))).ok());
  EXPECT_FALSE(directory.has(above + "a"));
  EXPECT_TRUE(directory.has(above));
  ASSERT_TRUE(put(id_of("a"), "now a file").ok());
  // A process that ended between the two steps of a delete leaves the directory.
  std::filesystem::create_directory(directory.path(above + "left"));
  ASSERT_TRUE(put(id_of("left"), "file").ok());
  EXPECT_EQ(*read(id_of("left")), "file");
}

TEST_F(FilesystemObjectStoreTest, symbolic_links_lead_nowhere) {
  TestDirectory outside;
  outside.write("secret", "{\"content_type\":\"a/b\"}\nsecret");
  std::filesystem::create_directories(directory.path(above));
  std::filesystem::create_directory_symlink(outside.path(), directory.path(above + "dir"));
  std::filesystem::create_symlink(outside.path("secret"), directory.path(above + "file"));
  EXPECT_FALSE(read(id_of("dir/secret")).ok());
  EXPECT_FALSE(read(id_of("file")).ok());
  EXPECT_FALSE(put(id_of("dir/new"), "x").ok());
  (void)run(store->remove(id_of("dir/secret")));
  // A link in an object's place is replaced, not followed.
  ASSERT_TRUE(put(id_of("file"), "mine").ok());
  EXPECT_EQ(*read(id_of("file")), "mine");
  EXPECT_THAT(outside.files(), ElementsAre("secret"));
  EXPECT_THAT(outside.read("secret"), HasSubstr("\nsecret"));
}

TEST_F(FilesystemObjectStoreTest, a_broken_body_leaves_the_old_object_whole) {
  const auto id = id_of("key");
  ASSERT_TRUE(put(id, "old").ok());
  const auto payload = test_bytes(700'000);
  const Error broken(ErrorCode::client_stream, "connection reset");
  for (const std::size_t piece : {50'000, 400'000, 700'000}) {
    EXPECT_EQ(put(id, payload, piece, std::nullopt, broken).error(), broken);
    for (const std::uint64_t announced : {699'999, 700'001, 1}) {
      EXPECT_EQ(code_of(put(id, payload, piece, announced)), ErrorCode::client_stream);
    }
    EXPECT_EQ(*read(id), "old");
    EXPECT_THAT(directory.files(), ElementsAre(above + "key"));
  }
}

TEST_F(FilesystemObjectStoreTest, a_fault_at_any_call_leaves_the_old_object_or_the_new_one_whole) {
  const auto id = id_of("a/b/key");
  for (const std::size_t size : {10, 700'000}) {
    const auto old_payload = test_bytes(size / 2);
    const auto new_payload = test_bytes(size);
    for (const bool overwrite : {true, false}) {
      for (int index = 0;; ++index) {
        ASSERT_TRUE(run(store->remove(id)).ok());
        std::filesystem::remove_all(directory.path("usecase"));
        if (overwrite) {
          ASSERT_TRUE(put(id, old_payload).ok());
        }
        files.faults.arm(index, ErrorCode::out_of_space);
        const auto result = put(id, new_payload);
        const bool fired = files.faults.fired();
        files.faults.disarm();
        if (!fired) {
          EXPECT_TRUE(result.ok());
          EXPECT_GE(index, 8);
          break;
        }
        ASSERT_FALSE(result.ok()) << index;
        const bool open_outcome = result.error().code() == ErrorCode::unavailable;
        EXPECT_TRUE(open_outcome || result.error().code() == ErrorCode::out_of_space);
        if (open_outcome) {
          EXPECT_TRUE(*read(id) == new_payload);
        } else if (overwrite) {
          EXPECT_TRUE(*read(id) == old_payload);
        } else {
          EXPECT_TRUE(absent(id));
        }
        EXPECT_TRUE(std::filesystem::is_empty(directory.path("~tmp"))) << index;
      }
    }
  }
}

TEST_F(FilesystemObjectStoreTest, a_put_syncs_file_new_directories_and_the_name) {
  ASSERT_TRUE(put(id_of("x"), "first").ok());
  files.faults.disarm();
  ASSERT_TRUE(put(id_of("a/b"), "payload").ok());
  auto trace = files.faults.trace;
  ASSERT_EQ(trace.size(), 5);
  EXPECT_THAT(trace[0], HasSubstr("sync ~tmp/"));
  EXPECT_EQ(trace[1], "mkdir " + above + "a");
  EXPECT_EQ(trace[2], "sync directory " + above.substr(0, above.size() - 1));
  EXPECT_THAT(trace[3], HasSubstr(" over " + above + "a/b"));
  EXPECT_EQ(trace[4], "sync directory " + above + "a");

  files.faults.disarm();
  ASSERT_TRUE(run(store->remove(id_of("a/b"))).ok());
  EXPECT_THAT(files.faults.trace,
              ElementsAre("unlink " + above + "a/b", "sync directory " + above + "a",
                          "rmdir " + above + "a"));
}

TEST_F(FilesystemObjectStoreTest, a_directory_whose_sync_failed_is_not_taken_for_durable) {
  bool hit = false;
  for (int index = 0; !hit && index < 30; ++index) {
    std::filesystem::remove_all(directory.path("usecase"));
    files.faults.arm(index, ErrorCode::io);
    (void)put(id_of("d/k"), "x");
    const auto& trace = files.faults.trace;
    hit = std::find(trace.begin(), trace.end(), "rmdir usecase") != trace.end();
  }
  EXPECT_TRUE(hit);
  EXPECT_FALSE(directory.has("usecase"));
  files.faults.disarm();
  ASSERT_TRUE(put(id_of("d/k"), "x").ok());
  EXPECT_THAT(files.faults.trace, ::testing::Contains("mkdir usecase"));
}

TEST_F(FilesystemObjectStoreTest, removing_is_final_and_idempotent) {
  ASSERT_TRUE(put(id_of("key"), "x").ok());
  ASSERT_TRUE(run(store->remove(id_of("key"))).ok());
  EXPECT_TRUE(absent(id_of("key")));
  EXPECT_TRUE(run(store->remove(id_of("key"))).ok());
  EXPECT_TRUE(run(store->remove(id_of("never/was"))).ok());
}

TEST_F(FilesystemObjectStoreTest, open_removes_what_dead_uploads_left_and_syncs_the_rest) {
  directory.write("~tmp/dead.tmp", "half");
  FaultyFileSystem other;
  ASSERT_TRUE(FilesystemObjectStore::open(directory.path(), other, pool, random, logger).ok());
  EXPECT_FALSE(directory.has("~tmp/dead.tmp"));
  EXPECT_EQ(other.faults.trace.back(), "sync everything");
}

}  // namespace
}  // namespace objectstore
