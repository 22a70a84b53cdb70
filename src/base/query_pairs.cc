#include "base/query_pairs.h"

#include <algorithm>

#include "base/percent.h"

namespace objectstore {

std::optional<std::string_view> QueryPieces::next() {
  while (!rest_.empty()) {
    const auto piece = rest_.substr(0, rest_.find('&'));
    rest_.remove_prefix(std::min(rest_.size(), piece.size() + 1));
    if (!piece.empty()) return piece;
  }
  return std::nullopt;
}

QueryParameter find_parameter(std::string_view query, std::string_view name) {
  QueryParameter found;
  for (QueryPieces pieces(query); const auto piece = pieces.next();) {
    const auto raw_name = piece->substr(0, piece->find('='));
    if (form_decode(raw_name) != name) continue;
    if (++found.count > 1) continue;
    const auto value_at = std::min(piece->size(), raw_name.size() + 1);
    found.value = form_decode(piece->substr(value_at));
  }
  return found;
}

}  // namespace objectstore
