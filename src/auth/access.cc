#include "auth/access.h"

#include <algorithm>

namespace objectstore {

namespace {

bool covers(const TokenGrant& grant, const Scope& scope) {
  const auto found = grant.scopes.find(scope.name);
  return found != grant.scopes.end() && (found->second == scope.value || found->second == "*");
}

bool covers(const TokenGrant& grant, const ObjectId& id) {
  const auto& scopes = id.scopes.list();
  return grant.usecase == id.usecase &&
         std::all_of(scopes.begin(), scopes.end(),
                     [&](const Scope& scope) { return covers(grant, scope); });
}

}  // namespace

bool Access::allows(Permission permission, const ObjectId& id) const {
  if (std::holds_alternative<Everything>(rights_)) return true;
  if (std::holds_alternative<ReadOnly>(rights_)) return permission == Permission::object_read;
  const auto& grant = *std::get<std::shared_ptr<const TokenGrant>>(rights_);
  return grant.permissions.has(permission) && covers(grant, id);
}

}  // namespace objectstore
