// Power cuts while blobs are made of parts in a directory: what a caller was told stays so, and
// what it was not told can be repeated or ended without a trace.
#include <gmock/gmock.h>

#include <cerrno>
#include <iostream>
#include <list>

#include "backends/filesystem/multipart_blobs.h"
#include "backends/filesystem/posix_file_system.h"
#include "power_cut/disk_recorder.h"
#include "power_cut/power_cuts.h"
#include "testing/row_values.h"
#include "testing/run.h"
#include "testing/scratch_directory.h"
#include "testing/seeded_random.h"
#include "tiered/test_support.h"

namespace objectstore::testing {
namespace {

using Kind = DiskCall::Kind;

constexpr std::size_t never = SIZE_MAX;

// The stores on one directory.
struct Stores {
  explicit Stores(const std::filesystem::path& root) {
    auto opened = FilesystemBlobStore::open((root / "blobs").string(), file_system, pool, logger);
    OBJECTSTORE_ASSERT(opened.ok());
    blobs = std::move(opened).value();
    uploads = std::make_unique<FilesystemMultipartBlobs>(*blobs, random);
  }

  Result<std::string> put(const Revision& name, const std::string& id, std::uint32_t number,
                          const std::string& bytes) {
    PieceStream stream(bytes);
    PartToUpload part;
    part.number = number;
    part.length = bytes.size();
    part.stream = &stream;
    TRY_ASSIGN(auto stored, run(uploads->put_part(name, id, part)));
    if (auto* etag = std::get_if<std::string>(&stored)) return std::move(*etag);
    return Error(ErrorCode::internal, "the upload is gone");
  }
  // nullopt: there is no such upload. Empty where it can't be read.
  std::optional<std::vector<ListedPart>> parts(const Revision& name, const std::string& id) {
    const auto listed = run(uploads->list_parts(name, id, ListParts()));
    if (!listed.ok()) return std::vector<ListedPart>();
    const auto* page = std::get_if<PartPage>(&*listed);
    if (page == nullptr) return std::nullopt;
    std::vector<ListedPart> found;
    for (const auto& part : page->parts)
      found.push_back({part.number, part.etag});
    return found;
  }
  bool complete(const Revision& name, const std::string& id, const std::vector<ListedPart>& parts) {
    const auto completed = run(uploads->complete(name, id, parts));
    return completed.ok() && std::holds_alternative<BlobCompleted>(*completed);
  }
  // nullopt: no such blob; "damaged" for one that can't be read.
  std::optional<std::string> read(const Revision& name) {
    const auto reader = run(blobs->open(name));
    if (!reader.ok()) return "damaged";
    if (!*reader) return std::nullopt;
    const auto stream = (*reader)->stream(ByteRange{0, (*reader)->size()});
    std::string all;
    while (true) {
      const auto bytes = run(stream->next());
      if (!bytes.ok()) return "damaged";
      if (bytes->empty()) return all;
      all.append(*bytes);
    }
  }

  PosixFileSystem file_system;
  InlinePool pool;
  NullLogger logger;
  SeededRandom random;
  std::unique_ptr<FilesystemBlobStore> blobs;
  std::unique_ptr<FilesystemMultipartBlobs> uploads;
};

// A call to the store, in the recorder's time.
struct Span {
  std::size_t begun = never;
  std::size_t done = never;
};
struct PartKnown {
  std::uint32_t number = 0;
  std::string payload;
  std::string etag;
  Span put;
};
struct UploadKnown {
  explicit UploadKnown(Revision of) : name(std::move(of)) {}

  Revision name;
  std::string id;
  Span initiated;
  std::vector<PartKnown> parts;  // in the order of the calls
  Span completed;
  Span ended;  // aborted, or the blob discarded

  // Of those that were never replaced.
  [[nodiscard]] std::string payload() const {
    std::map<std::uint32_t, std::string> last;
    for (const auto& part : parts)
      last[part.number] = part.payload;
    std::string whole;
    for (const auto& [number, bytes] : last)
      whole += bytes;
    return whole;
  }
};

struct Story {
  Recording recording;
  std::vector<UploadKnown> uploads;
};

class Teller {
 public:
  explicit Teller(const std::filesystem::path& root) : disk_(root), recorder_(root), stores_(root) {
    story_.recording.opened = recorder_.size();
  }

  Stores& stores() { return stores_; }
  DiskRecorder& recorder() { return recorder_; }

  UploadKnown& initiate(std::uint64_t number) {
    auto& upload = uploads_.emplace_back(revision_of("u/objects/k", number));
    upload.initiated.begun = recorder_.size();
    upload.id = *run(stores_.uploads->initiate(upload.name, Metadata()));
    upload.initiated.done = recorder_.size();
    return upload;
  }
  void put(UploadKnown& upload, std::uint32_t number, const std::string& bytes) {
    PartKnown part;
    part.number = number;
    part.payload = bytes;
    part.put.begun = recorder_.size();
    part.etag = *stores_.put(upload.name, upload.id, number, bytes);
    part.put.done = recorder_.size();
    upload.parts.push_back(std::move(part));
  }
  void complete(UploadKnown& upload) {
    upload.completed.begun = recorder_.size();
    const auto parts = *stores_.parts(upload.name, upload.id);
    OBJECTSTORE_ASSERT(stores_.complete(upload.name, upload.id, parts));
    upload.completed.done = recorder_.size();
  }
  void abort(UploadKnown& upload) {
    upload.ended.begun = recorder_.size();
    OBJECTSTORE_ASSERT(run(stores_.uploads->abort(upload.name, upload.id)).ok());
    upload.ended.done = recorder_.size();
  }
  void discard(UploadKnown& upload) {
    upload.ended.begun = recorder_.size();
    OBJECTSTORE_ASSERT(run(stores_.blobs->discard(upload.name, "")).ok());
    upload.ended.done = recorder_.size();
  }

  Story finish() {
    story_.recording.before = std::move(disk_);
    story_.recording.calls = recorder_.take();
    story_.uploads.assign(uploads_.begin(), uploads_.end());
    return std::move(story_);
  }

 private:
  Disk disk_;
  DiskRecorder recorder_;
  Stores stores_;
  std::list<UploadKnown> uploads_;
  Story story_;
};

Story every_transition_of_uploads(const std::filesystem::path& root) {
  Teller teller(root);
  const auto large = payload("large", 1, 200'000);
  auto& left_open = teller.initiate(1);
  auto& made = teller.initiate(2);
  teller.put(made, 1, "replaced");
  teller.put(made, 2, "the end");
  teller.put(left_open, 7, "left open");
  teller.put(made, 1, large);
  teller.complete(made);
  auto& aborted = teller.initiate(3);
  teller.put(aborted, 1, large);
  teller.abort(aborted);
  auto& overwritten = teller.initiate(4);
  teller.put(overwritten, 3, "overwritten");
  teller.complete(overwritten);
  teller.discard(overwritten);
  auto& discarded = teller.initiate(5);
  teller.put(discarded, 1, "discarded");
  teller.discard(discarded);
  return teller.finish();
}

// What is wrong with an upload that goes on at `position`.
void check_upload(Stores& stores, const UploadKnown& upload, std::size_t position,
                  std::vector<std::string>& problems) {
  const auto listed = stores.parts(upload.name, upload.id);
  if (!listed) return problems.push_back("an upload is lost: " + upload.name.path());
  for (const auto& part : upload.parts) {
    if (part.put.done > position) continue;
    // It may have been replaced since, by one that is acknowledged or not.
    const bool found = std::any_of(listed->begin(), listed->end(), [&](const auto& present) {
      return std::any_of(upload.parts.begin(), upload.parts.end(), [&](const auto& candidate) {
        return candidate.number == part.number && present.number == part.number &&
               candidate.etag == present.etag && candidate.put.begun >= part.put.begun;
      });
    });
    const bool replaced =
        std::any_of(upload.parts.begin(), upload.parts.end(), [&](const auto& later) {
          return later.number == part.number && later.put.begun > part.put.begun &&
                 later.put.done <= position;
        });
    if (!found && !replaced) problems.push_back("a part is lost: " + upload.name.path());
  }
}

void check(Stores& stores, const UploadKnown& upload, std::size_t position,
           std::vector<std::string>& problems) {
  const auto blob = stores.read(upload.name);
  if (blob && *blob != upload.payload()) problems.push_back("damaged: " + upload.name.path());
  if (blob && upload.completed.begun >= position) problems.emplace_back("a blob from nowhere");
  if (upload.ended.begun < position) {
    if (upload.ended.done > position) return;
    if (blob) problems.push_back("a blob is back: " + upload.name.path());
    if (stores.parts(upload.name, upload.id)) {
      problems.push_back("an upload is back: " + upload.name.path());
    }
    return;
  }
  if (upload.completed.done <= position) {
    if (!blob) problems.push_back("a blob is lost: " + upload.name.path());
    if (stores.parts(upload.name, upload.id)) problems.emplace_back("an upload after its end");
    return;
  }
  if (upload.initiated.done > position || blob) return;
  check_upload(stores, upload, position, problems);
  if (upload.completed.begun >= position) return;
  const auto parts = stores.parts(upload.name, upload.id);
  if (!parts || !stores.complete(upload.name, upload.id, *parts) ||
      stores.read(upload.name) != upload.payload()) {
    problems.push_back("a completion can't be repeated: " + upload.name.path());
  }
}

std::vector<std::string> inspect_uploads(const Story& story, std::size_t position,
                                         const std::filesystem::path& root) {
  std::vector<std::string> problems;
  Stores stores(root);
  const auto temporary = run(stores.blobs->list_temporary());
  if (!temporary.ok() || !temporary->empty()) problems.emplace_back("a temporary file is left");
  for (const auto& upload : story.uploads)
    check(stores, upload, position, problems);
  // As recovery would.
  for (const auto& upload : story.uploads) {
    if (upload.initiated.begun >= position) continue;
    const bool ended = upload.ended.done <= position;
    if (!ended && !run(stores.uploads->abort_all(upload.name)).ok()) {
      problems.emplace_back("an abort fails");
    }
    if (!ended && !run(stores.blobs->discard(upload.name, "")).ok()) {
      problems.emplace_back("a discard fails");
    }
  }
  for (const auto& [path, content] : read_image(root)) {
    if (content || path.ends_with(".parts")) problems.push_back("left behind: " + path);
  }
  return problems;
}

class MultipartCutTest : public ::testing::Test {
 protected:
  static Story record_in_scratch() {
    const ScratchDirectory scratch;
    return every_transition_of_uploads(scratch.path());
  }
  // Up to the first cut that breaks something.
  std::vector<std::string> run_uploads_cuts(const Story& story, const std::vector<CutPoint>& points,
                                            const LeftOut& left_out) {
    CutDisk disk(story.recording, left_out);
    for (const auto& point : points) {
      disk.cut(point, root_.path());
      auto problems = inspect_uploads(story, point.position, root_.path());
      if (problems.empty()) continue;
      problems.push_back(describe(story.recording, Failure{point, {}}));
      return problems;
    }
    return {};
  }
  ScratchDirectory root_;
};

std::vector<CutPoint> points_of(const Story& story) {
  auto points = around_every_sync(story.recording.calls, 1);
  std::erase_if(points, [&](const auto& point) { return point.position < story.recording.opened; });
  return points;
}

TEST_F(MultipartCutTest, every_sync_boundary_keeps_the_promises) {
  const auto story = record_in_scratch();
  const auto points = points_of(story);
  EXPECT_THAT(run_uploads_cuts(story, points, none_left_out), ::testing::IsEmpty());
  const auto random = random_points(story.recording.calls, 300, 7);
  EXPECT_THAT(run_uploads_cuts(story, random, none_left_out), ::testing::IsEmpty());
  std::cout << story.recording.calls.size() << " disk calls, " << points.size() + random.size()
            << " power cuts\n";
}

TEST_F(MultipartCutTest, each_sync_that_is_left_out_breaks_a_promise) {
  const auto under_uploads = [](const DiskCall& call, std::string_view end) {
    return call.path.find(".parts") != std::string::npos && call.path.ends_with(end);
  };
  const struct {
    const char* name;
    LeftOut left_out;
  } cases[] = {
      {"the upload's header",
       [&](const DiskCall& call) {
         return call.kind == Kind::sync && under_uploads(call, "/header");
       }},
      {"the part",
       [](const DiskCall& call) {
         return call.kind == Kind::sync && call.path.find("tmp/part-") != std::string::npos;
       }},
      {"the blob",
       [&](const DiskCall& call) {
         return call.kind == Kind::sync && under_uploads(call, "/blob.tmp");
       }},
      {"the upload's directory",
       [&](const DiskCall& call) {
         return call.kind == Kind::sync_directory && call.path.find(".parts/") != std::string::npos;
       }},
      {"the directory of the blob's uploads",
       [&](const DiskCall& call) {
         return call.kind == Kind::sync_directory && under_uploads(call, ".parts");
       }},
      {"the temporary directory",
       [](const DiskCall& call) {
         return call.kind == Kind::sync_directory && call.path == "blobs/tmp";
       }},
      {"the blob's directory",
       [](const DiskCall& call) {
         return call.kind == Kind::sync_directory && call.path.starts_with("blobs/") &&
                call.path.size() == std::string_view("blobs/00").size();
       }},
  };
  const auto story = record_in_scratch();
  const auto points = points_of(story);
  for (const auto& [name, left_out] : cases) {
    const auto& calls = story.recording.calls;
    ASSERT_TRUE(std::any_of(calls.begin(), calls.end(), [&check = left_out](const auto& call) {
      return is_sync(call) && check(call);
    })) << name;
    EXPECT_THAT(run_uploads_cuts(story, points, left_out), ::testing::Not(::testing::IsEmpty()))
        << name;
  }
}

// A completion may fail after its rename: whoever looks for the blob then goes on with it.
TEST_F(MultipartCutTest, a_blob_that_was_seen_after_a_failed_completion_stays) {
  std::size_t seen = 0;
  for (std::size_t failing = 1;; ++failing) {
    const ScratchDirectory scratch;
    Teller teller(scratch.path());
    auto& upload = teller.initiate(1);
    teller.put(upload, 1, "payload");
    const auto parts = *teller.stores().parts(upload.name, upload.id);
    teller.recorder().fail_calls(failing, 1, EIO);
    const bool completed = teller.stores().complete(upload.name, upload.id, parts);
    const bool failed = teller.recorder().has_failed();
    teller.recorder().fail_calls(1, 0, 0);
    const auto found = teller.stores().read(upload.name);
    const auto name = upload.name;
    const auto story = teller.finish();
    CutDisk disk(story.recording, none_left_out);
    disk.cut({story.recording.calls.size(), {PowerCut::Unsynced::lost, 1}}, root_.path());
    Stores stores(root_.path());
    EXPECT_EQ(stores.read(name), found) << failing;
    if (!completed && found) ++seen;
    if (!failed) break;
  }
  EXPECT_GT(seen, 0U);
}

}  // namespace
}  // namespace objectstore::testing
