// Blobs in parts, beside the blobs of a directory: docs/formats/blob.md.
//
// Parts are files, each durable and checked by its MD5 before it has an etag; completion copies
// them, verified once more, into the blob's file, so that for its time twice the space is needed.
// Uploads stay until they are completed or aborted, however often the process starts anew.
#pragma once

#include <string>
#include <vector>

#include "backends/filesystem/blob_store.h"
#include "runtime/random.h"
#include "storage/multipart.h"

namespace objectstore {

// Each call holds at most two buffers of 256 KiB; a completion reads the parts' headers first.
// Several processes may serve one upload. Part numbers are at most 10 000, parts at most 5 GiB.
class FilesystemMultipartBlobs final : public MultipartBlobs {
 public:
  // Both outlive it.
  FilesystemMultipartBlobs(FilesystemBlobStore& store, Random& random);

  [[nodiscard]] Task<Result<std::string>> initiate(const Revision& name,
                                                   const Metadata& metadata) override;
  // Etags are the part's MD5 in quotes.
  [[nodiscard]] Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_part(
      const Revision& name, std::string_view upload_id, PartToUpload part) override;
  // At most 1000 at once.
  [[nodiscard]] Task<Result<std::variant<PartPage, NoSuchUpload>>> list_parts(
      const Revision& name, std::string_view upload_id, ListParts request) override;
  // `conflict` where the blob exists, `unavailable` while another completion is under way.
  [[nodiscard]] Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>> complete(
      const Revision& name, std::string_view upload_id,
      const std::vector<ListedPart>& parts) override;
  [[nodiscard]] Task<Result<void>> abort(const Revision& name, std::string_view upload_id) override;
  [[nodiscard]] Task<Result<void>> abort_all(const Revision& name) override;

 private:
  using PutOutcome = std::variant<std::string, NoSuchUpload, PartRefused>;
  using CompleteOutcome = std::variant<BlobCompleted, NoSuchUpload, PartRefused>;

  [[nodiscard]] Task<Result<PutOutcome>> store_part(const std::string& directory,
                                                    const PartToUpload& part);
  // nullopt: the parts are as listed and the upload is there.
  [[nodiscard]] Task<Result<std::optional<CompleteOutcome>>> check(
      const Revision& name, const std::string& directory, const std::vector<ListedPart>& parts);
  // nullopt: all of them are in the blob.
  [[nodiscard]] Task<Result<std::optional<PartRefused>>> copy_parts(
      const std::string& directory, const std::vector<ListedPart>& parts, BlobWriter& writer);
  [[nodiscard]] Task<Result<CompleteOutcome>> assemble(const Revision& name,
                                                       const std::string& directory,
                                                       const std::vector<ListedPart>& parts);

  FileTree& tree_;
  BlockingPool& pool_;
  Random& random_;
};

}  // namespace objectstore
