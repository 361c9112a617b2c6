#include "adapters/aws/aws_json.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <charconv>

namespace orderflow {

namespace json = boost::json;

json::value parse_json(std::string_view text) {
  // A text is read once, so its values are allocated and freed in a few blocks.
  boost::system::error_code ec;
  json::value parsed = json::parse({text.data(), text.size()}, ec,
                                   json::make_shared_resource<json::monotonic_resource>());
  if (ec) return nullptr;
  return parsed;
}

const json::value& member(const json::value& object, std::string_view name) {
  static const json::value kNull;
  if (!object.is_object()) return kNull;
  const json::value* const found = object.get_object().if_contains({name.data(), name.size()});
  return found ? *found : kNull;
}

const json::array& array_member(const json::value& object, std::string_view name) {
  static const json::array kNone;
  const json::array* const found = member(object, name).if_array();
  return found ? *found : kNone;
}

std::optional<std::string_view> text_of(const json::value& value) {
  if (!value.is_string()) return std::nullopt;
  return std::string_view(value.get_string().data(), value.get_string().size());
}

std::optional<std::string_view> text_member(const json::value& object, std::string_view name) {
  return text_of(member(object, name));
}

std::optional<std::int64_t> number_member(const json::value& object, std::string_view name) {
  const auto digits = text_member(object, name);
  if (!digits) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = digits->data() + digits->size();
  const auto [parsed, error] = std::from_chars(digits->data(), end, number);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return number;
}

}  // namespace orderflow
