#include "api/conditions.h"

#include <algorithm>

#include "http/list_header.h"

namespace orderflow {
namespace {

std::string_view without_weakness(std::string_view etag) {
  return etag.starts_with("W/") ? etag.substr(2) : etag;
}

/// Whether one of the header lines is "*" or lists a tag that `same` accepts.
template <typename Same>
bool any_listed(const std::vector<std::string_view>& lines, Same same) {
  return std::ranges::any_of(lines, [&same](std::string_view line) {
    return std::ranges::any_of(list_elements(line), [&same](std::string_view element) {
      return element == "*" || same(element);
    });
  });
}

}  // namespace

bool has_conditions(const HttpRequest& request) {
  return !request.if_match.empty() || !request.if_none_match.empty();
}

bool conditions_hold(const HttpRequest& request, const std::optional<std::string>& etag) {
  const auto strongly = [&etag](std::string_view other) { return other == *etag; };
  const auto weakly = [&etag](std::string_view other) { return without_weakness(other) == *etag; };
  if (!request.if_match.empty() && !(etag && any_listed(request.if_match, strongly))) return false;
  return !(etag && any_listed(request.if_none_match, weakly));
}

std::string strong_etag(std::string_view text) { return '"' + std::string(text) + '"'; }

}  // namespace orderflow
