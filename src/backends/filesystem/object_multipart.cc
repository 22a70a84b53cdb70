#include "backends/filesystem/object_multipart.h"

#include <fmt/format.h>

#include "backends/filesystem/line_file_writer.h"
#include "backends/filesystem/object_file_format.h"
#include "backends/filesystem/object_writer.h"
#include "backends/filesystem/temporary_file.h"
#include "backends/filesystem/uploaded_parts.h"
#include "base/digests.h"

namespace objectstore {

namespace {

constexpr std::size_t read_size = 256 << 10;

std::optional<PartRefused> refusal_of(const PartToUpload& part) {
  if (part.number == 0) return PartRefused{"InvalidArgument", "part numbers begin at 1"};
  if (part.content_md5 && !is_md5_base64(*part.content_md5)) {
    return PartRefused{"InvalidDigest", "the Content-MD5 is none"};
  }
  return std::nullopt;
}

// An object about to be put together.
struct Assembly {
  std::unique_ptr<File> file;
  std::string line;
};
using AssemblyBegun = std::variant<Assembly, NoSuchUpload, PartRefused, CompletionInProgress>;

Result<AssemblyBegun> begin_assembly(FileTree& tree, const ObjectUpload& upload,
                                     const std::vector<ListedPart>& parts) {
  TRY_ASSIGN(auto metadata, upload.metadata());
  if (!metadata) return AssemblyBegun(NoSuchUpload{});
  for (const auto& listed : parts) {
    TRY_ASSIGN(const auto part, upload.open(listed));
    if (const auto* refused = std::get_if<PartRefused>(&part)) return AssemblyBegun(*refused);
  }
  Assembly assembly;
  TRY_ASSIGN(assembly.line, object_file_format::encode_line(*std::move(metadata)));
  TRY(remove_if_dead(tree, upload.object_path()));
  auto file = create_temporary(tree, upload.object_path());
  if (!file.ok()) {
    if (file.error().code() == ErrorCode::conflict) return AssemblyBegun(CompletionInProgress{});
    TRY_ASSIGN(const bool found, upload.exists());
    if (!found) return AssemblyBegun(NoSuchUpload{});
    return std::move(file).error();
  }
  assembly.file = std::move(file).value();
  return AssemblyBegun(std::move(assembly));
}

}  // namespace

FilesystemMultipartObjects::FilesystemMultipartObjects(FilesystemObjectStore& store, Clock& clock)
    : tree_(*store.tree_),
      names_(store.names_),
      pool_(store.pool_),
      random_(store.random_),
      clock_(clock) {}

std::string FilesystemMultipartObjects::temporary_path() {
  return fmt::format("{}/{}.tmp", object_file_format::temporary_directory,
                     make_uuid_v4(random_).str());
}

Task<Result<std::string>> FilesystemMultipartObjects::initiate(const ObjectId& id,
                                                               Metadata metadata) {
  auto upload_id = make_uuid_v7(clock_, random_).str();
  CO_TRY_ASSIGN(const auto upload, ObjectUpload::find(tree_, id, upload_id));
  metadata.size.reset();
  // Too much for the object's file is too much now.
  CO_TRY(object_file_format::encode_line(metadata));
  LineFileWriter writer(tree_, pool_, temporary_path(), to_json(metadata), [](std::string_view) {});
  auto work = [&]() -> Result<void> {
    TRY(writer.finish());
    TRY(writer.file().sync());
    return names_.publish(writer.temporary_path(), upload->metadata_path());
  };
  auto published = co_await pool_.run(std::move(work));
  if (!published.ok()) {
    co_await writer.abandon();
    co_return std::move(published).error();
  }
  co_return std::move(upload_id);
}

Task<Result<FilesystemMultipartObjects::PutOutcome>> FilesystemMultipartObjects::put_part(
    const ObjectId& id, std::string_view upload_id, PartToUpload part) {
  CO_TRY_ASSIGN(const auto upload, ObjectUpload::find(tree_, id, upload_id));
  if (auto refused = refusal_of(part)) co_return PutOutcome(*std::move(refused));
  if (!upload) co_return PutOutcome(NoSuchUpload{});
  co_return co_await store_part(*upload, part);
}

Task<Result<FilesystemMultipartObjects::PutOutcome>> FilesystemMultipartObjects::store_part(
    const ObjectUpload& upload, const PartToUpload& part) {
  auto look = [&] { return upload.exists(); };
  CO_TRY_ASSIGN(const bool found, co_await pool_.run(std::move(look)));
  if (!found) co_return PutOutcome(NoSuchUpload{});
  UploadedPart stored;
  stored.etag = object_upload_format::etag_of(part.number, part.length);
  stored.last_modified = clock_.now();
  stored.size = part.length;
  Digest md5(Digest::Kind::md5);
  LineFileWriter writer(tree_, pool_, temporary_path(),
                        object_upload_format::encode_part_line(stored),
                        [&md5](std::string_view payload) { md5.update(payload); });
  auto copied = co_await copy_part(part, writer);
  if (!copied.ok()) {
    co_await writer.abandon();
    co_return std::move(copied).error();
  }
  auto work = [&]() -> Result<PutOutcome> {
    TRY(writer.finish());
    if (part.content_md5 && *part.content_md5 != base64_encode(md5.finish())) {
      return PutOutcome(PartRefused{"BadDigest", "the part does not match its Content-MD5"});
    }
    TRY(writer.file().sync());
    TRY_ASSIGN(const bool taken, upload.take_part(names_, writer.temporary_path(), part.number));
    if (!taken) return PutOutcome(NoSuchUpload{});
    return PutOutcome(stored.etag);
  };
  auto outcome = co_await pool_.run(std::move(work));
  if (!outcome.ok() || !std::holds_alternative<std::string>(*outcome)) co_await writer.abandon();
  co_return outcome;
}

Task<Result<std::variant<PartPage, NoSuchUpload>>> FilesystemMultipartObjects::list_parts(
    const ObjectId& id, std::string_view upload_id, ListParts request) {
  using Outcome = std::variant<PartPage, NoSuchUpload>;
  CO_TRY_ASSIGN(const auto upload, ObjectUpload::find(tree_, id, upload_id));
  if (!upload) co_return Outcome(NoSuchUpload{});
  auto work = [&]() -> Result<Outcome> {
    auto page = upload->list(request);
    // Asked last: what an upload was found to hold while it ended is nothing to be told.
    TRY_ASSIGN(const bool found, upload->exists());
    if (!found) return Outcome(NoSuchUpload{});
    if (!page.ok()) return std::move(page).error();
    return Outcome(std::move(page).value());
  };
  co_return co_await pool_.run(std::move(work));
}

Task<Result<CompleteResult>> FilesystemMultipartObjects::complete(
    const ObjectId& id, std::string_view upload_id, const std::vector<ListedPart>& parts) {
  CO_TRY_ASSIGN(const auto path, object_file_format::path_of(id));
  CO_TRY_ASSIGN(const auto upload, ObjectUpload::find(tree_, id, upload_id));
  if (!upload) co_return CompleteResult(NoSuchUpload{});
  auto outcome = co_await assemble(path, *upload, parts);
  const bool completed = outcome.ok() && std::holds_alternative<BlobCompleted>(*outcome);
  auto work = [&]() -> Result<bool> {
    // What can't be removed now is another abort's; an error would only make the client try again.
    if (completed) (void)upload->end(names_);
    return upload->exists();
  };
  const auto goes_on = co_await pool_.run(std::move(work));
  if (!completed && goes_on.ok() && !*goes_on) co_return CompleteResult(NoSuchUpload{});
  co_return outcome;
}

Task<Result<CompleteResult>> FilesystemMultipartObjects::assemble(
    const std::string& path, const ObjectUpload& upload, const std::vector<ListedPart>& parts) {
  auto begin = [&] { return begin_assembly(tree_, upload, parts); };
  CO_TRY_ASSIGN(auto begun, co_await pool_.run(std::move(begin)));
  if (const auto* refused = std::get_if<PartRefused>(&begun)) co_return CompleteResult(*refused);
  if (std::holds_alternative<NoSuchUpload>(begun)) co_return CompleteResult(NoSuchUpload{});
  if (std::holds_alternative<CompletionInProgress>(begun)) {
    co_return CompleteResult(CompletionInProgress{});
  }
  auto& assembly = std::get<Assembly>(begun);
  ObjectFileWriter writer(tree_, pool_, upload.object_path(), std::move(assembly.line));
  writer.use(std::move(assembly.file));
  auto outcome = Result<CompleteResult>(BlobCompleted{});
  auto copied = co_await copy_parts(upload, parts, writer);
  if (!copied.ok()) {
    outcome = std::move(copied).error();
  } else if (*copied) {
    outcome = CompleteResult(**std::move(copied));
  } else {
    // Renames the file out of the upload's directory: whoever ends the upload ends this, too.
    auto published = co_await writer.publish(names_, path);
    if (published.ok()) co_return outcome;
    outcome = std::move(published).error();
  }
  co_await writer.abandon();
  co_return outcome;
}

Task<Result<std::optional<PartRefused>>> FilesystemMultipartObjects::copy_parts(
    const ObjectUpload& upload, const std::vector<ListedPart>& parts, ObjectFileWriter& writer) {
  std::string buffer;
  for (const auto& listed : parts) {
    auto open = [&] { return upload.open(listed); };
    CO_TRY_ASSIGN(auto opened, co_await pool_.run(std::move(open)));
    if (auto* refused = std::get_if<PartRefused>(&opened)) {
      co_return std::optional(std::move(*refused));  // replaced since it was checked
    }
    const auto& part = std::get<ObjectPart>(opened);
    part.file->expect_sequential_reads();
    for (std::uint64_t at = 0; at < part.part.size; at += buffer.size()) {
      buffer.resize(std::min<std::uint64_t>(read_size, part.part.size - at));
      auto read = [&] { return part.file->read_at(part.payload_offset + at, buffer); };
      CO_TRY_ASSIGN(const auto found, co_await pool_.run(std::move(read)));
      if (found != buffer.size()) {
        co_return Error(ErrorCode::corrupt, upload.part_path(listed.number) + " was cut off");
      }
      CO_TRY(co_await writer.append(buffer));
    }
  }
  co_return std::optional<PartRefused>();
}

Task<Result<void>> FilesystemMultipartObjects::abort(const ObjectId& id,
                                                     std::string_view upload_id) {
  CO_TRY_ASSIGN(const auto upload, ObjectUpload::find(tree_, id, upload_id));
  if (!upload) co_return Result<void>();
  auto work = [&] { return upload->end(names_); };
  co_return co_await pool_.run(std::move(work));
}

}  // namespace objectstore
