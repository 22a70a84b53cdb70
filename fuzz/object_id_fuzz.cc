// Scopes and storage paths: whatever is accepted is written back as the same text, so that no two
// texts name one object.
#include "model/object_id.h"

#include "fuzz.h"

namespace objectstore {
namespace {

std::string segment_of(const Scopes& scopes) {
  std::string text;
  for (const auto& scope : scopes.list())
    text += (text.empty() ? "" : ";") + scope.name + "=" + scope.value;
  return text.empty() ? "_" : text;
}

void check_scopes(std::string_view segment) {
  const auto scopes = Scopes::parse(segment);
  if (!scopes.ok()) {
    FUZZ_CHECK(scopes.error().code() == ErrorCode::invalid_argument);
    FUZZ_CHECK(scopes.error().message().size() < 64 + segment.size());
    return;
  }
  FUZZ_CHECK(segment_of(*scopes) == segment);
  for (const auto& scope : scopes->list()) {
    FUZZ_CHECK(scopes->find(scope.name).has_value());
    FUZZ_CHECK((scope.name + scope.value).find_first_of("./;=%") == std::string::npos);
  }
}

void check_path(std::string_view path) {
  const auto id = ObjectId::parse_storage_path(path);
  if (!id) return;
  FUZZ_CHECK(id->storage_path() == path);
  FUZZ_CHECK(!id->key.empty() && !id->usecase.empty());
  FUZZ_CHECK(id->usecase.find('/') == std::string::npos);
  if (validate(*id).ok()) FUZZ_CHECK(path.size() <= max_storage_path_bytes);
}

}  // namespace

FUZZ_TARGET(input) {
  check_scopes(input);
  check_path(input);

  // What may be stored at all can be found again under its path.
  const auto first = input.find('\n');
  const auto usecase = input.substr(0, first);
  const auto rest = first == std::string_view::npos ? std::string_view() : input.substr(first + 1);
  const auto second = rest.find('\n');
  const auto scopes = Scopes::parse(rest.substr(0, second));
  if (!scopes.ok() || second == std::string_view::npos) return;
  const ObjectId id{std::string(usecase), *scopes, std::string(rest.substr(second + 1))};
  if (validate(id).ok()) FUZZ_CHECK(ObjectId::parse_storage_path(id.storage_path()) == id);
}

}  // namespace objectstore
