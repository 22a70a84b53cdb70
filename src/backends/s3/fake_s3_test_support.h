// An S3 of one bucket in memory, on a scripted HTTP server: it does as told, and fails as told.
#pragma once

#include <algorithm>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/digests.h"
#include "base/percent.h"
#include "testing/http_server.h"

namespace objectstore::s3_test {

using testing::HttpServerAnswer;
using testing::HttpServerRequest;
using Ending = HttpServerAnswer::Ending;

inline HttpServerAnswer answer_with(int status, std::string body = {}) {
  HttpServerAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  if (!answer.body.empty()) answer.headers.emplace_back("Content-Type", "application/xml");
  return answer;
}
inline HttpServerAnswer refusal_with(int status, const std::string& code,
                                     const std::string& more = {}) {
  return answer_with(status, "<?xml version=\"1.0\"?><Error><Code>" + code +
                                 "</Code><Message>as told</Message>" + more + "</Error>");
}

// What becomes of requests that it fits to.
struct Fault {
  std::string method;
  std::string part_of_target;
  std::optional<HttpServerAnswer> answer;  // instead of the true one; unset: none, the line is cut
  bool carried_out = false;                // all the same
  int times = 1;
};

class FakeS3 {
 public:
  struct Object {
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string etag;
  };
  struct Upload {
    std::string key;
    Object object;  // without a body
    std::map<int, std::string> parts;
  };

  HttpServerAnswer answer(const HttpServerRequest& request) {
    for (auto fault = faults.begin(); fault != faults.end(); ++fault) {
      const bool fits = request.method == fault->method &&
                        request.target.find(fault->part_of_target) != std::string::npos;
      if (!fits) continue;
      if (fault->carried_out) (void)carry_out(request);
      HttpServerAnswer cut;
      cut.ending = Ending::no_answer;
      auto told = fault->answer.value_or(std::move(cut));
      if (--fault->times == 0) faults.erase(fault);
      return told;
    }
    return carry_out(request);
  }
  void fail(Fault fault) { faults.push_back(std::move(fault)); }

  std::map<std::string, Object> objects;
  std::map<std::string, Upload> uploads;  // by id
  std::list<Fault> faults;
  bool bucket_exists = true;
  bool tells_checksums = true;

 private:
  struct Target {
    std::string key;
    std::map<std::string, std::string> query;
    [[nodiscard]] bool has(const std::string& name) const { return query.count(name) > 0; }
  };

  static Target parse(const std::string& target) {
    Target parsed;
    const auto path = target.substr(0, target.find('?'));
    parsed.key = percent_decode(path.substr(std::min(path.size(), std::string("/bucket/").size())));
    for (auto rest = target.substr(std::min(target.size(), path.size() + 1)); !rest.empty();) {
      const auto pair = rest.substr(0, rest.find('&'));
      rest.erase(0, pair.size() + 1);
      const auto name = pair.substr(0, pair.find('='));
      parsed.query[percent_decode(name)] =
          percent_decode(pair.substr(std::min(pair.size(), name.size() + 1)));
    }
    return parsed;
  }

  HttpServerAnswer carry_out(const HttpServerRequest& request) {
    if (!bucket_exists) return refusal_with(404, "NoSuchBucket");
    const auto target = parse(request.target);
    if (target.key.empty()) return on_bucket(target);
    if (target.has("uploads")) return open_upload(request, target);
    if (target.has("uploadId")) return on_upload(request, target);
    return on_object(request, target);
  }

  HttpServerAnswer on_bucket(const Target& target) {
    if (target.has("list-type")) return list_objects(target);
    if (!target.has("uploads")) return answer_with(200);
    std::string xml = "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>";
    for (const auto& [id, upload] : uploads) {
      if (!upload.key.starts_with(target.query.at("prefix"))) continue;
      xml += "<Upload><Key>" + upload.key + "</Key><UploadId>" + id + "</UploadId></Upload>";
    }
    return answer_with(200, xml + "</ListMultipartUploadsResult>");
  }

  HttpServerAnswer list_objects(const Target& target) {
    const auto most = std::stoul(target.query.at("max-keys"));
    const auto after = target.has("start-after") ? target.query.at("start-after") : std::string();
    std::string xml;
    std::size_t listed = 0;
    auto it = after.empty() ? objects.begin() : objects.upper_bound(after);
    for (; it != objects.end() && listed < most; ++it, ++listed) {
      xml += "<Contents><Key>" + percent_encode(it->first, percent_plain::path) + "</Key><Size>" +
             std::to_string(it->second.body.size()) +
             "</Size><LastModified>2026-04-20T13:37:00.000Z</LastModified></Contents>";
    }
    return answer_with(200, "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>" +
                                std::string(it != objects.end() ? "true" : "false") +
                                "</IsTruncated>" + xml + "</ListBucketResult>");
  }

  static Object object_of(const HttpServerRequest& request) {
    Object object;
    for (const auto& [name, value] : request.headers) {
      const bool kept = name.starts_with("x-amz-meta-") || name.starts_with("x-goog-meta-") ||
                        name == "content-type" || name == "content-encoding";
      if (kept) object.headers.emplace_back(name, value);
    }
    return object;
  }
  void put(const std::string& key, Object object) {
    object.etag = "\"" + hex_encode(digest_of(Digest::Kind::md5, object.body)) + "\"";
    objects[key] = std::move(object);
  }

  HttpServerAnswer on_object(const HttpServerRequest& request, const Target& target) {
    const auto found = objects.find(target.key);
    const bool exists = found != objects.end();
    if (request.method == "DELETE") {
      objects.erase(target.key);
      return answer_with(204);
    }
    if (request.method == "PUT") {
      if (request.header("if-none-match") == "*" && exists) {
        return refusal_with(412, "PreconditionFailed");
      }
      auto object = object_of(request);
      const bool is_copy = !request.header("x-amz-copy-source").empty() ||
                           !request.header("x-goog-copy-source").empty();
      const auto wanted = request.header("x-amz-copy-source-if-match");
      if (is_copy && !exists) return refusal_with(404, "NoSuchKey");
      if (is_copy && !wanted.empty() && wanted != found->second.etag) {
        return refusal_with(412, "PreconditionFailed");
      }
      object.body = is_copy ? found->second.body : request.body;
      put(target.key, std::move(object));
      return answer_with(200, is_copy ? "<CopyObjectResult/>" : "");
    }
    if (!exists) return refusal_with(404, "NoSuchKey");
    return read(request, found->second);
  }

  HttpServerAnswer read(const HttpServerRequest& request, const Object& object) const {
    const auto wanted = request.header("if-match");
    if (!wanted.empty() && wanted != object.etag) return refusal_with(412, "PreconditionFailed");
    HttpServerAnswer answer;
    answer.headers = object.headers;
    answer.headers.emplace_back("ETag", object.etag);
    if (tells_checksums && !request.header("x-amz-checksum-mode").empty()) {
      Crc32c crc;
      crc.update(object.body);
      answer.headers.emplace_back("x-amz-checksum-crc32c", crc.base64());
      answer.headers.emplace_back("x-amz-checksum-type", "FULL_OBJECT");
    }
    answer.body = object.body;
    const auto range = request.header("range");
    if (range.empty()) return answer;
    const auto first = std::stoul(range.substr(6));
    const auto last = std::stoul(range.substr(range.find('-') + 1));
    answer.status = 206;
    answer.headers.emplace_back(
        "Content-Range", "bytes " + range.substr(6) + "/" + std::to_string(object.body.size()));
    answer.body = object.body.substr(first, last - first + 1);
    return answer;
  }

  HttpServerAnswer open_upload(const HttpServerRequest& request, const Target& target) {
    const auto id = "id/+" + std::to_string(++next_id_);
    uploads[id] = Upload{target.key, object_of(request), {}};
    return answer_with(200, "<InitiateMultipartUploadResult><UploadId>" + id +
                                "</UploadId></InitiateMultipartUploadResult>");
  }

  HttpServerAnswer on_upload(const HttpServerRequest& request, const Target& target) {
    const auto found = uploads.find(target.query.at("uploadId"));
    if (found == uploads.end() || found->second.key != target.key) {
      return refusal_with(404, "NoSuchUpload");
    }
    auto& upload = found->second;
    if (request.method == "DELETE") {
      uploads.erase(found);
      return answer_with(204);
    }
    if (request.method == "PUT") {
      const auto number = std::stoi(target.query.at("partNumber"));
      if (!request.header("x-amz-copy-source").empty()) return copy_part(request, upload, number);
      upload.parts[number] = request.body;
      auto answer = answer_with(200);
      answer.headers.emplace_back(
          "ETag", "\"" + hex_encode(digest_of(Digest::Kind::md5, request.body)) + "\"");
      return answer;
    }
    if (request.header("if-none-match") == "*" && objects.count(target.key) > 0) {
      return refusal_with(412, "PreconditionFailed");
    }
    auto object = upload.object;
    for (const auto& [number, bytes] : upload.parts)
      object.body += bytes;
    put(target.key, std::move(object));
    uploads.erase(found);
    return answer_with(200,
                       "<CompleteMultipartUploadResult><ETag>e</ETag>"
                       "</CompleteMultipartUploadResult>");
  }

  HttpServerAnswer copy_part(const HttpServerRequest& request, Upload& upload, int number) {
    const auto source = objects.find(upload.key);
    if (source == objects.end()) return refusal_with(404, "NoSuchKey");
    if (request.header("x-amz-copy-source-if-match") != source->second.etag) {
      return refusal_with(412, "PreconditionFailed");
    }
    const auto range = request.header("x-amz-copy-source-range");
    const auto first = std::stoul(range.substr(6));
    const auto last = std::stoul(range.substr(range.find('-') + 1));
    upload.parts[number] = source->second.body.substr(first, last - first + 1);
    return answer_with(200, "<CopyPartResult><ETag>e</ETag></CopyPartResult>");
  }

  int next_id_ = 0;
};

}  // namespace objectstore::s3_test
