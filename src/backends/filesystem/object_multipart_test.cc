#include "backends/filesystem/object_multipart.h"

#include <gmock/gmock.h>

#include "backends/filesystem/test_support.h"
#include "testing/manual_clock.h"
#include "testing/read_content.h"

namespace objectstore {
namespace {

using objectstore::testing::ManualClock;
using objectstore::testing::read_content;
using objectstore::testing::run;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string above = "usecase/org.17/objects/";

ObjectId id_of(std::string key) {
  return {"usecase", Scopes(std::vector<Scope>{{"org", "17"}}), std::move(key)};
}

class MultipartObjectsTest : public ::testing::Test {
 protected:
  MultipartObjectsTest() {
    auto opened = FilesystemObjectStore::open(directory.path(), files, pool, random, logger);
    EXPECT_TRUE(opened.ok());
    store = std::move(opened).value();
    uploads = std::make_unique<FilesystemMultipartObjects>(*store, clock);
    files.faults.disarm();
  }

  std::string initiate(const std::string& key, const Metadata& metadata = Metadata()) {
    auto upload = run(uploads->initiate(id_of(key), metadata));
    EXPECT_TRUE(upload.ok()) << upload.error().describe();
    return upload.ok() ? *upload : std::string();
  }
  auto put_stream(const std::string& key, const std::string& upload, std::uint32_t number,
                  std::uint64_t length, ByteStream& stream,
                  std::optional<std::string> md5 = std::nullopt) {
    PartToUpload part;
    part.number = number;
    part.length = length;
    part.stream = &stream;
    part.content_md5 = std::move(md5);
    return run(uploads->put_part(id_of(key), upload, part));
  }
  auto try_put(const std::string& key, const std::string& upload, std::uint32_t number,
               const std::string& bytes, std::optional<std::string> md5 = std::nullopt) {
    PiecewiseBody body(bytes.empty() ? std::vector<std::string>()
                                     : std::vector<std::string>{bytes});
    return put_stream(key, upload, number, bytes.size(), body, std::move(md5));
  }
  ListedPart put(const std::string& key, const std::string& upload, std::uint32_t number,
                 const std::string& bytes) {
    const auto stored = try_put(key, upload, number, bytes);
    EXPECT_TRUE(stored.ok()) << stored.error().describe();
    const auto* etag = stored.ok() ? std::get_if<std::string>(&*stored) : nullptr;
    EXPECT_NE(etag, nullptr);
    return {number, etag != nullptr ? *etag : std::string()};
  }
  auto try_list(const std::string& key, const std::string& upload,
                ListParts request = ListParts()) {
    return run(uploads->list_parts(id_of(key), upload, request));
  }
  PartPage list(const std::string& key, const std::string& upload,
                ListParts request = ListParts()) {
    const auto listed = try_list(key, upload, request);
    EXPECT_TRUE(listed.ok()) << listed.error().describe();
    return std::get<PartPage>(*listed);
  }
  auto try_complete(const std::string& key, const std::string& upload,
                    const std::vector<ListedPart>& parts) {
    return run(uploads->complete(id_of(key), upload, parts));
  }
  template <class T>
  bool completes_as(const std::string& key, const std::string& upload,
                    const std::vector<ListedPart>& parts) {
    const auto completed = try_complete(key, upload, parts);
    EXPECT_TRUE(completed.ok()) << completed.error().describe();
    return completed.ok() && std::holds_alternative<T>(*completed);
  }
  bool abort(const std::string& key, const std::string& upload) {
    return run(uploads->abort(id_of(key), upload)).ok();
  }
  bool is_gone(const std::string& key, const std::string& upload) {
    const auto listed = try_list(key, upload);
    EXPECT_TRUE(listed.ok()) << listed.error().describe();
    return listed.ok() && std::holds_alternative<NoSuchUpload>(*listed);
  }
  Result<void> put_object(const std::string& key, const std::string& payload) {
    PiecewiseBody body({payload});
    Upload upload;
    upload.stream = &body;
    return run(store->put(id_of(key), Metadata(), upload));
  }
  std::optional<std::string> read(const std::string& key) {
    auto found = run(store->get(id_of(key), std::nullopt));
    EXPECT_TRUE(found.ok()) << found.error().describe();
    auto* content = found.ok() ? std::get_if<ObjectContent>(&*found) : nullptr;
    if (content == nullptr) return std::nullopt;
    const auto bytes = run(read_content(std::move(*content)));
    EXPECT_TRUE(bytes.ok()) << bytes.error().describe();
    return bytes.ok() ? *bytes : std::string();
  }
  static std::string path(const std::string& key, const std::string& upload,
                          const std::string& file = "") {
    return "__multipart__/" + above + key + "/" + upload + (file.empty() ? "" : "/" + file);
  }

  TestDirectory directory;
  FaultyFileSystem files;
  InlinePool pool;
  CountingRandom random;
  NullLogger logger;
  ManualClock clock{WallTime(std::chrono::seconds(1'776'692'220)) + Duration(5)};
  std::unique_ptr<FilesystemObjectStore> store;
  std::unique_ptr<FilesystemMultipartObjects> uploads;
};

TEST_F(MultipartObjectsTest, files_are_those_of_the_existing_service) {
  Metadata metadata;
  metadata.content_type = "text/plain";
  const auto upload = initiate("dir/key", metadata);
  EXPECT_EQ(Uuid::parse(upload)->unix_ms(), 1'776'692'220'000U);
  EXPECT_EQ(put("dir/key", upload, 3, "hello").etag, "\"etag-3-5\"");
  EXPECT_THAT(directory.files(), ElementsAre(path("dir/key", upload, "3.part"),
                                             path("dir/key", upload, "metadata.json")));
  EXPECT_EQ(directory.read(path("dir/key", upload, "metadata.json")),
            R"({"content_type":"text/plain"})");
  EXPECT_EQ(directory.read(path("dir/key", upload, "3.part")),
            R"({"etag":"\"etag-3-5\"","size":5,"uploaded_at":{"nanos_since_epoch":5,)"
            R"("secs_since_epoch":1776692220}})"
            "\nhello");
}

TEST_F(MultipartObjectsTest, uploads_of_the_existing_service_are_taken_over) {
  const std::string upload = "0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77";
  directory.write(path("key", upload, "metadata.json"),
                  R"({"content_type":"text/plain","custom":{"a":"b"},"unknown":1})");
  directory.write(path("key", upload, "1.part"),
                  R"({"uploaded_at":{"secs_since_epoch":7,"nanos_since_epoch":9},)"
                  R"("size":3,"etag":"\"etag-1-3\""})"
                  "\nabc");
  const auto page = list("key", upload);
  ASSERT_EQ(page.parts.size(), 1U);
  EXPECT_EQ(page.parts[0].last_modified, WallTime(std::chrono::seconds(7)) + Duration(9));
  const auto second = put("key", upload, 2, "def");
  ASSERT_TRUE(completes_as<BlobCompleted>("key", upload, {{1, page.parts[0].etag}, second}));
  EXPECT_EQ(read("key"), "abcdef");
  EXPECT_EQ((*run(store->head(id_of("key"))))->custom.at("a"), "b");
}

TEST_F(MultipartObjectsTest, parts_of_every_size_become_the_object_and_replace_the_one_before) {
  ASSERT_TRUE(put_object("key", "before").ok());
  const auto upload = initiate("key");
  std::string whole;
  std::vector<ListedPart> parts;
  std::uint32_t number = 20;
  for (const std::size_t size : {700'000, 0, 1, 262'144, 5}) {
    const auto bytes = test_bytes(size);
    parts.push_back(put("key", upload, --number, bytes));
    whole += bytes;
  }
  EXPECT_EQ(read("key"), "before");
  // In the order of the list, whatever the numbers.
  ASSERT_TRUE(completes_as<BlobCompleted>("key", upload, parts));
  EXPECT_TRUE(*read("key") == whole);
  EXPECT_TRUE(is_gone("key", upload));
  EXPECT_TRUE(completes_as<NoSuchUpload>("key", upload, parts));
  EXPECT_THAT(directory.files(), ElementsAre(above + "key"));
  EXPECT_FALSE(directory.has("__multipart__/" + above + "key"));
}

TEST_F(MultipartObjectsTest, an_empty_list_is_an_empty_object) {
  const auto upload = initiate("key");
  put("key", upload, 1, "left out");
  ASSERT_TRUE(completes_as<BlobCompleted>("key", upload, {}));
  EXPECT_EQ(read("key"), "");
}

TEST_F(MultipartObjectsTest, a_wrong_list_is_refused_and_the_upload_goes_on) {
  const auto upload = initiate("key");
  const auto part = put("key", upload, 1, "payload");
  const struct {
    ListedPart listed;
    const char* message;
  } cases[] = {
      {{2, "\"etag-2-7\""}, "part 2 was not uploaded"},
      {{1, "\"etag-1-8\""}, "etag mismatch for part 1: expected \"etag-1-7\", got \"etag-1-8\""},
      {{0, "x"}, "part 0 was not uploaded"},
  };
  for (const auto& [listed, message] : cases) {
    const auto completed = try_complete("key", upload, {part, listed});
    ASSERT_TRUE(completed.ok());
    ASSERT_TRUE(std::holds_alternative<PartRefused>(*completed));
    EXPECT_EQ(std::get<PartRefused>(*completed).code, "InvalidPart");
    EXPECT_EQ(std::get<PartRefused>(*completed).message, message);
  }
  EXPECT_EQ(read("key"), std::nullopt);
  EXPECT_TRUE(completes_as<BlobCompleted>("key", upload, {part, part}));
  EXPECT_EQ(read("key"), "payloadpayload");
}

TEST_F(MultipartObjectsTest, parts_are_listed_by_number_page_by_page) {
  const auto upload = initiate("key");
  for (const std::uint32_t number : {4'294'967'295U, 10U, 2U})
    put("key", upload, number, std::string(number % 100, 'x'));
  const struct {
    ListParts request;
    std::vector<std::uint32_t> numbers;
    bool truncated;
  } pages[] = {
      {{0, std::nullopt}, {2, 10, 4'294'967'295U}, false},
      {{0, 2}, {2, 10}, true},
      {{2, 2}, {10, 4'294'967'295U}, false},
      {{10, std::nullopt}, {4'294'967'295U}, false},
      {{0, 0}, {}, true},
      {{4'294'967'295U, 0}, {}, false},
  };
  for (const auto& expected : pages) {
    const auto page = list("key", upload, expected.request);
    std::vector<std::uint32_t> numbers;
    for (const auto& part : page.parts) {
      numbers.push_back(part.number);
      EXPECT_EQ(part.size, part.number % 100);
      EXPECT_EQ(part.last_modified, clock.now());
    }
    EXPECT_EQ(numbers, expected.numbers);
    EXPECT_EQ(page.truncated, expected.truncated);
  }
}

TEST_F(MultipartObjectsTest, a_body_that_breaks_or_does_not_match_harms_nothing) {
  const auto upload = initiate("key");
  const auto part = put("key", upload, 1, "payload");
  const auto bytes = test_bytes(300'000);
  const Error broken(ErrorCode::client_stream, "the connection broke");
  for (const std::uint64_t length : {0, 299'999, 300'001}) {
    PiecewiseBody body({bytes});
    EXPECT_EQ(code_of(put_stream("key", upload, 1, length, body)), ErrorCode::client_stream);
  }
  PiecewiseBody body({bytes}, broken);
  EXPECT_EQ(code_of(put_stream("key", upload, 1, 300'000, body)), ErrorCode::client_stream);
  EXPECT_TRUE(std::holds_alternative<std::string>(
      *try_put("key", upload, 2, "payload", "Mhw89IbtUJFk7eweGYH+yA==")));
  for (const auto& [md5, code] : std::vector<std::pair<std::string, std::string>>{
           {"Mhw89IbtUJFk7eweGYH+yA==", "BadDigest"}, {"x", "InvalidDigest"}}) {
    const auto stored = try_put("key", upload, 1, "other", md5);
    ASSERT_TRUE(stored.ok());
    EXPECT_EQ(std::get<PartRefused>(*stored).code, code);
  }
  EXPECT_EQ(directory.files().size(), 3U);
  ASSERT_TRUE(completes_as<BlobCompleted>("key", upload, {part}));
  EXPECT_EQ(read("key"), "payload");
}

TEST_F(MultipartObjectsTest, aborts_touch_no_object_and_no_other_upload) {
  ASSERT_TRUE(put_object("key", "before").ok());
  const auto upload = initiate("key");
  const auto other = initiate("key");
  const auto below = initiate("key/" + upload);
  const auto part = put("key", upload, 1, "payload");
  put("key", other, 1, "payload");
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(abort("key", upload));
    EXPECT_TRUE(is_gone("key", upload));
    EXPECT_TRUE(std::holds_alternative<NoSuchUpload>(*try_put("key", upload, 1, "payload")));
    EXPECT_TRUE(completes_as<NoSuchUpload>("key", upload, {part}));
  }
  EXPECT_FALSE(is_gone("key", other));
  EXPECT_FALSE(is_gone("key/" + upload, below));
  EXPECT_TRUE(abort("key", other));
  EXPECT_TRUE(abort("key/" + upload, below));
  EXPECT_EQ(read("key"), "before");
  EXPECT_THAT(directory.files(), ElementsAre(above + "key"));
  EXPECT_FALSE(directory.has("__multipart__/" + above + "key"));
}

TEST_F(MultipartObjectsTest, an_upload_id_names_no_other_directory) {
  const auto upload = initiate("key");
  const auto part = put("key", upload, 1, "payload");
  for (const std::string& odd : {std::string(), std::string(".."), "../key/" + upload, upload + "/",
                                 upload + "/../" + upload, std::string("metadata.json")}) {
    EXPECT_TRUE(is_gone("key", odd)) << odd;
    EXPECT_TRUE(std::holds_alternative<NoSuchUpload>(*try_put("key", odd, 1, "x")));
    EXPECT_TRUE(completes_as<NoSuchUpload>("key", odd, {part}));
    EXPECT_TRUE(abort("key", odd));
  }
  EXPECT_TRUE(is_gone("other", upload));
  EXPECT_FALSE(is_gone("key", upload));
  EXPECT_EQ(code_of(run(uploads->initiate(id_of("../x"), Metadata()))),
            ErrorCode::invalid_argument);
  EXPECT_EQ(code_of(run(uploads->abort(id_of("../x"), upload))), ErrorCode::invalid_argument);
}

TEST_F(MultipartObjectsTest, a_key_that_collides_with_others_is_a_conflict_and_the_upload_goes_on) {
  ASSERT_TRUE(put_object("a/b", "payload").ok());
  const auto upload = initiate("a");
  const auto part = put("a", upload, 1, "payload");
  EXPECT_EQ(code_of(try_complete("a", upload, {part})), ErrorCode::conflict);
  ASSERT_TRUE(run(store->remove(id_of("a/b"))).ok());
  EXPECT_TRUE(completes_as<BlobCompleted>("a", upload, {part}));
  EXPECT_EQ(read("a"), "payload");
}

TEST_F(MultipartObjectsTest, one_completion_at_a_time) {
  const auto upload = initiate("key");
  const auto part = put("key", upload, 1, "payload");
  const auto tree = std::move(*PosixFileSystem().open_tree(directory.path()));
  auto held = std::move(*tree->create(path("key", upload, "object.tmp")));
  ASSERT_TRUE(*held->try_lock());
  EXPECT_TRUE(completes_as<CompletionInProgress>("key", upload, {part}));
  // The other process dies.
  held.reset();
  EXPECT_TRUE(completes_as<BlobCompleted>("key", upload, {part}));
  EXPECT_EQ(read("key"), "payload");
}

TEST_F(MultipartObjectsTest, an_abort_wins_over_what_is_under_way) {
  const auto upload = initiate("key");
  const auto part = put("key", upload, 1, "payload");
  files.faults.after_create = [&] { EXPECT_TRUE(abort("key", upload)); };
  const auto completed = try_complete("key", upload, {part});
  if (completed.ok()) {
    EXPECT_TRUE(std::holds_alternative<NoSuchUpload>(*completed));
  }
  EXPECT_EQ(read("key"), std::nullopt);
  files.faults.after_create = nullptr;
  const auto next = initiate("key");
  files.faults.after_create = [&] { EXPECT_TRUE(abort("key", next)); };
  EXPECT_TRUE(std::holds_alternative<NoSuchUpload>(*try_put("key", next, 1, "payload")));
  EXPECT_THAT(directory.files(), IsEmpty());
}

TEST_F(MultipartObjectsTest, damaged_parts_are_noticed) {
  const auto upload = initiate("key");
  const auto part = put("key", upload, 1, "payload");
  const auto file = path("key", upload, "1.part");
  const auto whole = directory.read(file);
  const std::string time = R"("uploaded_at":{"nanos_since_epoch":0,"secs_since_epoch":1})";
  for (const std::string& bytes :
       {std::string(), whole.substr(0, whole.size() - 1), whole + "x", std::string("\n"),
        std::string("[]\n"), "{\"size\":1," + time + "}\nx",
        "{\"etag\":1,\"size\":1," + time + "}\nx", "{\"etag\":\"\",\"size\":-1," + time + "}\nx",
        std::string("{\"etag\":\"\",\"size\":1}\nx"),
        std::string("{\"etag\":\"\",\"size\":1,\"uploaded_at\":{}}\nx")}) {
    directory.write(file, bytes);
    const auto completed = try_complete("key", upload, {part});
    ASSERT_FALSE(completed.ok()) << bytes;
    EXPECT_EQ(code_of(completed), ErrorCode::corrupt);
    EXPECT_THAT(completed.error().describe(), HasSubstr(file));
    EXPECT_EQ(code_of(try_list("key", upload)), ErrorCode::corrupt);
  }
  directory.write(file,
                  "{\"etag\":\"e\",\"size\":1,\"uploaded_at\":{\"nanos_since_epoch\":0,"
                  "\"secs_since_epoch\":18446744073709551615}}\nx");
  EXPECT_EQ(list("key", upload).parts[0].last_modified, WallTime::max());
}

TEST_F(MultipartObjectsTest, a_fault_at_any_call_leaves_the_old_object_or_the_new_one) {
  const auto payload = test_bytes(700'000);
  for (const auto code : {ErrorCode::out_of_space, ErrorCode::io}) {
    int faulted = 0;
    for (int index = 0;; ++index) {
      ASSERT_TRUE(put_object("key", "before").ok());
      files.faults.arm(index, code);
      std::string upload;
      const bool done = [&] {
        const auto initiated = run(uploads->initiate(id_of("key"), Metadata()));
        if (!initiated.ok()) return false;
        upload = *initiated;
        const auto stored = try_put("key", upload, 1, payload);
        if (!stored.ok() || !std::holds_alternative<std::string>(*stored)) return false;
        const auto completed = try_complete("key", upload, {{1, std::get<std::string>(*stored)}});
        return completed.ok() && std::holds_alternative<BlobCompleted>(*completed);
      }();
      const bool fired = files.faults.fired();
      files.faults.disarm();
      const auto found = *read("key");
      EXPECT_TRUE(found == payload || (fired && found == "before")) << index;
      if (done) {
        EXPECT_TRUE(found == payload) << index;
      }
      if (!upload.empty()) {
        EXPECT_TRUE(abort("key", upload));
        EXPECT_THAT(directory.files(), ElementsAre(above + "key")) << index;
      }
      std::filesystem::remove_all(directory.path("__multipart__"));
      if (!fired) break;
      ++faulted;
    }
    EXPECT_GT(faulted, 40);
  }
}

}  // namespace
}  // namespace objectstore
