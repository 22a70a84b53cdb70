#include "backends/gcs/blob_listing.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "backends/gcs/json_members.h"
#include "net/rfc3339.h"

namespace objectstore {

namespace {

using Json = nlohmann::json;

constexpr std::size_t largest_page = 500;
constexpr std::size_t largest_answer = 8 << 20;  // emulators send whole resources
// GCS may answer with few objects or none, and still have more.
constexpr int most_pages = 1000;

Error unreadable() {
  return {ErrorCode::unavailable, "GCS: an answer is not a list of objects"};
}

Result<ListedBlob> read_item(const Json& item) {
  if (!item.is_object()) return unreadable();
  ListedBlob blob;
  blob.name = json_text(item, "name");
  if (blob.name.empty()) return unreadable();
  const auto size = json_number(item, "size");
  const auto written = parse_rfc3339(json_text(item, "timeCreated"));
  if (!size || !written) {
    blob.problem = "the store does not tell its size and time";
    return blob;
  }
  blob.size = *size;
  blob.written = *written;
  blob.expires = parse_rfc3339(json_text(item, "customTime"));
  blob.revision = Revision::parse(blob.name);
  if (!blob.revision) blob.problem = "its name is not that of a revision";
  return blob;
}

struct Page {
  std::vector<ListedBlob> blobs;
  std::string token;  // of the next one; empty: that was all
};

Result<Page> read_page(std::string_view text) {
  const auto json = parse_json_object(text);
  if (!json.is_object()) return unreadable();
  Page page;
  page.token = json_text(json, "nextPageToken");
  const auto items = json.find("items");
  if (items == json.end()) return page;
  if (!items->is_array()) return unreadable();
  page.blobs.reserve(items->size());
  for (const auto& item : *items) {
    TRY_ASSIGN(auto blob, read_item(item));
    page.blobs.push_back(std::move(blob));
  }
  return page;
}

Task<Result<Page>> fetch_page(const GcsContext& context, std::string url) {
  auto request = make_gcs_request(context, "list", "GET", std::move(url));
  request.max_body = largest_answer;
  CO_TRY_ASSIGN(const auto reply, co_await fetch_gcs(context, std::move(request)));
  if (reply.status != 200) co_return gcs_refusal("list", reply);
  co_return read_page(reply.body);
}

}  // namespace

Task<Result<BlobPage>> list_gcs_blobs(const GcsContext& context, std::string from,
                                      std::size_t limit) {
  // One more than is wanted tells where the next page begins.
  const auto wanted = limit + 1;
  BlobPage listed;
  std::string token;
  for (int pages = 0; pages < most_pages; ++pages) {
    const auto count = std::min(wanted - listed.blobs.size(), largest_page);
    CO_TRY_ASSIGN(auto page, co_await fetch_page(context, context.urls.list(from, token, count)));
    std::move(page.blobs.begin(), page.blobs.end(), std::back_inserter(listed.blobs));
    token = std::move(page.token);
    if (listed.blobs.size() > limit) {
      listed.next = listed.blobs[limit].name;
      listed.blobs.resize(limit);
      co_return std::move(listed);
    }
    if (token.empty()) co_return std::move(listed);
  }
  co_return Error(ErrorCode::unavailable, "GCS: a list of objects does not end");
}

}  // namespace objectstore
