#include "net/plain_element.h"

#include <string>

namespace objectstore {

std::optional<std::string_view> plain_element(std::string_view xml, std::string_view name) {
  std::string opening("<");
  opening.append(name).append(">");
  std::string closing("</");
  closing.append(name).append(">");
  const auto begin = xml.find(opening);
  if (begin == std::string_view::npos) return std::nullopt;
  xml.remove_prefix(begin + opening.size());
  const auto end = xml.find('<');
  if (end == std::string_view::npos || !xml.substr(end).starts_with(closing)) return std::nullopt;
  const auto text = xml.substr(0, end);
  if (text.find('&') != std::string_view::npos) return std::nullopt;
  return text;
}

}  // namespace objectstore
