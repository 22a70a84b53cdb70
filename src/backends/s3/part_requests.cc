#include "backends/s3/part_requests.h"

#include <pugixml.hpp>
#include <sstream>
#include <utility>

#include "backends/s3/errors.h"
#include "cloud/xml_multipart.h"

namespace objectstore {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view checksum_header = "x-amz-checksum-crc32c";
// S3 takes minutes for large ones, and sends blanks meanwhile.
constexpr Duration completion_timeout = 10min;
constexpr int most_listings = 20;

void append_element(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

// With the parts' checksums, which S3 asks for where the upload has them.
std::string completion_of(const std::vector<CompletedPart>& parts) {
  pugi::xml_document document;
  auto root = document.append_child("CompleteMultipartUpload");
  for (const auto& part : parts) {
    auto node = root.append_child("Part");
    append_element(node, "PartNumber", std::to_string(part.listed.number));
    append_element(node, "ETag", part.listed.etag);
    if (!part.crc32c.empty()) append_element(node, "ChecksumCRC32C", part.crc32c);
  }
  std::ostringstream out;
  document.save(out, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return out.str();
}

Result<CompletedPart> read_copied_part(std::uint32_t number, std::string_view xml) {
  pugi::xml_document document;
  const bool parsed = document.load_buffer(xml.data(), xml.size());
  const auto root = document.child("CopyPartResult");
  CompletedPart part;
  part.listed.number = number;
  part.listed.etag = root.child_value("ETag");
  if (parsed && !part.listed.etag.empty()) return part;
  return Error(ErrorCode::unavailable, "S3: `copy_part` was answered without an ETag");
}

}  // namespace

Task<Result<std::string>> PartRequests::create(std::string key, HttpHeaders object_headers,
                                               PartChecksums checksums) {
  const S3Query query = {{"uploads", ""}};
  auto request = bucket_.request("POST", bucket_.urls().object(key, query), "create_upload");
  request.repeat = Repeat::if_not_carried_out;
  request.http.headers = std::move(object_headers);
  if (checksums == PartChecksums::crc32c) {
    request.http.headers.emplace_back("x-amz-checksum-algorithm", "CRC32C");
    request.http.headers.emplace_back("x-amz-checksum-type", "FULL_OBJECT");
  }
  CO_TRY_ASSIGN(const auto reply, co_await bucket_.fetch(std::move(request)));
  if (reply.status != 200) co_return bucket_.refusal("create_upload", reply);
  co_return read_upload_id(reply.body);
}

Task<Result<HttpReply>> PartRequests::put(UploadTarget target, PartToSend part,
                                          PartChecksums checksums) {
  const auto number = std::to_string(part.number);
  const S3Query query = {{"partNumber", number}, {"uploadId", target.upload_id}};
  auto request = bucket_.request("PUT", bucket_.urls().object(target.key, query), "put_part");
  request.timeout = S3Bucket::transfer_timeout(part.part->size());
  request.body = part.body;
  auto& headers = request.http.headers;
  headers.emplace_back("x-amz-content-sha256", part.part->take_sha256());
  if (checksums == PartChecksums::crc32c) {
    headers.emplace_back(checksum_header, part.part->crc32c());
  }
  if (part.content_md5) headers.emplace_back("content-md5", *part.content_md5);
  CO_TRY_ASSIGN(auto reply, co_await bucket_.fetch(std::move(request)));
  if (reply.status == 200 && find_header(reply.headers, "etag").value_or("").empty()) {
    co_return Error(ErrorCode::unavailable, "S3: `put_part` was answered without an ETag");
  }
  co_return std::move(reply);
}

Task<Result<CompletedPart>> PartRequests::copy(UploadTarget target, std::uint32_t number,
                                               ByteRange range, std::string source_etag) {
  const auto number_text = std::to_string(number);
  const S3Query query = {{"partNumber", number_text}, {"uploadId", target.upload_id}};
  auto request = bucket_.request("PUT", bucket_.urls().object(target.key, query), "copy_part");
  request.timeout = S3Bucket::transfer_timeout(range.length);
  auto& headers = request.http.headers;
  headers.emplace_back("x-amz-copy-source", bucket_.urls().copy_source(target.key));
  headers.emplace_back("x-amz-copy-source-range",
                       "bytes=" + std::to_string(range.offset) + "-" +
                           std::to_string(range.offset + range.length - 1));
  headers.emplace_back("x-amz-copy-source-if-match", source_etag);
  CO_TRY_ASSIGN(const auto reply, co_await bucket_.fetch(std::move(request)));
  if (reply.status != 200) co_return bucket_.refusal("copy_part", reply);
  co_return read_copied_part(number, reply.body);
}

Task<Result<HttpReply>> PartRequests::complete(UploadTarget target, Completion completion) {
  const S3Query query = {{"uploadId", target.upload_id}};
  auto request = bucket_.request("POST", bucket_.urls().object(target.key, query), "complete");
  request.repeat = completion.repeat;
  request.timeout = completion_timeout;
  request.http.body = SharedBytes(completion_of(completion.parts));
  auto& headers = request.http.headers;
  headers.emplace_back("content-type", "application/xml");
  const auto& settings = bucket_.settings();
  if (settings.conditional_writes) {
    if (!completion.replaced_etag.empty()) {
      headers.emplace_back("if-match", completion.replaced_etag);
    } else if (!settings.replace) {
      headers.emplace_back("if-none-match", "*");
    }
  }
  if (const auto& whole = completion.whole) {
    headers.emplace_back("x-amz-mp-object-size", std::to_string(whole->size));
    if (!whole->crc32c.empty()) {
      headers.emplace_back(checksum_header, whole->crc32c);
      headers.emplace_back("x-amz-checksum-type", "FULL_OBJECT");
    }
  }
  CO_TRY_ASSIGN(auto reply, co_await bucket_.fetch(std::move(request)));
  // Late refusals have their status by now: this is one without a known form, or a cut answer.
  if (reply.status == 200) CO_TRY(read_completion(reply.body));
  co_return std::move(reply);
}

Task<Result<bool>> PartRequests::abort(UploadTarget target) {
  const S3Query query = {{"uploadId", target.upload_id}};
  auto request = bucket_.request("DELETE", bucket_.urls().object(target.key, query), "abort");
  CO_TRY_ASSIGN(const auto reply, co_await bucket_.fetch(std::move(request)));
  if (is_absent(reply)) co_return false;
  if (reply.status >= 300) co_return bucket_.refusal("abort", reply);
  co_return true;
}

Task<Result<UploadsEnded>> PartRequests::abort_all(std::string key) {
  auto ended = UploadsEnded::none_found;
  bool all_were_there = true;
  for (int listing = 0; listing < most_listings; ++listing) {
    CO_TRY_ASSIGN(const auto ids, co_await list_uploads(key));
    if (ids.empty()) co_return all_were_there ? ended : UploadsEnded::none_found;
    for (const auto& id : ids) {
      UploadTarget target{key, id};
      CO_TRY_ASSIGN(const bool was_there, co_await abort(std::move(target)));
      all_were_there = all_were_there && was_there;
    }
    ended = UploadsEnded::all;
  }
  co_return Error(ErrorCode::unavailable, "S3 goes on listing uploads that were aborted");
}

Task<Result<std::vector<std::string>>> PartRequests::list_uploads(const std::string& key) {
  // The name itself sorts before all that begin with it.
  const S3Query query = {{"uploads", ""}, {"prefix", key}, {"encoding-type", "url"}};
  auto request = bucket_.request("GET", bucket_.urls().bucket(query), "list_uploads");
  request.max_body = std::size_t{8} << 20;
  CO_TRY_ASSIGN(const auto reply, co_await bucket_.fetch(std::move(request)));
  if (reply.status != 200) co_return bucket_.refusal("list_uploads", reply);
  CO_TRY_ASSIGN(auto page, read_upload_page(reply.body));
  std::vector<std::string> ids;
  ids.reserve(page.uploads.size());
  for (auto& upload : page.uploads) {
    if (upload.key == key) ids.push_back(std::move(upload.upload_id));
  }
  co_return std::move(ids);
}

}  // namespace objectstore
