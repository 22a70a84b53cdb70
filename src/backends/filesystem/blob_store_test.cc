#include "backends/filesystem/blob_store.h"

#include <gmock/gmock.h>

#include "backends/filesystem/blob_format.h"
#include "backends/filesystem/test_support.h"

namespace objectstore {
namespace {

using objectstore::testing::run;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t block = blob_format::block_size;

Revision revision(std::uint64_t number, std::string path = "usecase/org.1/objects/key") {
  return {std::move(path), Uuid::v7(1'700'000'000'000 + number, number, number)};
}

Metadata some_metadata() {
  Metadata metadata;
  metadata.content_type = "text/plain";
  metadata.filename = "a.txt";
  metadata.custom["build"] = "9001";
  return metadata;
}

class BlobStoreTest : public ::testing::Test {
 protected:
  BlobStoreTest() { reopen(); }

  void reopen() {
    store.reset();
    auto opened = FilesystemBlobStore::open(directory.path(), files, pool, logger);
    ASSERT_TRUE(opened.ok()) << opened.error().describe();
    store = std::move(opened).value();
    files.faults.disarm();
  }

  std::unique_ptr<BlobWriter> create(const Revision& name) {
    auto writer = run(store->create(name, some_metadata()));
    EXPECT_TRUE(writer.ok());
    return std::move(writer).value();
  }

  Result<void> upload(const Revision& name, const std::string& payload, std::size_t piece) {
    auto begun = run(store->create(name, some_metadata()));
    if (!begun.ok()) return std::move(begun).error();
    const auto writer = std::move(begun).value();
    for (std::size_t at = 0; at < payload.size(); at += piece) {
      TRY(run(writer->append(std::string_view(payload).substr(at, piece))));
    }
    return run(writer->finish());
  }

  Result<std::string> read(const Revision& name, std::optional<ByteRange> range = std::nullopt) {
    TRY_ASSIGN(const auto reader, run(store->open(name)));
    if (!reader) return Error(ErrorCode::internal, "absent");
    const ByteRange whole{0, reader->size()};
    const auto stream = reader->stream(range.value_or(whole));
    return run(read_to_end(*stream));
  }

  bool exists(const Revision& name) {
    const auto found = run(store->extend(name, WallTime()));
    EXPECT_TRUE(found.ok());
    return *found;
  }

  TestDirectory directory;
  FaultyFileSystem files;
  InlinePool pool;
  NullLogger logger;
  std::unique_ptr<FilesystemBlobStore> store;
};

TEST_F(BlobStoreTest, blobs_of_every_size_come_back_whole) {
  const std::size_t sizes[] = {0,         1,       block - 1,     block,   block + 1,
                               4 * block, 1 << 20, (1 << 20) + 1, 5 << 20, (5 << 20) - 7};
  const std::size_t pieces[] = {1000, 65536, 300'000, 8 << 20};
  std::uint64_t number = 0;
  for (const auto size : sizes) {
    const auto payload = test_bytes(size);
    for (const auto piece : pieces) {
      const auto name = revision(++number);
      ASSERT_TRUE(upload(name, payload, piece).ok());
      const auto reader = run(store->open(name));
      ASSERT_TRUE(reader.ok() && *reader);
      EXPECT_EQ((*reader)->size(), size);
      EXPECT_EQ((*reader)->metadata(), some_metadata());
      const auto found = read(name);
      ASSERT_TRUE(found.ok()) << found.error().describe();
      EXPECT_TRUE(*found == payload) << size << " in pieces of " << piece;
    }
  }
}

TEST_F(BlobStoreTest, ranges_equal_the_same_part_of_the_payload) {
  const auto payload = test_bytes(6 * block + 100);
  const auto name = revision(1);
  ASSERT_TRUE(upload(name, payload, 100'000).ok());
  const std::size_t offsets[] = {
      0,         1,         block - 1,     block,          block + 1,
      4 * block, 5 * block, 5 * block + 9, 6 * block + 99, 6 * block + 100};
  const std::size_t lengths[] = {0, 1, 2, block, block + 1, 4 * block, 5 * block, 6 * block + 100};
  int tried = 0;
  for (const auto offset : offsets) {
    for (const auto length : lengths) {
      if (offset + length > payload.size()) continue;
      const auto found = read(name, ByteRange{offset, length});
      ASSERT_TRUE(found.ok()) << found.error().describe();
      EXPECT_TRUE(*found == payload.substr(offset, length)) << offset << "+" << length;
      ++tried;
    }
  }
  EXPECT_GT(tried, 40);
}

TEST_F(BlobStoreTest, every_flipped_bit_is_noticed) {
  const auto name = revision(1);
  const auto payload = test_bytes(300);
  ASSERT_TRUE(upload(name, payload, 300).ok());
  const auto path = blob_format::path_of(name);
  const auto bytes = directory.read(path);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    directory.write(path, damaged);
    const auto found = read(name);
    ASSERT_FALSE(found.ok()) << "bit " << bit;
    ASSERT_EQ(code_of(found), ErrorCode::corrupt) << found.error().describe();
    ASSERT_THAT(found.error().describe(), HasSubstr(path));
  }
}

TEST_F(BlobStoreTest, a_damaged_block_spoils_no_other_and_hands_out_nothing_of_itself) {
  const auto name = revision(1);
  const auto payload = test_bytes(9 * block + 5);
  ASSERT_TRUE(upload(name, payload, 1 << 20).ok());
  const auto path = blob_format::path_of(name);
  auto bytes = directory.read(path);
  const auto header = bytes.size() - blob_format::file_size(0, payload.size());
  bytes[header + 5 * blob_format::stored_block_size + 17] ^= 4;
  directory.write(path, bytes);

  EXPECT_TRUE(*read(name, ByteRange{0, 5 * block}) == payload.substr(0, 5 * block));
  EXPECT_TRUE(*read(name, ByteRange{6 * block, 100}) == payload.substr(6 * block, 100));
  const ByteRange touching[] = {{5 * block, 1}, {6 * block - 1, 1}, {5 * block - 1, 2}};
  for (const auto& range : touching) {
    const auto found = read(name, range);
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(code_of(found), ErrorCode::corrupt);
    EXPECT_THAT(found.error().describe(), HasSubstr("block 5"));
  }
}

TEST_F(BlobStoreTest, every_truncation_is_noticed) {
  const auto name = revision(1);
  ASSERT_TRUE(upload(name, test_bytes(300), 300).ok());
  const auto path = blob_format::path_of(name);
  const auto bytes = directory.read(path);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    directory.write(path, std::string_view(bytes).substr(0, size));
    const auto opened = run(store->open(name));
    ASSERT_FALSE(opened.ok()) << size;
    ASSERT_EQ(code_of(opened), ErrorCode::corrupt);
    ASSERT_THAT(opened.error().describe(), HasSubstr(path));
  }
  directory.write(path, bytes + "x");
  EXPECT_EQ(code_of(run(store->open(name))), ErrorCode::corrupt);
}

TEST_F(BlobStoreTest, blocks_in_the_wrong_order_are_noticed) {
  const auto name = revision(1);
  ASSERT_TRUE(upload(name, test_bytes(2 * block), 1 << 20).ok());
  const auto path = blob_format::path_of(name);
  auto bytes = directory.read(path);
  const auto header = bytes.size() - blob_format::file_size(0, 2 * block);
  const auto first = bytes.substr(header, blob_format::stored_block_size);
  bytes.erase(header, first.size());
  bytes.insert(header + first.size(), first);
  directory.write(path, bytes);
  EXPECT_EQ(code_of(read(name)), ErrorCode::corrupt);
}

TEST_F(BlobStoreTest, a_blob_under_another_ones_name_is_corrupt) {
  const auto one = revision(1);
  const auto other = revision(2);
  ASSERT_TRUE(upload(one, "payload", 7).ok());
  directory.write(blob_format::path_of(other), directory.read(blob_format::path_of(one)));
  const auto opened = run(store->open(other));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(code_of(opened), ErrorCode::corrupt);
  EXPECT_THAT(opened.error().describe(), HasSubstr(blob_format::path_of(other)));
}

TEST_F(BlobStoreTest, keys_of_any_form_are_stored) {
  const std::string paths[] = {"u/objects/a",
                               "u/objects/a/b",
                               "u/objects/../../etc/passwd",
                               "u/objects//",
                               "u/objects/" + std::string(3000, 'x'),
                               "u/objects/sm\xc3\xb8rrebr\xc3\xb8"
                               "d"};
  std::uint64_t number = 0;
  for (const auto& path : paths) {
    const auto name = revision(++number, path);
    ASSERT_TRUE(upload(name, path, path.size()).ok());
    EXPECT_EQ(*read(name), path);
  }
}

TEST_F(BlobStoreTest, what_was_never_written_is_absent) {
  const auto opened = run(store->open(revision(1)));
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(*opened, nullptr);
  EXPECT_FALSE(exists(revision(1)));
}

TEST_F(BlobStoreTest, a_blob_exists_only_after_finish) {
  const auto name = revision(1);
  const auto writer = create(name);
  ASSERT_TRUE(run(writer->append(test_bytes(1 << 20))).ok());
  EXPECT_FALSE(exists(name));
  EXPECT_TRUE(directory.has(blob_format::temporary_path_of(name)));
  ASSERT_TRUE(run(writer->finish()).ok());
  EXPECT_TRUE(exists(name));
  EXPECT_FALSE(directory.has(blob_format::temporary_path_of(name)));
}

TEST_F(BlobStoreTest, finish_syncs_the_file_then_renames_then_syncs_the_directory) {
  const auto name = revision(1);
  const auto writer = create(name);
  ASSERT_TRUE(run(writer->append("payload")).ok());
  files.faults.disarm();
  ASSERT_TRUE(run(writer->finish()).ok());
  const auto temporary = blob_format::temporary_path_of(name);
  EXPECT_THAT(files.faults.trace,
              ElementsAre("sync " + temporary,
                          "rename " + temporary + " to new " + blob_format::path_of(name),
                          "sync directory " + blob_format::directory_of(name)));
}

TEST_F(BlobStoreTest, finish_refuses_to_replace_a_blob) {
  const auto name = revision(1);
  ASSERT_TRUE(upload(name, "first", 5).ok());
  const auto second = upload(name, "second", 6);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(code_of(second), ErrorCode::conflict);
  EXPECT_EQ(*read(name), "first");
}

TEST_F(BlobStoreTest, a_second_upload_of_one_name_is_refused) {
  const auto writer = create(revision(1));
  const auto second = run(store->create(revision(1), some_metadata()));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(code_of(second), ErrorCode::conflict);
  ASSERT_TRUE(run(writer->finish()).ok());
}

TEST_F(BlobStoreTest, a_finish_after_discard_finds_nothing) {
  const auto name = revision(1);
  const auto writer = create(name);
  ASSERT_TRUE(run(writer->append(test_bytes(700'000))).ok());
  const auto discarded = run(store->discard(name, ""));
  ASSERT_TRUE(discarded.ok());
  EXPECT_EQ(*discarded, Discarded::for_good);
  const auto finished = run(writer->finish());
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(code_of(finished), ErrorCode::unavailable);
  EXPECT_FALSE(exists(name));
  EXPECT_THAT(directory.files(), IsEmpty());
  EXPECT_FALSE(run(writer->finish()).ok());
}

TEST_F(BlobStoreTest, discard_unlinks_the_temporary_file_first_and_syncs_both_directories) {
  const auto name = revision(1);
  const auto writer = create(name);
  files.faults.disarm();
  ASSERT_TRUE(run(store->discard(name, "")).ok());
  EXPECT_THAT(files.faults.trace,
              ElementsAre("unlink " + blob_format::temporary_path_of(name),
                          "unlink " + blob_format::path_of(name), "sync directory tmp",
                          "sync directory " + blob_format::directory_of(name)));
  // Once more, with nothing there: an earlier one may not have come to its sync.
  files.faults.disarm();
  ASSERT_TRUE(run(store->discard(name, "")).ok());
  EXPECT_THAT(files.faults.trace, ElementsAre("unlink " + blob_format::temporary_path_of(name),
                                              "unlink " + blob_format::path_of(name),
                                              "sync directory " + blob_format::directory_of(name)));
}

TEST_F(BlobStoreTest, an_open_reader_survives_discard) {
  const auto name = revision(1);
  const auto payload = test_bytes(1 << 20);
  ASSERT_TRUE(upload(name, payload, 1 << 20).ok());
  const auto reader = std::move(*run(store->open(name)));
  const auto stream = reader->stream(ByteRange{0, payload.size()});
  std::string found(*run(stream->next()));
  ASSERT_TRUE(run(store->discard(name, "")).ok());
  EXPECT_FALSE(exists(name));
  found += *run(read_to_end(*stream));
  EXPECT_TRUE(found == payload);
}

TEST_F(BlobStoreTest, open_removes_what_dead_uploads_left_but_not_live_ones) {
  const auto live = revision(1);
  const auto dead = revision(2);
  const auto writer = create(live);
  { const auto dropped = create(dead); }
  directory.write("tmp/notes.txt", "not ours");
  // A second process on the same directory; the first goes on.
  FaultyFileSystem other_files;
  auto other = FilesystemBlobStore::open(directory.path(), other_files, pool, logger);
  ASSERT_TRUE(other.ok());
  EXPECT_TRUE(directory.has(blob_format::temporary_path_of(live)));
  EXPECT_FALSE(directory.has(blob_format::temporary_path_of(dead)));
  EXPECT_TRUE(directory.has("tmp/notes.txt"));
  ASSERT_TRUE(run(writer->finish()).ok());
  const auto seen = run((*other)->open(live));
  EXPECT_TRUE(seen.ok() && *seen);
}

TEST_F(BlobStoreTest, an_upload_whose_new_file_a_clean_up_takes_is_not_begun) {
  const auto name = revision(1);
  const auto tree = std::move(*PosixFileSystem().open_tree(directory.path()));
  const auto path = blob_format::temporary_path_of(name);
  files.faults.after_create = [&] { EXPECT_TRUE(*tree->unlink(path)); };
  EXPECT_EQ(code_of(run(store->create(name, some_metadata()))), ErrorCode::unavailable);
  std::unique_ptr<File> taken;
  files.faults.after_create = [&] {
    taken = std::move(*tree->open(path));
    EXPECT_TRUE(*taken->try_lock());
  };
  EXPECT_EQ(code_of(run(store->create(name, some_metadata()))), ErrorCode::unavailable);
}

TEST_F(BlobStoreTest, layout_is_synced_directory_by_directory_and_only_when_new) {
  TestDirectory fresh;
  FaultyFileSystem other;
  ASSERT_TRUE(FilesystemBlobStore::open(fresh.path("a/b"), other, pool, logger).ok());
  const auto& trace = other.faults.trace;
  ASSERT_EQ(trace.size(), 256 * 2 + 4);
  EXPECT_EQ(trace[0], "mkdir 00");
  EXPECT_EQ(trace[1], "sync directory 00");
  EXPECT_EQ(trace[511], "sync directory ff");
  EXPECT_THAT(std::vector<std::string>(trace.begin() + 512, trace.end()),
              ElementsAre("sync directory ", "mkdir tmp", "sync directory tmp", "sync directory "));
  // Killed before tmp was there: what was made may not be durable.
  std::filesystem::remove(fresh.path("a/b/tmp"));
  other.faults.disarm();
  ASSERT_TRUE(FilesystemBlobStore::open(fresh.path("a/b"), other, pool, logger).ok());
  EXPECT_EQ(other.faults.trace.size(), 256 * 2 + 4);
  other.faults.disarm();
  ASSERT_TRUE(FilesystemBlobStore::open(fresh.path("a/b"), other, pool, logger).ok());
  EXPECT_EQ(other.faults.trace.size(), 256 + 1);
}

TEST_F(BlobStoreTest, a_fault_at_any_call_of_an_upload_leaves_no_blob_that_discard_misses) {
  const auto payload = test_bytes(700'000);
  for (const auto code : {ErrorCode::out_of_space, ErrorCode::io}) {
    int faulted = 0;
    for (int index = 0;; ++index) {
      const auto name = revision(static_cast<std::uint64_t>(index + 1));
      files.faults.arm(index, code);
      const auto uploaded = upload(name, payload, 200'000);
      const bool fired = files.faults.fired();
      files.faults.disarm();
      if (!fired) {
        EXPECT_TRUE(uploaded.ok());
        ASSERT_TRUE(run(store->discard(name, "")).ok());
        break;
      }
      ++faulted;
      ASSERT_FALSE(uploaded.ok()) << index;
      EXPECT_EQ(code_of(uploaded), code) << index;
      // Only the very last call, the sync of the directory, comes after the rename.
      if (exists(name)) {
        EXPECT_TRUE(*read(name) == payload);
      }
      ASSERT_TRUE(run(store->discard(name, "")).ok());
      EXPECT_FALSE(exists(name));
      EXPECT_THAT(directory.files(), IsEmpty()) << index;
    }
    // create, lock, status, header; three writes, footer, sync, rename, directory.
    EXPECT_EQ(faulted, 11);
  }
}

TEST_F(BlobStoreTest, a_create_that_fails_leaves_no_file) {
  for (int index = 0; index < 4; ++index) {
    files.faults.arm(index);
    EXPECT_FALSE(run(store->create(revision(1), some_metadata())).ok());
    EXPECT_THAT(directory.files(), IsEmpty()) << index;
  }
}

TEST_F(BlobStoreTest, a_writer_that_failed_once_never_finishes) {
  const auto name = revision(1);
  const auto writer = create(name);
  files.faults.arm(0, ErrorCode::io);
  EXPECT_FALSE(run(writer->append(test_bytes(400'000))).ok());
  EXPECT_FALSE(run(writer->append("x")).ok());
  EXPECT_FALSE(run(writer->finish()).ok());
  EXPECT_FALSE(exists(name));
}

TEST_F(BlobStoreTest, a_fault_at_any_call_of_a_discard_is_reported_and_a_repeat_heals_it) {
  for (int index = 0;; ++index) {
    const auto name = revision(1);
    ASSERT_TRUE(upload(name, "payload", 7).ok());
    files.faults.arm(index, ErrorCode::io);
    const bool ok = run(store->discard(name, "")).ok();
    const bool fired = files.faults.fired();
    files.faults.disarm();
    EXPECT_EQ(ok, !fired);
    ASSERT_TRUE(run(store->discard(name, "")).ok());
    EXPECT_FALSE(exists(name));
    if (!fired) break;
  }
}

TEST_F(BlobStoreTest, the_listing_is_whole_sorted_and_resumable) {
  std::vector<std::string> expected;
  for (std::uint64_t number = 0; number < 25; ++number) {
    const auto name = revision(number, "u/objects/" + std::to_string(number % 7));
    ASSERT_TRUE(upload(name, test_bytes(number), 100).ok());
    expected.push_back(blob_format::path_of(name));
  }
  directory.write("7f/stray", "no blob at all, but long enough to look like one");
  expected.emplace_back("7f/stray");
  std::sort(expected.begin(), expected.end());
  const auto writer = create(revision(99));
  for (const std::size_t limit : {1, 4, 26, 100}) {
    std::vector<std::string> found;
    std::string cursor;
    do {
      const auto page = run(store->list_blobs(cursor, limit));
      ASSERT_TRUE(page.ok());
      EXPECT_LE(page->blobs.size(), limit);
      for (const auto& blob : page->blobs) {
        found.push_back(blob.name);
        if (blob.name == "7f/stray") {
          EXPECT_FALSE(blob.revision);
          EXPECT_THAT(blob.problem, HasSubstr("not a blob"));
        } else {
          ASSERT_TRUE(blob.revision);
          EXPECT_EQ(blob_format::path_of(*blob.revision), blob.name);
          EXPECT_GT(blob.written, WallTime());
        }
      }
      cursor = page->next;
    } while (!cursor.empty());
    EXPECT_EQ(found, expected) << limit;
  }
  const auto uploads = run(store->list_temporary());
  ASSERT_TRUE(uploads.ok());
  ASSERT_EQ(uploads->size(), 1);
  EXPECT_EQ(uploads->front().file, blob_format::temporary_path_of(revision(99)));
  EXPECT_GT(uploads->front().size, 0);
}

}  // namespace
}  // namespace objectstore
