// Multipart uploads of objects on a directory as the only tier, in the format of the existing
// service (docs/formats/filesystem.md).
//
// A part is durable when it has its etag. Uploads stay until they are completed or aborted: nothing
// here ends abandoned ones. As there, a list of parts may be in any order, or empty.
#pragma once

#include <string>
#include <vector>

#include "backends/filesystem/object_store.h"
#include "backends/filesystem/object_upload.h"
#include "runtime/clock.h"
#include "storage/multipart_objects.h"

namespace objectstore {

class ObjectFileWriter;

// Each call holds at most two buffers of 256 KiB. Errors as of FilesystemObjectStore.
class FilesystemMultipartObjects final : public MultipartObjects {
 public:
  // Both outlive it.
  FilesystemMultipartObjects(FilesystemObjectStore& store, Clock& clock);

  [[nodiscard]] Task<Result<std::string>> initiate(const ObjectId& id, Metadata metadata) override;
  [[nodiscard]] Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> put_part(
      const ObjectId& id, std::string_view upload_id, PartToUpload part) override;
  // Up to 10 000 at once.
  [[nodiscard]] Task<Result<std::variant<PartPage, NoSuchUpload>>> list_parts(
      const ObjectId& id, std::string_view upload_id, ListParts request) override;
  // Again after a success: NoSuchUpload.
  [[nodiscard]] Task<Result<CompleteResult>> complete(
      const ObjectId& id, std::string_view upload_id,
      const std::vector<ListedPart>& parts) override;
  [[nodiscard]] Task<Result<void>> abort(const ObjectId& id, std::string_view upload_id) override;

 private:
  using PutOutcome = std::variant<std::string, NoSuchUpload, PartRefused>;

  [[nodiscard]] std::string temporary_path();
  [[nodiscard]] Task<Result<PutOutcome>> store_part(const ObjectUpload& upload,
                                                    const PartToUpload& part);
  // nullopt: all of them are in the object.
  [[nodiscard]] Task<Result<std::optional<PartRefused>>> copy_parts(
      const ObjectUpload& upload, const std::vector<ListedPart>& parts, ObjectFileWriter& writer);
  [[nodiscard]] Task<Result<CompleteResult>> assemble(const std::string& path,
                                                      const ObjectUpload& upload,
                                                      const std::vector<ListedPart>& parts);

  FileTree& tree_;
  ObjectNames& names_;
  BlockingPool& pool_;
  Random& random_;
  Clock& clock_;
};

}  // namespace objectstore
