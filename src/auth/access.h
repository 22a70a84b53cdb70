// What a request may do once its credential is known.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "auth/permission.h"
#include "model/object_id.h"

namespace objectstore {

// The claims of a verified token that matter, shared by all requests that show the same token.
struct TokenGrant {
  std::string usecase;
  std::map<std::string, std::string> scopes;  // "*": any value
  Permissions permissions;                    // those of token and key
};

// What one request may do. A value; cheap to copy.
class Access {
 public:
  // Everything: authentication is off, or not enforced and the credential bad.
  [[nodiscard]] static Access full() { return Access(Everything{}); }
  [[nodiscard]] static Access presigned() { return Access(ReadOnly{}); }
  [[nodiscard]] static Access granted(std::shared_ptr<const TokenGrant> grant) {
    return Access(std::move(grant));
  }

  // auth.md section 4. The key of `id` does not matter.
  [[nodiscard]] bool allows(Permission permission, const ObjectId& id) const;

 private:
  struct Everything {};
  struct ReadOnly {};  // this path only, which the signature covers
  using Rights = std::variant<Everything, ReadOnly, std::shared_ptr<const TokenGrant>>;
  explicit Access(Rights rights) : rights_(std::move(rights)) {}
  Rights rights_;
};

}  // namespace objectstore
