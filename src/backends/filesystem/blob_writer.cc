#include "backends/filesystem/blob_writer.h"

#include "backends/filesystem/blob_format.h"

namespace objectstore {

FilesystemBlobWriter::FilesystemBlobWriter(FileTree& tree, BlockingPool& pool,
                                           std::unique_ptr<File> file, Target target,
                                           std::string_view header)
    : tree_(tree),
      pool_(pool),
      file_(std::move(file)),
      target_(std::move(target)),
      header_checksum_(blob_format::header_checksum(header)),
      blocks_(*file_, pool, header.size()) {}

Task<Result<void>> FilesystemBlobWriter::append(std::string_view bytes) {
  if (failure_) co_return *failure_;
  OBJECTSTORE_ASSERT(file_ != nullptr);
  auto result = co_await blocks_.append(bytes);
  if (!result.ok()) failure_ = result.error();
  co_return result;
}

Task<Result<void>> FilesystemBlobWriter::finish() {
  if (failure_) co_return *failure_;
  OBJECTSTORE_ASSERT(file_ != nullptr);
  auto work = [this] { return complete(); };
  auto result = co_await pool_.run(std::move(work));
  if (!result.ok()) failure_ = result.error();
  co_return result;
}

Result<void> FilesystemBlobWriter::complete() {
  TRY(blocks_.finish());
  const auto footer = blob_format::encode_footer(blocks_.payload_size(), header_checksum_);
  TRY(file_->write_at(blocks_.end(), footer));
  TRY(file_->sync());
  TRY(publish());
  file_.reset();
  return {};
}

Result<void> FilesystemBlobWriter::publish() {
  TRY_ASSIGN(const auto renamed, tree_.rename_to_new(target_.temporary_path, target_.path));
  switch (renamed) {
    case Renamed::done:
      break;
    case Renamed::source_missing:
      return Error(ErrorCode::unavailable, "the upload of blob " + target_.path + " was discarded");
    case Renamed::target_exists:
      return Error(ErrorCode::conflict, "a blob exists already in " + target_.path);
  }
  TRY_ASSIGN(const bool synced, tree_.sync_directory(target_.directory));
  if (!synced) return Error(ErrorCode::io, "the directory of blob " + target_.path + " is gone");
  return {};
}

}  // namespace objectstore
