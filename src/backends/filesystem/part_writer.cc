#include "backends/filesystem/part_writer.h"

#include "backends/filesystem/part_format.h"
#include "backends/filesystem/upload_directory.h"
#include "backends/filesystem/uploaded_parts.h"

namespace objectstore {

PartWriter::PartWriter(FileTree& tree, BlockingPool& pool, std::unique_ptr<File> file,
                       std::string temporary_path)
    : tree_(tree),
      pool_(pool),
      file_(std::move(file)),
      temporary_path_(std::move(temporary_path)),
      blocks_(*file_, pool, part_format::header_size, &md5_) {}

Task<Result<void>> PartWriter::copy(const PartToUpload& part) {
  return copy_part(part, blocks_);
}

Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> PartWriter::publish(
    const PartToUpload& part, const std::string& directory) {
  auto work = [&] { return complete(part, directory); };
  co_return co_await pool_.run(std::move(work));
}

Task<void> PartWriter::abandon() {
  // What can't be removed now is removed as a leftover at the next start.
  auto work = [this] { (void)tree_.unlink(temporary_path_); };
  co_await pool_.run(std::move(work));
}

Result<std::variant<std::string, NoSuchUpload, PartRefused>> PartWriter::complete(
    const PartToUpload& part, const std::string& directory) {
  using Outcome = std::variant<std::string, NoSuchUpload, PartRefused>;
  TRY(blocks_.finish());
  const part_format::Header header{part.number, blocks_.payload_size(), md5_.finish()};
  if (part.content_md5 && *part.content_md5 != base64_encode(header.md5)) {
    return Outcome(PartRefused{"BadDigest", "the part does not match its Content-MD5"});
  }
  TRY(file_->write_at(0, part_format::encode_header(header)));
  TRY(file_->sync());
  auto renamed =
      tree_.rename_over(temporary_path_, directory + "/" + part_format::part_file(part.number));
  if (!renamed.ok()) {
    TRY_ASSIGN(const bool goes_on, is_upload(tree_, directory));
    if (!goes_on) return Outcome(NoSuchUpload{});
    return std::move(renamed).error();
  }
  TRY_ASSIGN(const bool synced, tree_.sync_directory(directory));
  if (!synced) return Outcome(NoSuchUpload{});
  return Outcome(part_format::etag_of(header));
}

}  // namespace objectstore
