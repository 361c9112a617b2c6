#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/dynamodb/item.h"
#include "adapters/dynamodb/update.h"
#include "base/result.h"
#include "ports/order_store.h"

// clang-format off
// One item an order, about 600 bytes for an order of one line at its end: under 1 KB every write is
// one unit.
//
//   id           S   the UUID: hash key
//   v            N   1: the version of this layout
//   version      N   the order's version, which every commit compares
//   status       S   "PENDING"; for people and for metrics
//   body         S   stored::encode_body, once
//   state        S   stored::encode_state, with every commit
//   w            S   token of the write that made this version: tells a writer whose answer was lost
//                    that the write was its own
//   due          N   milliseconds; absent where nothing is due
//   fingerprint  B   of the request, where an Idempotency-Key was used
//   customer     S   the first 16 bytes of SHA-256 of customer_key(e-mail), base64url without
//                    padding
//   day          S   "2026-11-25", of creation, UTC
//   sort         S   "1790000000000#<id>": creation in 13 digits of milliseconds
//   listed       S   absent while the order is on its way and once it is SHIPPED, so that most
//                    orders never have it; else "open#0" .. "open#7" for a late order, whose work
//                    has been due for long (sweep.h), "parked", or "ended#CANCELLED" and the same
//                    for PAYMENT_DECLINED and OUT_OF_STOCK
//
// Indexes, keys only: by_customer (customer, sort), by_day (day, sort), by_listed (listed, sort). Of
// their keys only `listed` ever changes.
//
// Beside the orders the table holds one item of another kind, "sweep": see sweep.h.
// clang-format on
namespace orderflow::dynamodb {

inline constexpr int kOpenShards = 8;

[[nodiscard]] std::string customer_of(std::string_view email);
[[nodiscard]] std::string day_of(Timestamp created);
/// The position of an order in all lists: creation time, then id.
[[nodiscard]] std::string sort_of(const OrderBody& body);
/// Less than the sort of every order that was created at `at` or later, greater than all others.
[[nodiscard]] std::string sort_at(Timestamp at);
[[nodiscard]] std::optional<Timestamp> created_at(std::string_view sort);
[[nodiscard]] std::optional<OrderId> id_in(std::string_view sort);
[[nodiscard]] std::string open_list(int shard);
[[nodiscard]] std::string open_list_of(const OrderId& id);
[[nodiscard]] std::string ended_list(Status status);
/// True where every order of this status that is not parked is in ended_list() or an open list.
[[nodiscard]] bool always_listed(Status status);

/// The id of the order under an Idempotency-Key: a UUID version 8 (RFC 9562) whose free 122 bits
/// are HMAC-SHA-256 of the key. The same key leads to the same item, so one conditional put decides
/// between created, replayed and reused. Without `id_key` the id cannot be computed from the key.
[[nodiscard]] OrderId derived_id(std::string_view id_key,
                                 const std::array<std::uint8_t, 16>& idempotency_key);

/// As the attribute `fingerprint` holds it.
[[nodiscard]] Binary binary_of(const std::array<std::uint8_t, 16>& fingerprint);

[[nodiscard]] Attributes order_key(const OrderId& id);
[[nodiscard]] Attributes order_item(const Order& order,
                                    const std::optional<Idempotency>& idempotency,
                                    const std::string& write_token);
/// Corrupt where order_item() and order_update() cannot have written the item.
[[nodiscard]] Result<OrderPtr> read_order(const DynamoItem& item);

/// The change to `transition.next`, on condition that the version is `expected_version`.
[[nodiscard]] Update order_update(std::string_view table, std::uint32_t expected_version,
                                  const Transition& transition, const std::string& write_token);

/// Puts the order on its open list, on condition that its version is still `order`'s. Not a commit:
/// version and write token do not change.
[[nodiscard]] Update late_order_update(std::string_view table, const Order& order);

}  // namespace orderflow::dynamodb
