#include "backends/filesystem/multipart_blobs.h"

#include <fmt/format.h>

#include "backends/filesystem/blob_format.h"
#include "backends/filesystem/blob_writer.h"
#include "backends/filesystem/block_reader.h"
#include "backends/filesystem/part_format.h"
#include "backends/filesystem/part_writer.h"
#include "backends/filesystem/stored_parts.h"
#include "backends/filesystem/temporary_file.h"
#include "backends/filesystem/upload_directory.h"
#include "base/digests.h"

namespace objectstore {

namespace {

std::optional<PartRefused> refusal_of(const PartToUpload& part) {
  if (part.number == 0 || part.number > part_format::max_number) {
    return PartRefused{"InvalidArgument",
                       fmt::format("part numbers are 1 to {}", part_format::max_number)};
  }
  if (part.length > part_format::max_size) {
    return PartRefused{"EntityTooLarge",
                       fmt::format("a part has at most {} bytes", part_format::max_size)};
  }
  if (part.content_md5 && !is_md5_base64(*part.content_md5)) {
    return PartRefused{"InvalidDigest", "the Content-MD5 is none"};
  }
  return std::nullopt;
}

// nullptr: no such upload.
Result<std::unique_ptr<File>> begin_part(FileTree& tree, const std::string& directory,
                                         const std::string& temporary_path) {
  TRY_ASSIGN(const bool found, is_upload(tree, directory));
  if (!found) return std::unique_ptr<File>();
  return create_temporary(tree, temporary_path);
}

// A blob about to be put together.
struct Assembly {
  std::unique_ptr<File> file;  // holds the header
  std::string header;
};

// nullopt: no such upload.
Result<std::optional<std::string>> read_upload_header(FileTree& tree, const Revision& name,
                                                      const std::string& directory) {
  const auto path = fmt::format("{}/{}", directory, part_format::upload_file);
  TRY_ASSIGN(const auto file, tree.open(path));
  if (!file) return std::optional<std::string>();
  TRY_ASSIGN(const auto status, file->status());
  constexpr std::uint64_t longest =
      blob_format::fixed_header_size + blob_format::max_path_size + blob_format::max_metadata_size;
  std::string bytes(std::min(status.size, longest), '\0');
  TRY_ASSIGN(const auto found, file->read_at(0, bytes));
  bytes.resize(found);
  auto header = blob_format::decode_header(bytes);
  if (!header.ok()) return std::move(header).error().wrap("cannot read " + path);
  if (header->name != name) return Error(ErrorCode::corrupt, path + " is of another blob");
  return std::optional(std::move(bytes));
}

// nullopt: no such upload. Whoever has the file is the only one who completes it.
Result<std::optional<Assembly>> begin_assembly(FileTree& tree, const Revision& name,
                                               const std::string& directory,
                                               const std::string& temporary_path) {
  TRY_ASSIGN(auto header, read_upload_header(tree, name, directory));
  if (!header) return std::optional<Assembly>();
  TRY(remove_if_dead(tree, temporary_path));
  auto file = create_temporary(tree, temporary_path);
  if (!file.ok() && file.error().code() == ErrorCode::conflict) {
    return Error(ErrorCode::unavailable, "another completion of the upload is under way");
  }
  if (!file.ok()) {
    TRY_ASSIGN(const bool found, is_upload(tree, directory));
    if (!found) return std::optional<Assembly>();
    return std::move(file).error();
  }
  if (auto written = (*file)->write_at(0, *header); !written.ok()) {
    (void)tree.unlink(temporary_path);
    return std::move(written).error();
  }
  return std::optional(Assembly{std::move(file).value(), *std::move(header)});
}

}  // namespace

FilesystemMultipartBlobs::FilesystemMultipartBlobs(FilesystemBlobStore& store, Random& random)
    : tree_(*store.tree_), pool_(store.pool_), random_(random) {}

Task<Result<std::string>> FilesystemMultipartBlobs::initiate(const Revision& name,
                                                             const Metadata& metadata) {
  CO_TRY_ASSIGN(const auto header, blob_format::encode_header(name, metadata));
  auto id = make_uuid_v4(random_).str();
  auto work = [&] { return make_upload(tree_, name, id, header); };
  CO_TRY(co_await pool_.run(std::move(work)));
  co_return std::move(id);
}

Task<Result<FilesystemMultipartBlobs::PutOutcome>> FilesystemMultipartBlobs::put_part(
    const Revision& name, std::string_view upload_id, PartToUpload part) {
  if (auto refused = refusal_of(part)) co_return PutOutcome(*std::move(refused));
  const auto directory = upload_directory_of(name, upload_id);
  if (!directory) co_return PutOutcome(NoSuchUpload{});
  co_return co_await store_part(*directory, part);
}

Task<Result<FilesystemMultipartBlobs::PutOutcome>> FilesystemMultipartBlobs::store_part(
    const std::string& directory, const PartToUpload& part) {
  const auto temporary_path =
      fmt::format("{}/part-{}.tmp", blob_format::temporary_directory, make_uuid_v4(random_).str());
  auto begin = [&] { return begin_part(tree_, directory, temporary_path); };
  CO_TRY_ASSIGN(auto file, co_await pool_.run(std::move(begin)));
  if (!file) co_return PutOutcome(NoSuchUpload{});
  PartWriter writer(tree_, pool_, std::move(file), temporary_path);
  auto copied = co_await writer.copy(part);
  if (!copied.ok()) {
    co_await writer.abandon();
    co_return std::move(copied).error();
  }
  auto published = co_await writer.publish(part, directory);
  if (!published.ok() || !std::holds_alternative<std::string>(*published)) {
    co_await writer.abandon();
  }
  co_return published;
}

Task<Result<std::variant<PartPage, NoSuchUpload>>> FilesystemMultipartBlobs::list_parts(
    const Revision& name, std::string_view upload_id, ListParts request) {
  using Outcome = std::variant<PartPage, NoSuchUpload>;
  const auto directory = upload_directory_of(name, upload_id);
  if (!directory) co_return Outcome(NoSuchUpload{});
  auto work = [&]() -> Result<Outcome> {
    auto page = list_parts_in(tree_, *directory, request);
    // Asked last: what an upload was found to hold while it ended is nothing to be told.
    TRY_ASSIGN(const bool found, is_upload(tree_, *directory));
    if (!found) return Outcome(NoSuchUpload{});
    if (!page.ok()) return std::move(page).error();
    return Outcome(std::move(page).value());
  };
  co_return co_await pool_.run(std::move(work));
}

Task<Result<FilesystemMultipartBlobs::CompleteOutcome>> FilesystemMultipartBlobs::complete(
    const Revision& name, std::string_view upload_id, const std::vector<ListedPart>& parts) {
  const auto directory = upload_directory_of(name, upload_id);
  if (!directory) co_return CompleteOutcome(NoSuchUpload{});
  CO_TRY_ASSIGN(auto refused, co_await check(name, *directory, parts));
  if (refused) co_return *std::move(refused);
  auto outcome = co_await assemble(name, *directory, parts);
  const bool completed = outcome.ok() && std::holds_alternative<BlobCompleted>(*outcome);
  auto work = [&]() -> Result<bool> {
    // What can't be removed now is removed at the next start.
    if (completed) (void)end_upload(tree_, name, *directory);
    return is_upload(tree_, *directory);
  };
  const auto goes_on = co_await pool_.run(std::move(work));
  if (!completed && goes_on.ok() && !*goes_on) co_return CompleteOutcome(NoSuchUpload{});
  co_return outcome;
}

Task<Result<std::optional<FilesystemMultipartBlobs::CompleteOutcome>>>
FilesystemMultipartBlobs::check(const Revision& name, const std::string& directory,
                                const std::vector<ListedPart>& parts) {
  auto work = [&]() -> Result<std::optional<CompleteOutcome>> {
    TRY_ASSIGN(const bool found, is_upload(tree_, directory));
    if (!found) return std::optional(CompleteOutcome(NoSuchUpload{}));
    TRY_ASSIGN(const auto blob, tree_.status(blob_format::path_of(name)));
    if (blob) return Error(ErrorCode::conflict, "the blob exists already");
    TRY_ASSIGN(auto refused, check_listed_parts(tree_, directory, parts));
    if (refused) return std::optional(CompleteOutcome(*std::move(refused)));
    return std::optional<CompleteOutcome>();
  };
  co_return co_await pool_.run(std::move(work));
}

Task<Result<FilesystemMultipartBlobs::CompleteOutcome>> FilesystemMultipartBlobs::assemble(
    const Revision& name, const std::string& directory, const std::vector<ListedPart>& parts) {
  FilesystemBlobWriter::Target target;
  target.temporary_path = fmt::format("{}/{}", directory, part_format::blob_file);
  target.directory = blob_format::directory_of(name);
  target.path = blob_format::path_of(name);
  const auto temporary_path = target.temporary_path;
  auto begin = [&] { return begin_assembly(tree_, name, directory, temporary_path); };
  CO_TRY_ASSIGN(auto assembly, co_await pool_.run(std::move(begin)));
  if (!assembly) co_return CompleteOutcome(NoSuchUpload{});

  FilesystemBlobWriter writer(tree_, pool_, std::move(assembly->file), std::move(target),
                              assembly->header);
  auto outcome = Result<CompleteOutcome>(BlobCompleted{});
  auto copied = co_await copy_parts(directory, parts, writer);
  if (!copied.ok()) {
    outcome = std::move(copied).error();
  } else if (*copied) {
    outcome = CompleteOutcome(**std::move(copied));
  } else {
    // Renames the file out of the upload's directory: whoever ends the upload ends this, too.
    auto finished = co_await writer.finish();
    if (finished.ok()) co_return outcome;
    outcome = std::move(finished).error();
  }
  // Still held, so it is no other completion's.
  auto clean_up = [&] { (void)tree_.unlink(temporary_path); };
  co_await pool_.run(std::move(clean_up));
  co_return outcome;
}

Task<Result<std::optional<PartRefused>>> FilesystemMultipartBlobs::copy_parts(
    const std::string& directory, const std::vector<ListedPart>& parts, BlobWriter& writer) {
  for (const auto& listed : parts) {
    auto open = [&] { return open_listed_part(tree_, directory, listed); };
    CO_TRY_ASSIGN(auto opened, co_await pool_.run(std::move(open)));
    if (auto* refused = std::get_if<PartRefused>(&opened)) {
      co_return std::optional(std::move(*refused));  // replaced since it was checked
    }
    const auto& part = std::get<OpenPart>(opened);
    part.file->expect_sequential_reads();
    const auto size = part.header.payload_size;
    BlockReader blocks(part_format::header_size, size, ByteRange{0, size});
    while (!blocks.done()) {
      auto read = [&] { return blocks.next(*part.file); };
      auto bytes = co_await pool_.run(std::move(read));
      if (!bytes.ok()) {
        co_return std::move(bytes).error().wrap(
            fmt::format("cannot read {}/{}", directory, part_format::part_file(listed.number)));
      }
      CO_TRY(co_await writer.append(*bytes));
    }
  }
  co_return std::optional<PartRefused>();
}

Task<Result<void>> FilesystemMultipartBlobs::abort(const Revision& name,
                                                   std::string_view upload_id) {
  const auto directory = upload_directory_of(name, upload_id);
  if (!directory) co_return Result<void>();
  auto work = [&] { return end_upload(tree_, name, *directory); };
  co_return co_await pool_.run(std::move(work));
}

Task<Result<void>> FilesystemMultipartBlobs::abort_all(const Revision& name) {
  auto work = [&] { return end_uploads(tree_, name); };
  co_return co_await pool_.run(std::move(work));
}

}  // namespace objectstore
