// Reads the parts of an upload: docs/formats/blob.md.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/filesystem/file_system.h"
#include "backends/filesystem/part_format.h"
#include "storage/multipart.h"

namespace objectstore {

struct OpenPart {
  std::unique_ptr<File> file;
  part_format::Header header;
  WallTime modified;
};

// All of them block. corrupt names the file.

// nullopt: no such part.
[[nodiscard]] Result<std::optional<OpenPart>> open_part(FileTree& tree,
                                                        const std::string& directory,
                                                        std::uint32_t number);

// Up to 1000 at once.
[[nodiscard]] Result<PartPage> list_parts_in(FileTree& tree, const std::string& directory,
                                             const ListParts& request);

// The part as the client listed it; InvalidPart where there is none, or another.
[[nodiscard]] Result<std::variant<OpenPart, PartRefused>> open_listed_part(
    FileTree& tree, const std::string& directory, const ListedPart& listed);

// nullopt: a blob can be made of the parts, in that order.
[[nodiscard]] Result<std::optional<PartRefused>> check_listed_parts(
    FileTree& tree, const std::string& directory, const std::vector<ListedPart>& parts);

}  // namespace objectstore
