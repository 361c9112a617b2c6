#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "order/model/order.h"

// clang-format off
// How the columns `body` and `state` hold an order (decision 23).
//
//   number   a LEB128 varint: seven bits a byte, the lowest first; the top bit says that more bytes follow.
//            Times (milliseconds since 1970), amounts and the quantities of lines may be negative and are
//            zigzag encoded first: 0, -1, 1, -2 become 0, 1, 2, 3
//   text     its length as a number, then its bytes, which may be any
//
// An order has exactly one encoding.
//
// The body, written once:
//   byte    2, the format
//   number  time of creation
//   text    e-mail
//   bytes   the three letters of the currency
//   text    payment method
//   number  how many lines; then of each line:
//     text    name
//     number  price
//     number  quantity
//     number  0 where the SKU is the name, else the length of the SKU + 1, and its bytes
//   byte    0 without an address, else 0x80 and a bit for each field that is not empty: name, line1,
//           line2, city, region, postalCode, country from the lowest bit on; then those fields
//   number  how many entries of metadata; then of each entry its key and value, texts
//
// The state, replaced by each commit:
//   byte    2, the format
//   byte    which of these follow: 1 due, 2 tries, 4 parked, 8 reason, 16 tracking number, 32 carrier
//   bytes   status, payment status, fulfilment status
//           due, tries, why it is parked and since when, reason, tracking number, carrier
//   number  how many events; then of each event:
//     byte    type, and 128 where the event counts more than one
//     byte    the actor and which of these follow: 16 attempt, 32 amount, 64 stock, 128 detail
//     number  time: since 1970 for the first event, since the first event for the others
//             attempt, amount, how many lines of stock and each one's SKU and quantity, detail,
//             the count and the time of the first
// The events come last, so the events of a state mostly begin with the bytes of the state before it, and
// continues() compares bytes.
// clang-format on
namespace orderflow::sqlite {

[[nodiscard]] std::string pack_body(const OrderBody& body);
[[nodiscard]] std::string pack_state(const OrderState& state);

/// Corrupt, with what is wrong, for anything that is not byte for byte what the functions above
/// write. They take at most about 50 times the memory of the bytes, whatever the bytes say.
[[nodiscard]] Result<OrderBody> unpack_body(const OrderId& id, std::string_view bytes);
[[nodiscard]] Result<OrderState> unpack_state(std::string_view bytes);

/// An order as its row has it. One thread reads it and another unpacks it: the strings and vectors
/// of an order, allocated on one core and freed on another, would cost more than unpacking.
struct PackedOrder {
  OrderId id;
  std::string bytes;  ///< the body, then the state
  std::size_t body_size = 0;
};
/// Corrupt where it is not what pack_body() and pack_state() write.
[[nodiscard]] Result<Order> unpack(const PackedOrder& packed);

/// continues() of order/model/order.h for packed states; false where `before` is damaged.
[[nodiscard]] bool continues(std::string_view next, std::string_view before);

}  // namespace orderflow::sqlite
