#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/json_writer.h"
#include "base/money.h"
#include "base/time.h"

// Members that several answers of the API have, written straight into the text.
namespace orderflow {

void write_id(JsonWriter& json, std::string_view name, const OrderId& id);
void write_time(JsonWriter& json, std::string_view name, Timestamp at);
/// The amount as a decimal number of the currency.
void write_amount(JsonWriter& json, std::string_view name, Minor amount, Currency currency);
/// Leaves the member out where the text is empty.
void write_if_known(JsonWriter& json, std::string_view name, const std::string& text);
/// "nextCursor": null where the cursor is empty.
void write_cursor(JsonWriter& json, const std::string& cursor);

}  // namespace orderflow
