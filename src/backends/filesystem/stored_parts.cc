#include "backends/filesystem/stored_parts.h"
#include "backends/filesystem/part_format.h"
#include "backends/filesystem/uploaded_parts.h"

#include <fmt/format.h>

namespace objectstore {

namespace {

constexpr std::size_t max_page = 1000;

std::string path_of(const std::string& directory, std::uint32_t number) {
  return directory + "/" + part_format::part_file(number);
}

Result<OpenPart> read_header(std::unique_ptr<File> file, std::uint32_t number) {
  TRY_ASSIGN(const auto status, file->status());
  std::string bytes(part_format::header_size, '\0');
  TRY_ASSIGN(const auto found, file->read_at(0, bytes));
  bytes.resize(found);
  TRY_ASSIGN(auto header, part_format::decode_header(bytes, status.size));
  if (header.number != number) return Error(ErrorCode::corrupt, "it is a part of another number");
  return OpenPart{std::move(file), std::move(header), status.modified};
}

}  // namespace

Result<std::optional<OpenPart>> open_part(FileTree& tree, const std::string& directory,
                                          std::uint32_t number) {
  const auto path = path_of(directory, number);
  TRY_ASSIGN(auto file, tree.open(path));
  if (!file) return std::optional<OpenPart>();
  auto part = read_header(std::move(file), number);
  if (!part.ok()) return std::move(part).error().wrap("cannot read " + path);
  return std::optional(std::move(part).value());
}

Result<PartPage> list_parts_in(FileTree& tree, const std::string& directory,
                               const ListParts& request) {
  TRY_ASSIGN(const auto names, tree.list(directory));
  const auto listed = parts_to_list(names, request, max_page);
  PartPage page;
  page.truncated = listed.truncated;
  page.parts.reserve(listed.numbers.size());
  for (const auto number : listed.numbers) {
    TRY_ASSIGN(const auto part, open_part(tree, directory, number));
    if (!part) continue;  // the upload has ended meanwhile
    page.parts.push_back(
        {number, part_format::etag_of(part->header), part->modified, part->header.payload_size});
  }
  return page;
}

Result<std::variant<OpenPart, PartRefused>> open_listed_part(FileTree& tree,
                                                             const std::string& directory,
                                                             const ListedPart& listed) {
  using Outcome = std::variant<OpenPart, PartRefused>;
  TRY_ASSIGN(auto part, open_part(tree, directory, listed.number));
  if (!part) {
    return Outcome(
        PartRefused{"InvalidPart", fmt::format("part {} was not uploaded", listed.number)});
  }
  const auto etag = part_format::etag_of(part->header);
  if (etag != listed.etag) {
    return Outcome(
        PartRefused{"InvalidPart", fmt::format("etag mismatch for part {}: expected {}, got {}",
                                               listed.number, etag, listed.etag)});
  }
  return Outcome(*std::move(part));
}

Result<std::optional<PartRefused>> check_listed_parts(FileTree& tree, const std::string& directory,
                                                      const std::vector<ListedPart>& parts) {
  if (parts.empty()) {
    return std::optional(PartRefused{"InvalidRequest", "at least one part has to be listed"});
  }
  std::uint32_t previous = 0;
  for (const auto& listed : parts) {
    if (listed.number <= previous) {
      return std::optional(PartRefused{"InvalidPartOrder", "part numbers have to ascend"});
    }
    previous = listed.number;
    TRY_ASSIGN(const auto part, open_listed_part(tree, directory, listed));
    if (const auto* refused = std::get_if<PartRefused>(&part)) return std::optional(*refused);
  }
  return std::optional<PartRefused>();
}

}  // namespace objectstore
