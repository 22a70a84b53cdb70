// A query string: its raw pieces, and its values as application/x-www-form-urlencoded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace objectstore {

// What stands between the '&' of a query, without empty pieces.
class QueryPieces {
 public:
  explicit QueryPieces(std::string_view query) : rest_(query) {}
  // nullopt: there are no more.
  [[nodiscard]] std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

struct QueryParameter {
  std::size_t count = 0;  // how often it stands there
  std::string value;      // the first one, decoded; empty also where there is no '='
};
// By its decoded name, in this case.
[[nodiscard]] QueryParameter find_parameter(std::string_view query, std::string_view name);

}  // namespace objectstore
