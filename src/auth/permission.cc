#include "auth/permission.h"

namespace objectstore {

std::string_view to_string(Permission permission) {
  switch (permission) {
    case Permission::object_read:
      return "object.read";
    case Permission::object_write:
      return "object.write";
    case Permission::object_delete:
      return "object.delete";
  }
  return {};
}

std::optional<Permission> parse_permission(std::string_view text) {
  for (const auto permission :
       {Permission::object_read, Permission::object_write, Permission::object_delete}) {
    if (text == to_string(permission)) return permission;
  }
  return std::nullopt;
}

}  // namespace objectstore
