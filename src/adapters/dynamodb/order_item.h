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
//   key          B   the Idempotency-Key that the order was made under, as it is stored
//   fingerprint  B   of the request, where there is a `key`
//   customer     S   the first 16 bytes of SHA-256 of customer_key(e-mail), base64url without
//                    padding
//   shard        S   "0" .. "7", by the id. One key of an index takes about 1,000 writes a second,
//                    so every list is kept in this many parts
//   sort         S   "1790000000000#<id>": creation in 13 digits of milliseconds
//   listed       S   absent while the order is on its way and once it is SHIPPED, so that most
//                    orders never have it; else "parked#3", with the shard, or "ended#CANCELLED#3"
//                    and the same for PAYMENT_DECLINED and OUT_OF_STOCK
//   open         S   the shard, while a step is due; absent at the end and while the order is parked
//   look         S   "1790000000000#<id>", where there is `open`: from when on order-recovery looks at
//                    the order. Set when the order is created, when its step is put off, and with
//                    the step after that. All other steps leave it as it is, since moving an entry of
//                    an index costs two writes: so it may be earlier than `due`, but is never later
//
// Indexes, keys only: by_customer (customer, sort), by_shard (shard, sort), by_listed (listed, sort),
// by_open (open, look).
// clang-format on
namespace orderflow::dynamodb {

[[nodiscard]] std::string customer_of(std::string_view email);
inline constexpr int kShards = 8;
/// `list` is a text or, for the list of all and the open orders, empty: "ended#CANCELLED#3", "3".
[[nodiscard]] std::string shard_of_list(std::string_view list, int shard);
[[nodiscard]] int shard_of(const OrderId& id);
/// The position of an order in all lists: creation time, then id.
[[nodiscard]] std::string sort_of(const OrderBody& body);
/// Less than the sort of every order that was created at `at` or later, greater than all others.
[[nodiscard]] std::string sort_at(Timestamp at);
[[nodiscard]] std::optional<Timestamp> created_at(std::string_view sort);
[[nodiscard]] std::optional<OrderId> id_in(std::string_view sort);
inline constexpr std::string_view kParkedList = "parked";
[[nodiscard]] std::string ended_list(Status status);
/// True where every order of this status that is not parked is in ended_list().
[[nodiscard]] bool always_listed(Status status);

/// The id of the order under an Idempotency-Key: a UUID version 8 (RFC 9562) whose free 122 bits
/// are HMAC-SHA-256 of the key. The same key leads to the same item, so one conditional put decides
/// between created, replayed and reused. Without `id_key` the id cannot be computed from the key.
[[nodiscard]] OrderId derived_id(std::string_view id_key,
                                 const std::array<std::uint8_t, 16>& idempotency_key);

[[nodiscard]] Attributes order_key(const OrderId& id);
[[nodiscard]] Attributes order_item(const Order& order,
                                    const std::optional<Idempotency>& idempotency,
                                    const std::string& write_token);
/// Corrupt where order_item() and order_update() cannot have written the item.
[[nodiscard]] Result<OrderPtr> read_order(const DynamoItem& item);
/// The same for an item that was read without its body, by kStateAttributes.
[[nodiscard]] Result<OrderState> read_state(const DynamoItem& item);
inline constexpr std::array<std::string_view, 4> kStateAttributes = {"id", "v", "version", "state"};

/// The change to `transition.next`, on condition that the version is `expected_version`.
[[nodiscard]] Update order_update(std::string_view table, std::uint32_t expected_version,
                                  const Transition& transition, const std::string& write_token);

}  // namespace orderflow::dynamodb
