#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ports/order_store.h"

namespace orderflow {

/// An opaque cursor: `position` in hex and a checksum over it and `query`, which reveals a cursor
/// that was changed or belongs to another query. It is not a secret: a cursor grants nothing.
[[nodiscard]] std::string make_cursor(std::string_view position, std::string_view query);
/// The position; nullopt where make_cursor() did not make the cursor for this query.
[[nodiscard]] std::optional<std::string> read_cursor(std::string_view cursor,
                                                     std::string_view query);

/// The text that the cursors of a list of orders are bound to: all filters of the query, but not
/// its limit.
[[nodiscard]] std::string describe(const OrderQuery& query);

}  // namespace orderflow
