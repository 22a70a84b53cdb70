#include "model/object_id.h"

#include <algorithm>
#include <array>

namespace objectstore {

namespace {

constexpr std::string_view objects_segment = "objects";

constexpr std::array<bool, 256> scope_characters = [] {
  std::array<bool, 256> allowed{};
  for (int c = 'A'; c <= 'Z'; ++c)
    allowed[c] = true;
  for (int c = 'a'; c <= 'z'; ++c)
    allowed[c] = true;
  for (int c = '0'; c <= '9'; ++c)
    allowed[c] = true;
  for (const char c : std::string_view("_-()$!+'"))
    allowed[static_cast<unsigned char>(c)] = true;
  return allowed;
}();

// Where the first character lies that a scope must not hold, or npos.
std::size_t find_bad_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!scope_characters[static_cast<unsigned char>(text[i])]) return i;
  }
  return std::string_view::npos;
}

// The UTF-8 character at `at`, whole: the text is shown to people.
std::string_view character_at(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    ++end;
  return text.substr(at, end - at);
}

Error invalid(std::string message) {
  return {ErrorCode::invalid_argument, std::move(message)};
}

Result<void> check_characters(std::string_view text) {
  const auto at = find_bad_character(text);
  if (at == std::string_view::npos) return {};
  std::string message = "invalid character '";
  message.append(character_at(text, at)) += '\'';
  return invalid(std::move(message));
}

// One "name=value" of a URL, "name.value" of a storage path.
Result<Scope> parse_scope(std::string_view text, char separator) {
  const auto split = text.find(separator);
  if (split == std::string_view::npos) return invalid("scope must be 'key=value'");
  const auto name = text.substr(0, split);
  const auto value = text.substr(split + 1);
  if (name.empty() || value.empty()) return invalid("key and value must be non-empty");
  TRY(check_characters(name));
  TRY(check_characters(value));
  return Scope{std::string(name), std::string(value)};
}

// Cuts off and returns what comes before the next '/'; nullopt where there is none.
std::optional<std::string_view> take_segment(std::string_view& rest) {
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto segment = rest.substr(0, slash);
  rest.remove_prefix(slash + 1);
  return segment;
}

std::size_t storage_path_size(const ObjectId& id) {
  std::size_t size = id.usecase.size() + 1 + objects_segment.size() + 1 + id.key.size();
  for (const auto& scope : id.scopes.list())
    size += scope.name.size() + scope.value.size() + 2;
  return size;
}

}  // namespace

Result<Scopes> Scopes::parse(std::string_view segment) {
  if (segment == "_") return Scopes();
  std::vector<Scope> scopes;
  scopes.reserve(1 + static_cast<std::size_t>(std::count(segment.begin(), segment.end(), ';')));
  for (bool last = false; !last;) {
    const auto end = segment.find(';');
    last = end == std::string_view::npos;
    TRY_ASSIGN(auto scope, parse_scope(segment.substr(0, end), '='));
    scopes.push_back(std::move(scope));
    if (!last) segment.remove_prefix(end + 1);
  }
  return Scopes(std::move(scopes));
}

std::optional<std::string_view> Scopes::find(std::string_view name) const {
  for (const auto& scope : scopes_) {
    if (scope.name == name) return scope.value;
  }
  return std::nullopt;
}

std::string ObjectId::storage_path() const {
  std::string path;
  path.reserve(storage_path_size(*this));
  path.append(usecase) += '/';
  for (const auto& scope : scopes.list()) {
    path.append(scope.name) += '.';
    path.append(scope.value) += '/';
  }
  path.append(objects_segment) += '/';
  path.append(key);
  return path;
}

std::optional<ObjectId> ObjectId::parse_storage_path(std::string_view path) {
  const auto usecase = take_segment(path);
  if (!usecase || usecase->empty()) return std::nullopt;
  std::vector<Scope> scopes;
  while (true) {
    const auto segment = take_segment(path);
    if (!segment) return std::nullopt;
    if (*segment == objects_segment) break;
    auto scope = parse_scope(*segment, '.');
    if (!scope.ok()) return std::nullopt;
    scopes.push_back(std::move(scope).value());
  }
  if (path.empty()) return std::nullopt;
  return ObjectId{std::string(*usecase), Scopes(std::move(scopes)), std::string(path)};
}

Result<void> validate(const ObjectId& id) {
  constexpr char nul = '\0';
  const std::string_view usecase = id.usecase;
  if (usecase.empty()) return invalid("usecase must not be empty");
  if (usecase.find('/') != std::string_view::npos) return invalid("usecase must not contain '/'");
  if (usecase.front() == '~') return invalid("usecase must not start with '~'");
  if (usecase == "__multipart__") return invalid("usecase '__multipart__' is reserved");
  if (usecase.find(nul) != std::string_view::npos) return invalid("usecase must not contain NUL");
  if (id.key.empty()) return invalid("key must not be empty");
  if (id.key.find(nul) != std::string::npos) return invalid("key must not contain NUL");
  if (storage_path_size(id) > max_storage_path_bytes) {
    return invalid("usecase, scopes and key are too long: their storage path must not exceed " +
                   std::to_string(max_storage_path_bytes) + " bytes");
  }
  return {};
}

std::optional<Revision> Revision::parse(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  const auto text = path.substr(slash + 1);
  // An upper-case id would name another blob than path() does.
  if (std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'F'; })) {
    return std::nullopt;
  }
  const auto id = Uuid::parse(text);
  if (!id) return std::nullopt;
  return Revision(std::string(path.substr(0, slash)), *id);
}

}  // namespace objectstore
