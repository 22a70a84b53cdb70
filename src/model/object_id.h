// Who an object is: usecase, scopes, key. And its text forms: the URL path's and the storage path.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"

namespace objectstore {

struct Scope {
  std::string name;
  std::string value;
  friend auto operator<=>(const Scope&, const Scope&) = default;
};

// The ordered scopes of an object. Order is part of identity, duplicate names are accepted.
class Scopes {
 public:
  Scopes() = default;
  explicit Scopes(std::vector<Scope> scopes) : scopes_(std::move(scopes)) {}

  // Parses the decoded `{scopes}` segment of a URL: `_`, or `name=value` joined with `;`.
  // invalid_argument with the contract's text ("scope must be 'key=value'", "key and value must be
  // non-empty", "invalid character 'c'"; http-api.md section 3) otherwise.
  [[nodiscard]] static Result<Scopes> parse(std::string_view segment);

  [[nodiscard]] const std::vector<Scope>& list() const { return scopes_; }
  // The value of the first scope called `name`.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

  friend auto operator<=>(const Scopes&, const Scopes&) = default;

 private:
  std::vector<Scope> scopes_;
};

struct ObjectId {
  std::string usecase;
  Scopes scopes;
  std::string key;

  // `{usecase}/{name1}.{value1}/…/objects/{key}` (storage-formats.md section 1); no escaping.
  [[nodiscard]] std::string storage_path() const;
  // The inverse; nullopt where the text is not such a path.
  [[nodiscard]] static std::optional<ObjectId> parse_storage_path(std::string_view path);

  friend auto operator<=>(const ObjectId&, const ObjectId&) = default;
};

// Whether an object of this identity may be stored at all (design/decisions.md, "Reserved" and
// "Keys"): invalid_argument for a usecase that is empty, holds '/', starts with '~' or equals
// "__multipart__"; for an empty key, whose storage path can't be parsed back; for NUL in usecase or
// key; for a key so long that the storage path passes `max_storage_path_bytes`.
[[nodiscard]] Result<void> validate(const ObjectId& id);

// Bigtable's limit on row keys, kept on every backend so that data can move between them; a
// revision's path (37 bytes longer) must fit as well.
inline constexpr std::size_t max_storage_path_bytes = 4096 - 37;

// The name of one blob in the long-term tier: `{storage path of the object}/{uuidv7}`. Written
// once, never reused, never pointed to again once overwritten.
class Revision {
 public:
  Revision(std::string object_path, Uuid id) : object_path_(std::move(object_path)), id_(id) {}
  // nullopt where the last component is not a lower-case UUID or nothing comes before it.
  [[nodiscard]] static std::optional<Revision> parse(std::string_view path);
  // The blob of an old object of the existing service: it is named as the object itself, without a
  // revision's id. Never made anew (storage-formats.md section 4.2).
  [[nodiscard]] static Revision unnumbered(std::string object_path) {
    Revision revision(std::move(object_path), Uuid());
    revision.numbered_ = false;
    return revision;
  }

  // The storage path of the object it belongs to: the row key.
  [[nodiscard]] const std::string& object_path() const { return object_path_; }
  // All zero where `unnumbered`.
  [[nodiscard]] const Uuid& id() const { return id_; }
  [[nodiscard]] std::string path() const {
    return numbered_ ? object_path_ + "/" + id_.str() : object_path_;
  }

  friend auto operator<=>(const Revision&, const Revision&) = default;

 private:
  std::string object_path_;
  Uuid id_;
  bool numbered_ = true;
};

}  // namespace objectstore
