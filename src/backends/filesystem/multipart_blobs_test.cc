#include "backends/filesystem/multipart_blobs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "backends/filesystem/blob_format.h"
#include "backends/filesystem/part_format.h"
#include "backends/filesystem/test_support.h"

namespace objectstore {
namespace {

using objectstore::testing::run;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t block = blob_format::block_size;

Revision revision(std::uint64_t number) {
  return {"usecase/org.1/objects/key", Uuid::v7(1'700'000'000'000 + number, number, number)};
}

// Does something in the middle of a part.
class InterruptedBody final : public ByteStream {
 public:
  InterruptedBody(std::string bytes, std::function<void()> interruption)
      : bytes_(std::move(bytes)), interruption_(std::move(interruption)) {}
  [[nodiscard]] Task<Result<std::string_view>> next() override {
    if (next_++ == 0) co_return std::string_view(bytes_);
    if (next_ == 2) interruption_();
    co_return std::string_view();
  }

 private:
  std::string bytes_;
  std::function<void()> interruption_;
  int next_ = 0;
};

class MultipartBlobsTest : public ::testing::Test {
 protected:
  MultipartBlobsTest() { reopen(); }

  void reopen() {
    uploads.reset();
    store.reset();
    auto opened = FilesystemBlobStore::open(directory.path(), files, pool, logger);
    ASSERT_TRUE(opened.ok()) << opened.error().describe();
    store = std::move(opened).value();
    uploads = std::make_unique<FilesystemMultipartBlobs>(*store, random);
    files.faults.disarm();
  }

  std::string initiate(const Revision& of) {
    auto id = run(uploads->initiate(of, Metadata()));
    EXPECT_TRUE(id.ok()) << id.error().describe();
    return *id;
  }
  auto put_stream(const std::string& id, std::uint32_t number, std::uint64_t length,
                  ByteStream& stream) {
    PartToUpload part;
    part.number = number;
    part.length = length;
    part.stream = &stream;
    return run(uploads->put_part(name, id, part));
  }
  auto try_put(const std::string& id, std::uint32_t number, const std::string& bytes) {
    PiecewiseBody body({bytes});
    if (bytes.empty()) body = PiecewiseBody({});
    return put_stream(id, number, bytes.size(), body);
  }
  ListedPart put(const std::string& id, std::uint32_t number, const std::string& bytes) {
    const auto stored = try_put(id, number, bytes);
    EXPECT_TRUE(stored.ok()) << stored.error().describe();
    const auto* etag = stored.ok() ? std::get_if<std::string>(&*stored) : nullptr;
    EXPECT_NE(etag, nullptr);
    return {number, etag != nullptr ? *etag : std::string()};
  }
  std::vector<std::uint32_t> numbers(const std::string& id, ListParts request = ListParts()) {
    const auto listed = run(uploads->list_parts(name, id, request));
    EXPECT_TRUE(listed.ok()) << listed.error().describe();
    std::vector<std::uint32_t> found;
    for (const auto& part : std::get<PartPage>(*listed).parts)
      found.push_back(part.number);
    return found;
  }
  auto try_complete(const std::string& id, const std::vector<ListedPart>& parts) {
    return run(uploads->complete(name, id, parts));
  }
  bool complete(const std::string& id, const std::vector<ListedPart>& parts) {
    const auto completed = try_complete(id, parts);
    EXPECT_TRUE(completed.ok()) << completed.error().describe();
    return completed.ok() && std::holds_alternative<BlobCompleted>(*completed);
  }
  bool is_gone(const std::string& id) {
    const auto listed = run(uploads->list_parts(name, id, ListParts()));
    EXPECT_TRUE(listed.ok()) << listed.error().describe();
    return std::holds_alternative<NoSuchUpload>(*listed);
  }
  std::optional<std::string> read() {
    const auto reader = run(store->open(name));
    EXPECT_TRUE(reader.ok()) << reader.error().describe();
    if (!reader.ok() || !*reader) return std::nullopt;
    const auto stream = (*reader)->stream(ByteRange{0, (*reader)->size()});
    const auto bytes = run(read_to_end(*stream));
    EXPECT_TRUE(bytes.ok()) << bytes.error().describe();
    return bytes.ok() ? *bytes : std::string();
  }
  std::string upload_path(const std::string& id, const std::string& file = "") const {
    return blob_format::uploads_directory_of(name) + "/" + id + (file.empty() ? "" : "/" + file);
  }
  // Everything in tmp, directories, too.
  bool tmp_is_empty() const {
    return std::filesystem::is_empty(directory.path(std::string(blob_format::temporary_directory)));
  }

  TestDirectory directory;
  FaultyFileSystem files;
  InlinePool pool;
  CountingRandom random;
  NullLogger logger;
  std::unique_ptr<FilesystemBlobStore> store;
  std::unique_ptr<FilesystemMultipartBlobs> uploads;
  const Revision name = revision(1);
};

TEST_F(MultipartBlobsTest, parts_of_every_size_are_joined) {
  std::string whole;
  std::vector<ListedPart> parts;
  const auto id = initiate(name);
  std::uint32_t number = 0;
  for (const std::size_t size : {block + 1, std::size_t{0}, std::size_t{1}, 4 * block, block - 1,
                                 std::size_t{5} << 20, std::size_t{0}, std::size_t{77}}) {
    const auto bytes = test_bytes(size);
    parts.push_back(put(id, ++number, bytes));
    whole += bytes;
  }
  ASSERT_TRUE(complete(id, parts));
  EXPECT_TRUE(*read() == whole);
  EXPECT_TRUE(tmp_is_empty());
  EXPECT_THAT(directory.files(), ElementsAre(blob_format::path_of(name)));
}

TEST_F(MultipartBlobsTest, an_etag_is_the_md5_of_the_part_in_quotes) {
  const auto id = initiate(name);
  EXPECT_EQ(put(id, 1, "payload").etag, "\"321c3cf486ed509164edec1e1981fec8\"");
  EXPECT_EQ(put(id, 2, "").etag, "\"d41d8cd98f00b204e9800998ecf8427e\"");
}

TEST_F(MultipartBlobsTest, a_content_md5_that_can_be_none_is_refused) {
  const auto id = initiate(name);
  for (const std::string text : {"", "Mhw89IbtUJFk7eweGYH+yA", "Mhw89IbtUJFk7eweGYH+yA=x",
                                 "Mhw89IbtUJFk7eweGYH-yA==", "Mhw89IbtUJFk7eweGYH+yB=="}) {
    PiecewiseBody body({"payload"});
    PartToUpload part;
    part.number = 1;
    part.length = 7;
    part.stream = &body;
    part.content_md5 = text;
    const auto stored = run(uploads->put_part(name, id, part));
    ASSERT_TRUE(stored.ok());
    ASSERT_TRUE(std::holds_alternative<PartRefused>(*stored)) << text;
    EXPECT_EQ(std::get<PartRefused>(*stored).code, "InvalidDigest");
  }
  EXPECT_THAT(numbers(id), IsEmpty());
}

TEST_F(MultipartBlobsTest, a_page_of_no_parts_tells_that_there_are_some) {
  const auto id = initiate(name);
  const auto list = [&] {
    const auto listed = run(uploads->list_parts(name, id, ListParts{0, 0}));
    return std::get<PartPage>(*listed);
  };
  EXPECT_FALSE(list().truncated);
  put(id, 1, "payload");
  EXPECT_TRUE(list().truncated);
  EXPECT_THAT(list().parts, IsEmpty());
}

TEST_F(MultipartBlobsTest, a_page_has_an_end) {
  const auto id = initiate(name);
  for (std::uint32_t number = 1; number <= 1001; ++number)
    put(id, number, "x");
  EXPECT_EQ(numbers(id).size(), 1000U);
  EXPECT_EQ(numbers(id, ListParts{0, 2000}).size(), 1000U);
  EXPECT_THAT(numbers(id, ListParts{1000, std::nullopt}), ElementsAre(1001));
}

TEST_F(MultipartBlobsTest, a_part_too_large_is_refused_unread) {
  const auto id = initiate(name);
  PiecewiseBody body({}, Error(ErrorCode::internal, "read"));
  const auto stored = put_stream(id, 1, part_format::max_size + 1, body);
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(std::get<PartRefused>(*stored).code, "EntityTooLarge");
}

TEST_F(MultipartBlobsTest, uploads_outlive_the_process_and_are_no_blobs) {
  const auto id = initiate(name);
  const auto part = put(id, 3, "payload");
  reopen();
  EXPECT_THAT(numbers(id), ElementsAre(3));
  EXPECT_THAT(run(store->list_blobs("", 10))->blobs, IsEmpty());
  EXPECT_THAT(*run(store->list_temporary()), IsEmpty());
  ASSERT_TRUE(complete(id, {part}));
  EXPECT_EQ(read(), "payload");
}

TEST_F(MultipartBlobsTest, a_discard_ends_uploads_of_the_name_and_leaves_nothing) {
  const auto id = initiate(name);
  const auto second = initiate(name);
  const auto other = initiate(revision(2));
  put(id, 1, "payload");
  const auto discarded = run(store->discard(name, ""));
  ASSERT_TRUE(discarded.ok());
  EXPECT_EQ(*discarded, Discarded::for_good);
  EXPECT_TRUE(is_gone(id));
  EXPECT_TRUE(is_gone(second));
  EXPECT_FALSE(directory.has(blob_format::uploads_directory_of(name)));
  EXPECT_TRUE(directory.has(blob_format::uploads_directory_of(revision(2)) + "/" + other));
}

TEST_F(MultipartBlobsTest, an_upload_id_that_is_no_id_names_no_file) {
  const auto id = initiate(name);
  for (const std::string& odd :
       {std::string(), std::string("."), std::string(".."), id + "/../" + id, "../" + id, id + "x",
        id + std::string(1, '\0')}) {
    EXPECT_TRUE(is_gone(odd)) << odd;
    EXPECT_TRUE(run(uploads->abort(name, odd)).ok());
  }
  auto upper = id;
  std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
  EXPECT_TRUE(is_gone(upper));
  EXPECT_FALSE(is_gone(id));
}

TEST_F(MultipartBlobsTest, each_step_is_durable_before_the_next) {
  files.faults.disarm();
  const auto id = initiate(name);
  const auto above = blob_format::uploads_directory_of(name);
  EXPECT_THAT(files.faults.trace,
              ElementsAre("mkdir " + above, "mkdir " + upload_path(id),
                          "sync " + upload_path(id, "header"), "sync directory " + upload_path(id),
                          "sync directory " + above, "sync directory tmp"));
  files.faults.disarm();
  const auto part = put(id, 7, "payload");
  ASSERT_EQ(files.faults.trace.size(), 3U);
  EXPECT_THAT(files.faults.trace[0], HasSubstr("sync tmp/part-"));
  EXPECT_THAT(files.faults.trace[1], HasSubstr(" over " + upload_path(id, "7.part")));
  EXPECT_EQ(files.faults.trace[2], "sync directory " + upload_path(id));
  files.faults.disarm();
  ASSERT_TRUE(complete(id, {part}));
  const auto blob = upload_path(id, "blob.tmp");
  EXPECT_THAT(
      files.faults.trace,
      ElementsAre("sync " + blob, "rename " + blob + " to new " + blob_format::path_of(name),
                  "sync directory " + blob_format::directory_of(name),
                  "unlink " + upload_path(id, "header"), "unlink " + upload_path(id, "7.part"),
                  "rmdir " + upload_path(id), "rmdir " + above, "sync directory tmp"));
}

TEST_F(MultipartBlobsTest, an_abort_wins_over_a_part_in_flight) {
  const auto id = initiate(name);
  InterruptedBody body("payload", [&] { EXPECT_TRUE(run(uploads->abort(name, id)).ok()); });
  const auto stored = put_stream(id, 1, 7, body);
  ASSERT_TRUE(stored.ok()) << stored.error().describe();
  EXPECT_TRUE(std::holds_alternative<NoSuchUpload>(*stored));
  EXPECT_TRUE(tmp_is_empty());
}

TEST_F(MultipartBlobsTest, an_abort_wins_over_a_completion_under_way) {
  const auto id = initiate(name);
  const auto part = put(id, 1, "payload");
  bool interrupted = false;
  files.faults.after_create = [&] {
    interrupted = true;
    EXPECT_TRUE(run(uploads->abort(name, id)).ok());
  };
  const auto completed = try_complete(id, {part});
  ASSERT_TRUE(interrupted);
  // Its file was taken before it was locked: trying again tells the rest.
  if (completed.ok()) {
    EXPECT_TRUE(std::holds_alternative<NoSuchUpload>(*completed));
  }
  EXPECT_EQ(read(), std::nullopt);
  EXPECT_TRUE(tmp_is_empty());
}

TEST_F(MultipartBlobsTest, one_completion_at_a_time) {
  const auto id = initiate(name);
  const auto part = put(id, 1, "payload");
  const auto tree = std::move(*PosixFileSystem().open_tree(directory.path()));
  auto held = std::move(*tree->create(upload_path(id, "blob.tmp")));
  ASSERT_TRUE(*held->try_lock());
  EXPECT_EQ(code_of(try_complete(id, {part})), ErrorCode::unavailable);
  EXPECT_EQ(read(), std::nullopt);
  // The other process dies.
  held.reset();
  EXPECT_TRUE(complete(id, {part}));
  EXPECT_EQ(read(), "payload");
}

TEST_F(MultipartBlobsTest, a_damaged_part_is_noticed_and_makes_no_blob) {
  const auto id = initiate(name);
  const auto part = put(id, 1, test_bytes(300));
  const auto path = upload_path(id, "1.part");
  const auto bytes = directory.read(path);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 16);
    directory.write(path, damaged);
    const auto completed = try_complete(id, {part});
    ASSERT_FALSE(completed.ok()) << at;
    EXPECT_EQ(code_of(completed), ErrorCode::corrupt) << at;
    EXPECT_THAT(completed.error().describe(), HasSubstr(path));
  }
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    directory.write(path, std::string_view(bytes).substr(0, size));
    EXPECT_EQ(code_of(try_complete(id, {part})), ErrorCode::corrupt) << size;
  }
  directory.write(path, bytes + "x");
  EXPECT_EQ(code_of(try_complete(id, {part})), ErrorCode::corrupt);
  directory.write(path, bytes);
  EXPECT_TRUE(complete(id, {part}));
}

// The example of docs/formats/blob.md.
TEST_F(MultipartBlobsTest, part_files_are_as_documented) {
  const auto id = initiate(name);
  put(id, 7, "hello");
  const auto bytes = directory.read(upload_path(id, "7.part"));
  std::string hex;
  for (const char byte : bytes)
    hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  EXPECT_EQ(hex,
            "6f7362706172740a"
            "0100000007000000"
            "0500000000000000"
            "5d41402abc4b2a76b9719d911017c592"
            "fd07eb40fb97fc18"
            "68656c6c6f"
            "fddc625c55e85595");
  for (const auto* odd : {"", ".part", "1.tmp", "1.part.", "x.part", "-1.part", "1x.part"})
    EXPECT_EQ(part_format::number_of(odd), std::nullopt) << odd;
  EXPECT_EQ(part_format::number_of("10000.part"), 10'000U);
}

TEST_F(MultipartBlobsTest, a_fault_at_any_call_of_an_initiation_leaves_nothing_after_abort_all) {
  for (int index = 0;; ++index) {
    files.faults.arm(index);
    const auto id = run(uploads->initiate(name, Metadata()));
    const bool fired = files.faults.fired();
    files.faults.disarm();
    EXPECT_EQ(id.ok(), !fired) << index;
    ASSERT_TRUE(run(uploads->abort_all(name)).ok());
    EXPECT_TRUE(tmp_is_empty()) << index;
    if (!fired) break;
  }
}

TEST_F(MultipartBlobsTest, a_fault_at_any_call_of_a_part_leaves_the_one_before_or_the_new_one) {
  const auto payload = test_bytes(700'000);
  for (const auto code : {ErrorCode::out_of_space, ErrorCode::io}) {
    int faulted = 0;
    for (int index = 0;; ++index) {
      const auto id = initiate(name);
      const auto before = put(id, 1, "before");
      files.faults.arm(index, code);
      const auto stored = try_put(id, 1, payload);
      const bool fired = files.faults.fired();
      files.faults.disarm();
      EXPECT_EQ(stored.ok(), !fired) << index;
      if (fired) {
        ++faulted;
        EXPECT_EQ(code_of(stored), code) << index;
        const auto listed = run(uploads->list_parts(name, id, ListParts()));
        const auto& page = std::get<PartPage>(*listed);
        ASSERT_EQ(page.parts.size(), 1U);
        ASSERT_TRUE(complete(id, {ListedPart{1, page.parts[0].etag}}));
        EXPECT_TRUE(*read() == (page.parts[0].etag == before.etag ? "before" : payload)) << index;
      }
      ASSERT_TRUE(run(store->discard(name, "")).ok());
      EXPECT_TRUE(tmp_is_empty()) << index;
      if (!fired) break;
    }
    // upload, create, lock, status; one write, the rest, header, sync, rename, directory.
    EXPECT_EQ(faulted, 11);
  }
}

TEST_F(MultipartBlobsTest, a_fault_at_any_call_of_a_completion_can_be_repeated_or_aborted) {
  const auto payload = test_bytes(300'000);
  for (const bool repeat : {true, false}) {
    int faulted = 0;
    for (int index = 0;; ++index) {
      const auto id = initiate(name);
      const std::vector<ListedPart> parts = {put(id, 1, payload), put(id, 2, "end")};
      files.faults.arm(index, index % 2 == 0 ? ErrorCode::out_of_space : ErrorCode::io);
      auto completed = try_complete(id, parts);
      const bool fired = files.faults.fired();
      files.faults.disarm();
      if (!fired) {
        EXPECT_TRUE(completed.ok());
        ASSERT_TRUE(run(store->discard(name, "")).ok());
        break;
      }
      ++faulted;
      const bool made = read().has_value();
      if (completed.ok()) {
        EXPECT_TRUE(made) << index;  // only what was left could not be removed
      }
      if (repeat && !made) {
        ASSERT_TRUE(complete(id, parts)) << index;
      }
      if (repeat) {
        EXPECT_TRUE(*read() == payload + "end") << index;
      }
      ASSERT_TRUE(run(uploads->abort(name, id)).ok());
      EXPECT_EQ(read().has_value(), made || repeat);
      EXPECT_TRUE(tmp_is_empty()) << index;
      ASSERT_TRUE(run(store->discard(name, "")).ok());
      EXPECT_THAT(directory.files(), IsEmpty()) << index;
    }
    EXPECT_GT(faulted, 25);
  }
}

TEST_F(MultipartBlobsTest, what_a_completion_leaves_is_removed_at_the_next_start) {
  int left = 0;
  for (int index = 0;; ++index) {
    const auto id = initiate(name);
    const auto part = put(id, 1, "payload");
    // Everything fails from there on, as after a crash.
    files.faults.arm(index, ErrorCode::io, Faults::never);
    (void)try_complete(id, {part});
    const bool fired = files.faults.fired();
    files.faults.disarm();
    reopen();
    EXPECT_FALSE(directory.has(upload_path(id, "blob.tmp"))) << index;
    if (directory.has(blob_format::path_of(name))) {
      left += fired ? 1 : 0;
      EXPECT_TRUE(tmp_is_empty()) << index;
      EXPECT_EQ(read(), "payload");
    } else {
      EXPECT_THAT(numbers(id), ElementsAre(1));
      EXPECT_TRUE(complete(id, {part})) << index;
    }
    ASSERT_TRUE(run(store->discard(name, "")).ok());
    EXPECT_THAT(directory.files(), IsEmpty()) << index;
    if (!fired) break;
  }
  EXPECT_GT(left, 4);
}

TEST_F(MultipartBlobsTest, a_blob_whose_last_sync_is_missing_gets_it_before_it_is_seen) {
  const auto id = initiate(name);
  const auto part = put(id, 1, "payload");
  // Which call it is.
  const auto sync = "sync directory " + blob_format::directory_of(name);
  for (int index = 0;; ++index) {
    files.faults.arm(index, ErrorCode::io, Faults::never);
    ASSERT_FALSE(try_complete(id, {part}).ok());
    files.faults.disarm();
    if (directory.has(blob_format::path_of(name))) break;
  }
  ASSERT_TRUE(directory.has(upload_path(id)));
  files.faults.disarm();
  EXPECT_EQ(read(), "payload");
  EXPECT_THAT(files.faults.trace, ElementsAre(sync));
  EXPECT_EQ(code_of(try_complete(id, {part})), ErrorCode::conflict);
  files.faults.disarm();
  auto opened = FilesystemBlobStore::open(directory.path(), files, pool, logger);
  EXPECT_THAT(files.faults.trace, ::testing::Contains(sync));
  EXPECT_TRUE(tmp_is_empty());
}

TEST_F(MultipartBlobsTest, a_fault_at_any_call_of_an_abort_is_reported_and_a_repeat_heals_it) {
  for (int index = 0;; ++index) {
    const auto id = initiate(name);
    put(id, 1, "payload");
    put(id, 2, "more");
    files.faults.arm(index, ErrorCode::io);
    const auto aborted = run(uploads->abort(name, id));
    const bool fired = files.faults.fired();
    files.faults.disarm();
    EXPECT_EQ(aborted.ok(), !fired) << index;
    ASSERT_TRUE(run(uploads->abort(name, id)).ok());
    EXPECT_TRUE(is_gone(id));
    EXPECT_TRUE(tmp_is_empty()) << index;
    if (!fired) break;
  }
}

}  // namespace
}  // namespace objectstore
