// What a credential may allow.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace objectstore {

enum class Permission : std::uint8_t { object_read, object_write, object_delete };

// "object.read", "object.write", "object.delete".
[[nodiscard]] std::string_view to_string(Permission permission);
[[nodiscard]] std::optional<Permission> parse_permission(std::string_view text);

// A set of them.
class Permissions {
 public:
  constexpr Permissions() = default;
  constexpr Permissions(std::initializer_list<Permission> list) {
    for (const auto permission : list)
      add(permission);
  }
  constexpr void add(Permission permission) { bits_ |= bit(permission); }
  [[nodiscard]] constexpr bool has(Permission permission) const {
    return (bits_ & bit(permission)) != 0;
  }
  friend constexpr Permissions operator&(Permissions a, Permissions b) {
    Permissions both;
    both.bits_ = a.bits_ & b.bits_;
    return both;
  }
  friend constexpr bool operator==(Permissions, Permissions) = default;

 private:
  static constexpr unsigned bit(Permission permission) {
    return 1U << static_cast<unsigned>(permission);
  }
  unsigned bits_ = 0;
};

}  // namespace objectstore
