// From a request's target to an object: no two objects share a name in any store, and no name leads
// out of a store's directory.
#include <fmt/format.h>

#include "backends/filesystem/blob_format.h"
#include "backends/filesystem/object_file_format.h"
#include "base/percent.h"
#include "fuzz.h"
#include "http/request_path.h"

namespace objectstore {
namespace {

struct Answer {
  bool admitted = false;
  RouteMatch match;
  ObjectId id;
  Response response;
};

Answer check(Method method, std::string_view target) {
  Answer answer;
  answer.match = match_route(target);
  answer.admitted = check_route(answer.match.route, method, answer.response);
  if (answer.admitted && !is_internal(answer.match.route)) {
    answer.admitted = check_path(answer.match, answer.id, answer.response);
  }
  return answer;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += fmt::format("%{:02x}", static_cast<std::uint8_t>(c));
  return out;
}

std::string target_of(const ObjectId& id) {
  std::string scopes;
  for (const auto& scope : id.scopes.list())
    scopes += (scopes.empty() ? "" : ";") + scope.name + "=" + scope.value;
  return "/v1/objects/" + escaped(id.usecase) + "/" + escaped(scopes.empty() ? "_" : scopes) + "/" +
         escaped(id.key);
}

void check_file_name(std::string_view path) {
  FUZZ_CHECK(!path.starts_with('/') && !path.starts_with('~'));
  FUZZ_CHECK(path.find('\0') == std::string_view::npos && is_utf8(path));
  const auto framed = "/" + std::string(path) + "/";
  for (const auto* bad : {"//", "/./", "/../"})
    FUZZ_CHECK(framed.find(bad) == std::string::npos);
}

void check_blob_name(const ObjectId& id) {
  const Revision revision(id.storage_path(), Uuid());
  FUZZ_CHECK(Revision::parse(revision.path()) == revision);
  const auto path = blob_format::path_of(revision);
  FUZZ_CHECK(path.starts_with(blob_format::directory_of(revision) + "/"));
  FUZZ_CHECK(path.find_first_not_of("0123456789abcdef-/.lo") == std::string::npos);
  FUZZ_CHECK(path.size() < 64 && path.find("..") == std::string::npos);
}

void check_id(const ObjectId& id) {
  FUZZ_CHECK(is_utf8(id.usecase) && is_utf8(id.key));
  if (!validate(id).ok()) {
    FUZZ_CHECK(!object_file_format::path_of(id).ok());
    return;
  }
  const auto path = id.storage_path();
  FUZZ_CHECK(path.size() <= max_storage_path_bytes && !path.starts_with('~'));
  FUZZ_CHECK(ObjectId::parse_storage_path(path) == id);
  check_blob_name(id);
  if (const auto file = object_file_format::path_of(id); file.ok()) {
    FUZZ_CHECK(*file == path);
    check_file_name(*file);
  }
  const auto again = check(Method::get, target_of(id));
  FUZZ_CHECK(again.admitted && again.id == id);
}

}  // namespace

FUZZ_TARGET(input) {
  for (const auto method : {Method::get, Method::post}) {
    const auto answer = check(method, input);
    if (!answer.admitted) {
      const auto status = answer.response.status;
      FUZZ_CHECK(status == 400 || status == 404 || status == 405);
      FUZZ_CHECK(answer.response.text.size() < 64 + input.size());
      continue;
    }
    FUZZ_CHECK(method_allowed(answer.match.route, method));
    if (answer.match.route == Route::object) check_id(answer.id);
  }
}

}  // namespace objectstore
