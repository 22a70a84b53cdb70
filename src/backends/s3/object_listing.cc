#include "backends/s3/object_listing.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <pugixml.hpp>

#include "base/percent.h"
#include "net/rfc3339.h"

namespace objectstore {

namespace {

Error bad(std::string_view what) {
  std::string message = "S3: the answer is no list of objects: bad ";
  return {ErrorCode::unavailable, std::move(message.append(what))};
}

// With encoding-type=url, S3 writes keys as forms do: '+' is a blank.
std::string decode_key(std::string key) {
  std::replace(key.begin(), key.end(), '+', ' ');
  return percent_decode(key);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

Result<ListedObject> read_object(pugi::xml_node node, bool encoded) {
  ListedObject object;
  object.key = node.child_value("Key");
  if (encoded) object.key = decode_key(std::move(object.key));
  const auto size = parse_size(node.child_value("Size"));
  const auto modified = parse_rfc3339(node.child_value("LastModified"));
  if (object.key.empty()) return bad("Key");
  if (!size) return bad("Size");
  if (!modified) return bad("LastModified");
  object.size = *size;
  object.modified = *modified;
  return object;
}

}  // namespace

Result<ObjectPage> read_object_page(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return bad("XML");
  const auto root = document.child("ListBucketResult");
  if (!root) return bad("root");
  ObjectPage page;
  // Cut short, a list would look complete.
  const std::string_view truncated = root.child_value("IsTruncated");
  if (truncated != "true" && truncated != "false") return bad("IsTruncated");
  page.truncated = truncated == "true";
  const bool encoded = std::string_view(root.child_value("EncodingType")) == "url";
  for (const auto node : root.children("Contents")) {
    TRY_ASSIGN(auto object, read_object(node, encoded));
    page.objects.push_back(std::move(object));
  }
  if (page.truncated && page.objects.empty()) return bad("IsTruncated");
  return page;
}

}  // namespace objectstore
