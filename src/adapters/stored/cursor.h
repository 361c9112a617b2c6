#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ports/order_store.h"

namespace orderflow {

/// An opaque cursor: `position` in hex and a check over it and `query`, so that a cursor that was
/// tampered with, or comes from another query, is told from ours. No secret: it grants nothing.
[[nodiscard]] std::string make_cursor(std::string_view position, std::string_view query);
/// The position, or nullopt where the cursor is not one of ours for this query.
[[nodiscard]] std::optional<std::string> read_cursor(std::string_view cursor,
                                                     std::string_view query);

/// What the cursor of a list of orders is bound to: everything that selects, but not how much at a
/// time.
[[nodiscard]] std::string describe(const OrderQuery& query);

}  // namespace orderflow
