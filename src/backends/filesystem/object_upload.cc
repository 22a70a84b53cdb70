#include "backends/filesystem/object_upload.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "backends/filesystem/object_file_format.h"
#include "backends/filesystem/part_format.h"
#include "backends/filesystem/uploaded_parts.h"
#include "base/uuid.h"

namespace objectstore {

namespace {

constexpr std::string_view uploads_directory = "__multipart__";
constexpr std::size_t max_part_line = 4096;
constexpr std::size_t max_page = 10'000;

Error corrupt(std::string message) {
  return Error(ErrorCode::corrupt, std::move(message));
}

// What others wrote may be any time.
WallTime to_time(std::uint64_t seconds, std::uint64_t nanoseconds) {
  constexpr auto latest = std::chrono::floor<std::chrono::seconds>(WallTime::max());
  if (seconds >= static_cast<std::uint64_t>(latest.time_since_epoch().count()) ||
      nanoseconds >= 1'000'000'000) {
    return WallTime::max();
  }
  return WallTime(std::chrono::seconds(seconds)) + Duration(nanoseconds);
}

Result<ObjectPart> read_part(std::unique_ptr<File> file, std::uint32_t number) {
  TRY_ASSIGN(const auto status, file->status());
  std::string front(std::min<std::uint64_t>(max_part_line, status.size), '\0');
  TRY_ASSIGN(const auto found, file->read_at(0, front));
  front.resize(found);
  const auto newline = front.find('\n');
  if (newline == std::string::npos) return corrupt("it has no line of a part");
  ObjectPart part;
  TRY_ASSIGN(part.part,
             object_upload_format::decode_part_line(std::string_view(front).substr(0, newline)));
  part.part.number = number;
  part.payload_offset = newline + 1;
  if (status.size - part.payload_offset != part.part.size) {
    return corrupt("the part is not as long as its line says");
  }
  part.file = std::move(file);
  return part;
}

}  // namespace

namespace object_upload_format {

std::string encode_part_line(const UploadedPart& part) {
  const auto since = part.last_modified.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const nlohmann::json line = {
      {"etag", part.etag},
      {"size", part.size},
      {"uploaded_at",
       {{"nanos_since_epoch", (since - seconds).count()}, {"secs_since_epoch", seconds.count()}}}};
  return line.dump() + "\n";
}

Result<UploadedPart> decode_part_line(std::string_view text) {
  const auto line = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!line.is_object()) return corrupt("the line of the part is no JSON object");
  const auto etag = line.find("etag");
  const auto size = line.find("size");
  const auto uploaded_at = line.find("uploaded_at");
  if (etag == line.end() || !etag->is_string() || size == line.end() ||
      !size->is_number_unsigned() || uploaded_at == line.end() || !uploaded_at->is_object()) {
    return corrupt("a member of the part's line is missing");
  }
  const auto seconds = uploaded_at->find("secs_since_epoch");
  const auto nanoseconds = uploaded_at->find("nanos_since_epoch");
  if (seconds == uploaded_at->end() || !seconds->is_number_unsigned() ||
      nanoseconds == uploaded_at->end() || !nanoseconds->is_number_unsigned()) {
    return corrupt("the part's line has no time");
  }
  UploadedPart part;
  part.etag = etag->get<std::string>();
  part.size = size->get<std::uint64_t>();
  part.last_modified = to_time(seconds->get<std::uint64_t>(), nanoseconds->get<std::uint64_t>());
  return part;
}

std::string etag_of(std::uint32_t number, std::uint64_t length) {
  return fmt::format("\"etag-{}-{}\"", number, length);
}

}  // namespace object_upload_format

Result<std::optional<ObjectUpload>> ObjectUpload::find(FileTree& tree, const ObjectId& id,
                                                       std::string_view upload_id) {
  TRY_ASSIGN(const auto path, object_file_format::path_of(id));
  // In this form, as the existing service, too, makes them; so it names no other directory.
  const auto uuid = Uuid::parse(upload_id);
  if (!uuid || uuid->str() != upload_id) return std::optional<ObjectUpload>();
  auto directory = fmt::format("{}/{}/{}", uploads_directory, path, upload_id);
  return std::optional(
      ObjectUpload(tree, std::move(directory), id.key.size() + 1 + upload_id.size()));
}

std::string ObjectUpload::part_path(std::uint32_t number) const {
  return directory_ + "/" + part_format::part_file(number);
}

Result<bool> ObjectUpload::exists() const {
  TRY_ASSIGN(const auto status, tree_->status(metadata_path()));
  return status && !status->is_directory;
}

Result<std::optional<Metadata>> ObjectUpload::metadata() const {
  TRY_ASSIGN(const bool found, exists());
  if (!found) return std::optional<Metadata>();
  TRY_ASSIGN(const auto file, tree_->open(metadata_path()));
  if (!file) return std::optional<Metadata>();
  TRY_ASSIGN(const auto status, file->status());
  if (status.size > object_file_format::max_line_size) {
    return corrupt(metadata_path() + " is too large");
  }
  std::string json(status.size, '\0');
  TRY_ASSIGN(const auto size, file->read_at(0, json));
  json.resize(size);
  auto metadata = metadata_from_json(json);
  if (!metadata.ok()) return std::move(metadata).error().wrap("cannot read " + metadata_path());
  return std::optional(std::move(metadata).value());
}

Result<bool> ObjectUpload::take_part(ObjectNames& names, const std::string& temporary_path,
                                     std::uint32_t number) const {
  auto renamed = tree_->rename_over(temporary_path, part_path(number));
  if (!renamed.ok()) {
    TRY_ASSIGN(const bool found, exists());
    if (!found) return false;
    return std::move(renamed).error();
  }
  TRY(tree_->sync_directory(directory_));
  // An end that came between may not have seen it; this sees the end.
  TRY_ASSIGN(const bool found, exists());
  if (!found) TRY(end(names));
  return found;
}

Result<PartPage> ObjectUpload::list(const ListParts& request) const {
  TRY_ASSIGN(const auto files, tree_->list(directory_));
  const auto listed = parts_to_list(files, request, max_page);
  PartPage page;
  page.truncated = listed.truncated;
  page.parts.reserve(listed.numbers.size());
  for (const auto number : listed.numbers) {
    TRY_ASSIGN(auto part, open_part(number));
    if (part) page.parts.push_back(std::move(part->part));
  }
  return page;
}

Result<std::variant<ObjectPart, PartRefused>> ObjectUpload::open(const ListedPart& listed) const {
  using Outcome = std::variant<ObjectPart, PartRefused>;
  TRY_ASSIGN(auto part, open_part(listed.number));
  if (!part) {
    return Outcome(
        PartRefused{"InvalidPart", fmt::format("part {} was not uploaded", listed.number)});
  }
  if (part->part.etag != listed.etag) {
    return Outcome(
        PartRefused{"InvalidPart", fmt::format("etag mismatch for part {}: expected {}, got {}",
                                               listed.number, part->part.etag, listed.etag)});
  }
  return Outcome(*std::move(part));
}

Result<std::optional<ObjectPart>> ObjectUpload::open_part(std::uint32_t number) const {
  const auto path = part_path(number);
  TRY_ASSIGN(auto file, tree_->open(path));
  if (!file) return std::optional<ObjectPart>();
  auto part = read_part(std::move(file), number);
  if (!part.ok()) return std::move(part).error().wrap("cannot read " + path);
  return std::optional(std::move(part).value());
}

Result<void> ObjectUpload::end(ObjectNames& names) const {
  TRY(tree_->unlink(metadata_path()));
  TRY_ASSIGN(const bool there, tree_->sync_directory(directory_));
  if (!there) return {};
  TRY(remove_files());
  names.remove_empty_directories(metadata_path(),
                                 named_by_key_ + metadata_path().size() - directory_.size());
  return {};
}

// Keys may have made directories in this one.
Result<void> ObjectUpload::remove_files() const {
  TRY_ASSIGN(const auto files, tree_->list(directory_));
  for (const auto& file : files) {
    if (!part_format::number_of(file) && !file.ends_with(".tmp")) continue;
    auto unlinked = tree_->unlink(fmt::format("{}/{}", directory_, file));
    if (!unlinked.ok() && unlinked.error().code() != ErrorCode::conflict) {
      return std::move(unlinked).error();
    }
  }
  return {};
}

}  // namespace objectstore
