#include "cloud/xml_multipart.h"

#include <charconv>
#include <pugixml.hpp>
#include <sstream>
#include <utility>

#include "base/percent.h"
#include "cloud/shown_text.h"
#include "net/rfc3339.h"

namespace objectstore {

namespace {

Error no_document(std::string_view root, std::string_view detail) {
  std::string message("the store's answer is no ");
  message.append(root).append(" document: ").append(detail);
  return Error(ErrorCode::unavailable, std::move(message));
}

// One of these documents, whose elements are all text but for those of a list.
class Document {
 public:
  [[nodiscard]] Result<void> load(std::string_view xml, const char* root) {
    root_name_ = root;
    const auto parsed = document_.load_buffer(xml.data(), xml.size());
    if (!parsed) return no_document(root, parsed.description());
    root_ = document_.child(root);
    if (!root_) return no_document(root, "it has another root");
    return {};
  }
  [[nodiscard]] pugi::xml_node root() const { return root_; }

  [[nodiscard]] Error bad(const char* element) const {
    return no_document(root_name_, std::string("bad ") + element);
  }
  [[nodiscard]] Result<std::string> text(pugi::xml_node parent, const char* element) const {
    std::string text = parent.child_value(element);
    if (text.empty()) return bad(element);
    return text;
  }
  template <class Number>
  [[nodiscard]] Result<Number> number(pugi::xml_node parent, const char* element) const {
    const std::string_view text = parent.child_value(element);
    const char* end = text.data() + text.size();
    Number value = 0;
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end) return bad(element);
    return value;
  }
  // Absent is false.
  [[nodiscard]] Result<bool> flag(pugi::xml_node parent, const char* element) const {
    const std::string_view text = parent.child_value(element);
    if (text != "true" && text != "false" && !text.empty()) return bad(element);
    return text == "true";
  }

 private:
  const char* root_name_ = "";
  pugi::xml_document document_;
  pugi::xml_node root_;
};

Result<UploadedPart> read_part(const Document& document, pugi::xml_node node) {
  UploadedPart part;
  TRY_ASSIGN(part.number, document.number<std::uint32_t>(node, "PartNumber"));
  TRY_ASSIGN(part.etag, document.text(node, "ETag"));
  TRY_ASSIGN(part.size, document.number<std::uint64_t>(node, "Size"));
  const auto modified = parse_rfc3339(node.child_value("LastModified"));
  if (!modified) return document.bad("LastModified");
  part.last_modified = *modified;
  return part;
}

// As stores write keys where `encoding-type=url` was asked for: forms have '+' for a blank.
std::string decoded_key(std::string key) {
  std::replace(key.begin(), key.end(), '+', ' ');
  return percent_decode(key);
}

void append_element(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

// Failures that say nothing against the request.
bool is_own_trouble(std::string_view code) {
  constexpr std::string_view codes[] = {"InternalError", "ServiceUnavailable", "SlowDown",
                                        "RequestTimeout", "OperationAborted"};
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

}  // namespace

Result<std::string> read_upload_id(std::string_view xml) {
  Document document;
  TRY(document.load(xml, "InitiateMultipartUploadResult"));
  return document.text(document.root(), "UploadId");
}

Result<PartPage> read_part_page(std::string_view xml) {
  Document document;
  TRY(document.load(xml, "ListPartsResult"));
  PartPage page;
  TRY_ASSIGN(page.truncated, document.flag(document.root(), "IsTruncated"));
  std::uint32_t last = 0;
  for (const auto node : document.root().children("Part")) {
    TRY_ASSIGN(auto part, read_part(document, node));
    if (part.number <= last) return document.bad("PartNumber");
    last = part.number;
    page.parts.push_back(std::move(part));
  }
  // The next page would begin where this one did.
  if (page.truncated && page.parts.empty()) return document.bad("IsTruncated");
  return page;
}

std::string write_completion(const std::vector<ListedPart>& parts) {
  pugi::xml_document document;
  auto root = document.append_child("CompleteMultipartUpload");
  for (const auto& part : parts) {
    auto node = root.append_child("Part");
    append_element(node, "PartNumber", std::to_string(part.number));
    append_element(node, "ETag", part.etag);
  }
  std::ostringstream out;
  document.save(out, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return out.str();
}

namespace {

constexpr std::size_t longest_shown = 1000;

}  // namespace

Result<std::optional<PartRefused>> read_completion(std::string_view xml) {
  Document document;
  if (document.load(xml, "Error").ok()) {
    TRY_ASSIGN(auto code, document.text(document.root(), "Code"));
    code = shown_text(code, longest_shown);
    auto message = shown_text(document.root().child_value("Message"), longest_shown);
    if (is_own_trouble(code)) {
      return Error(ErrorCode::unavailable, "the store could not complete the upload: " + code);
    }
    return std::optional<PartRefused>(PartRefused{std::move(code), std::move(message)});
  }
  TRY(document.load(xml, "CompleteMultipartUploadResult"));
  return std::optional<PartRefused>();
}

Result<UploadPage> read_upload_page(std::string_view xml) {
  Document document;
  TRY(document.load(xml, "ListMultipartUploadsResult"));
  const auto root = document.root();
  const bool encoded = std::string_view(root.child_value("EncodingType")) == "url";
  const auto key_of = [&](pugi::xml_node parent, const char* element) {
    std::string key = parent.child_value(element);
    return encoded ? decoded_key(std::move(key)) : key;
  };
  UploadPage page;
  TRY_ASSIGN(page.truncated, document.flag(root, "IsTruncated"));
  page.next_key = key_of(root, "NextKeyMarker");
  page.next_upload_id = root.child_value("NextUploadIdMarker");
  for (const auto node : root.children("Upload")) {
    UnderwayUpload upload;
    upload.key = key_of(node, "Key");
    if (upload.key.empty()) return document.bad("Key");
    TRY_ASSIGN(upload.upload_id, document.text(node, "UploadId"));
    page.uploads.push_back(std::move(upload));
  }
  if (page.truncated && page.next_key.empty()) return document.bad("NextKeyMarker");
  return page;
}

}  // namespace objectstore
