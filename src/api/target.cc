#include "api/target.h"

#include "base/percent.h"
#include "base/utf8.h"

namespace orderflow {
namespace {

/// What comes before the separator; the text keeps what comes after it.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return taken;
}

}  // namespace

std::optional<std::string_view> Target::decode(std::string_view text) {
  std::string_view result = text;
  if (text.find('%') != std::string_view::npos) {
    const std::size_t start = decoded_.size();
    if (!append_percent_decoded(decoded_, text)) return std::nullopt;
    result = {decoded_.data() + start, decoded_.size() - start};
  }
  if (result.find('\0') != std::string_view::npos || !is_utf8(result)) return std::nullopt;
  return result;
}

bool Target::parse_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  path.remove_prefix(1);
  for (bool more = true; more; ++segment_count_) {
    more = path.find('/') != std::string_view::npos;
    const auto segment = decode(take_until(path, '/'));
    if (!segment) return false;
    if (segment_count_ < kSegmentsMax) segments_[segment_count_] = *segment;
  }
  return true;
}

bool Target::parse_query(std::string_view query) {
  while (!query.empty()) {
    std::string_view value = take_until(query, '&');
    if (value.empty()) continue;
    const auto name = decode(take_until(value, '='));
    const auto decoded = decode(value);
    if (!name || !decoded) return false;
    query_.emplace_back(*name, *decoded);
  }
  return true;
}

bool Target::parse(std::string_view target) {
  if (target.find('%') != std::string_view::npos) decoded_.reserve(target.size());
  const std::string_view path = take_until(target, '?');
  return parse_path(path) && parse_query(target);
}

std::optional<std::string_view> Target::parameter(std::string_view name) const {
  for (const auto& [key, value] : query_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace orderflow
