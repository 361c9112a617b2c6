#include "api/json_members.h"

namespace orderflow {

void write_id(JsonWriter& json, std::string_view name, const OrderId& id) {
  json.key(name).element();
  json.out() += '"';
  id.append_to(json.out());
  json.out() += '"';
}

void write_time(JsonWriter& json, std::string_view name, Timestamp at) {
  json.key(name).element();
  json.out() += '"';
  append_rfc3339(json.out(), at);
  json.out() += '"';
}

void write_amount(JsonWriter& json, std::string_view name, Minor amount, Currency currency) {
  json.key(name).element();
  append_decimal(json.out(), amount, currency);
}

void write_if_known(JsonWriter& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.member(name, text);
}

void write_cursor(JsonWriter& json, const std::string& cursor) {
  json.key("nextCursor");
  if (cursor.empty()) {
    json.null();
  } else {
    json.value(cursor);
  }
}

}  // namespace orderflow
