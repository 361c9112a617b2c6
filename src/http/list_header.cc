#include "http/list_header.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>

namespace orderflow {

std::vector<std::string_view> list_elements(std::string_view list) {
  std::vector<std::string_view> elements;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && list[i] == '"') quoted = !quoted;
    if (i < list.size() && (list[i] != ',' || quoted)) continue;
    std::string_view element = list.substr(begin, i - begin);
    begin = i + 1;
    const std::size_t first = element.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    elements.push_back(element.substr(first, element.find_last_not_of(" \t") - first + 1));
  }
  return elements;
}

bool lists_only(std::string_view list, std::string_view element) {
  return std::ranges::all_of(list_elements(list), [element](std::string_view other) {
    return boost::beast::iequals(other, element);
  });
}

}  // namespace orderflow
