// Multipart uploads in the single-tier format: a directory each, named like its object, with the
// metadata and the parts (docs/formats/filesystem.md). An upload is there as long as its metadata
// are.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backends/filesystem/file_system.h"
#include "backends/filesystem/object_names.h"
#include "model/metadata.h"
#include "model/object_id.h"
#include "storage/multipart.h"

namespace objectstore {

namespace object_upload_format {

// The line before a part's payload, its newline included.
[[nodiscard]] std::string encode_part_line(const UploadedPart& part);
// `line` without its newline; the number is not in it. corrupt where it is not such a line.
[[nodiscard]] Result<UploadedPart> decode_part_line(std::string_view line);
// `"etag-N-L"`, quotes included: it tells apart numbers and lengths, not contents.
[[nodiscard]] std::string etag_of(std::uint32_t number, std::uint64_t length);

}  // namespace object_upload_format

struct ObjectPart {
  UploadedPart part;
  std::unique_ptr<File> file;
  std::uint64_t payload_offset = 0;
};

// All but the constructor's work blocks; any thread may call.
class ObjectUpload {
 public:
  // nullopt: no upload has such an id. invalid_argument where the object can have no file.
  [[nodiscard]] static Result<std::optional<ObjectUpload>> find(FileTree& tree, const ObjectId& id,
                                                                std::string_view upload_id);

  [[nodiscard]] std::string metadata_path() const { return directory_ + "/metadata.json"; }
  [[nodiscard]] std::string part_path(std::uint32_t number) const;
  // Of the object while it is put together; who has the file is the one who completes the upload.
  [[nodiscard]] std::string object_path() const { return directory_ + "/object.tmp"; }

  [[nodiscard]] Result<bool> exists() const;
  // nullopt: the upload is not there.
  [[nodiscard]] Result<std::optional<Metadata>> metadata() const;
  // Puts a durable file into its place, unless the upload is gone: false.
  [[nodiscard]] Result<bool> take_part(ObjectNames& names, const std::string& temporary_path,
                                       std::uint32_t number) const;
  [[nodiscard]] Result<PartPage> list(const ListParts& request) const;
  // As the client listed it; refused where there is none, or another.
  [[nodiscard]] Result<std::variant<ObjectPart, PartRefused>> open(const ListedPart& listed) const;
  // Removes it with all that belongs to it; there may be none. Durable in that it is no upload any
  // more.
  [[nodiscard]] Result<void> end(ObjectNames& names) const;

 private:
  ObjectUpload(FileTree& tree, std::string directory, std::size_t named_by_key)
      : tree_(&tree), directory_(std::move(directory)), named_by_key_(named_by_key) {}
  [[nodiscard]] Result<std::optional<ObjectPart>> open_part(std::uint32_t number) const;
  [[nodiscard]] Result<void> remove_files() const;

  FileTree* tree_;
  std::string directory_;
  std::size_t named_by_key_;  // bytes at the directory's end that key and upload id name
};

}  // namespace objectstore
