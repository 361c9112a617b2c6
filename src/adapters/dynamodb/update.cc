#include "adapters/dynamodb/update.h"

namespace orderflow::dynamodb {
namespace {

constexpr std::string_view kReturnOnFailure = "ReturnValuesOnConditionCheckFailure";

/// Appends an element to a list with `separator` in between.
void append(std::string& list, std::string_view separator, std::string_view element) {
  if (!list.empty()) list += separator;
  list += element;
}

}  // namespace

Update::Update(std::string_view table, const Attributes& key) : table_(table) {
  JsonWriter out(key_);
  write_item(out, key);
}

std::string Update::name(std::string_view attribute) {
  std::string alias(1, '#');
  alias += attribute;
  std::string member;
  JsonWriter(member).member(alias, attribute);
  if (!names_.contains(member)) append(names_, ",", member);
  return alias;
}

std::string Update::value(const Value& value) {
  std::string alias(1, ':');
  append_integer(alias, value_count_++);
  std::string member;
  JsonWriter out(member);
  write_value(out.key(alias), value);
  append(values_, ",", member);
  return alias;
}

Update& Update::set(std::string_view attribute, const Value& v) {
  append(sets_, ",", name(attribute) + "=" + value(v));
  return *this;
}

Update& Update::set_if_absent(std::string_view attribute, const Value& v) {
  const std::string alias = name(attribute);
  append(sets_, ",", alias + "=if_not_exists(" + alias + "," + value(v) + ")");
  return *this;
}

Update& Update::add(std::string_view attribute, std::int64_t quantity) {
  const std::string alias = name(attribute);
  append(sets_, ",", alias + "=" + alias + "+" + value(quantity));
  return *this;
}

Update& Update::remove(std::string_view attribute) {
  append(removes_, ",", name(attribute));
  return *this;
}

Update& Update::only_if(std::string_view attribute, std::string_view comparison, const Value& v) {
  append(conditions_, " AND ", name(attribute) + std::string(comparison) + value(v));
  return *this;
}

Update& Update::only_if_absent(std::string_view attribute) {
  append(conditions_, " AND ", "attribute_not_exists(" + name(attribute) + ")");
  return *this;
}

std::string Update::request(std::string_view return_values) const {
  std::string expression;
  if (!sets_.empty()) expression = "SET " + sets_;
  if (!removes_.empty()) append(expression, " ", "REMOVE " + removes_);
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("TableName", table_).key("Key").raw(key_);
  out.member("UpdateExpression", expression);
  out.key("ExpressionAttributeNames").raw("{" + names_ + "}");
  if (!values_.empty()) out.key("ExpressionAttributeValues").raw("{" + values_ + "}");
  if (!conditions_.empty()) {
    out.member("ConditionExpression", conditions_).member(kReturnOnFailure, "ALL_OLD");
  }
  if (return_values != "NONE") out.member("ReturnValues", return_values);
  out.end_object();
  return text;
}

std::string put_new(std::string_view table, const Attributes& item, std::string_view key) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("TableName", table).key("Item");
  write_item(out, item);
  out.member("ConditionExpression", "attribute_not_exists(#key)");
  out.key("ExpressionAttributeNames").begin_object().member("#key", key).end_object();
  out.member(kReturnOnFailure, "ALL_OLD").end_object();
  return text;
}

}  // namespace orderflow::dynamodb
