// Who may call: the section `auth` of the configuration as plain values (contract auth.md, sections
// 1 and 5).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "auth/permission.h"

namespace objectstore {

struct AuthKey {
  std::vector<std::string> key_files;  // versions of the key, all tried
  std::vector<Permission> max_permissions;
  bool operator==(const AuthKey&) const = default;
};

struct AuthConfig {
  bool enforce = true;
  std::map<std::string, AuthKey> keys;  // by kid
  bool operator==(const AuthConfig&) const = default;
};

}  // namespace objectstore
