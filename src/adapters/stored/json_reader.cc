#include "adapters/stored/json_reader.h"

#include "base/utf8.h"

namespace orderflow {
namespace json = boost::json;

std::string JsonReader::text(std::size_t characters_max) const {
  const json::string* string = value_.if_string();
  if (string == nullptr) fail("must be a string");
  // Counted only where the bytes do not tell.
  if (string->size() > characters_max && count_characters(*string) > characters_max) {
    fail("is too long");
  }
  return {string->data(), string->size()};
}

std::int64_t JsonReader::integer(std::int64_t min, std::int64_t max) const {
  const std::int64_t* number = value_.if_int64();
  if (number == nullptr || *number < min || *number > max) {
    fail("must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return *number;
}

Currency JsonReader::currency() const {
  const auto currency = Currency::from_code(text());
  if (!currency) fail("must be a currency");
  return *currency;
}

std::size_t JsonReader::size() const {
  const json::array* items = value_.if_array();
  if (items == nullptr) fail("must be an array");
  return items->size();
}

JsonReader JsonReader::item(std::size_t index) const {
  if (index >= size()) fail("has too few items");
  JsonReader item(value_.get_array()[index], *this, {});
  item.index_ = index;
  return item;
}

void JsonReader::fail(std::string_view what) const {
  std::string at = pointer();
  if (!at.empty()) at += ": ";
  throw MalformedJson{at.append(what)};
}

std::string JsonReader::pointer() const {
  if (parent_ == nullptr) return {};
  const std::string step = name_.data() != nullptr ? std::string(name_) : std::to_string(index_);
  return parent_->pointer() + "/" + step;
}

JsonMembers::JsonMembers(const JsonReader& object)
    : object_(object), members_(object.value_.if_object()) {
  if (members_ == nullptr) object.fail("must be an object");
}

std::optional<JsonReader> JsonMembers::find(std::string_view name) {
  const json::value* value = members_->if_contains(name);
  if (value == nullptr) return std::nullopt;
  ++known_;
  return JsonReader(*value, object_, name);
}

JsonReader JsonMembers::get(std::string_view name) {
  if (const auto value = find(name)) return *value;
  // The path of a member that is not there.
  throw MalformedJson{object_.pointer() + "/" + std::string(name) + ": is missing"};
}

void JsonMembers::end() const {
  if (known_ != members_->size()) object_.fail("has a member that orderflow does not know");
}

}  // namespace orderflow
