#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "order/model/order.h"

// clang-format off
// How an order is written down in the columns `body` and `state`: packed, since half of the JSON of
// adapters/stored is names and punctuation, and reading it is a tenth of a GET (decision 23).
//
// A number is a LEB128 varint: seven bits a byte, lowest first, the top bit says that more follow. Times
// (milliseconds since 1970), amounts and quantities of lines are zigzag first: 0, -1, 1, -2 as 0, 1, 2, 3.
// A text is its length and its bytes, whatever they are. There is one way to write an order.
//
// The body, once:
//   byte    2, the format
//   number  time of creation
//   text    e-mail
//   bytes   the three letters of the currency
//   text    payment method
//   number  how many lines, and of each: name, price, quantity, and 0 where its SKU is its name, else the
//           SKU's length + 1 and its bytes
//   byte    0 without an address, else 0x80 and a bit for each field that is not empty: name, line1,
//           line2, city, region, postalCode, country from the lowest bit on; then those fields
//   number  how many entries of metadata, and each entry's key and value
//
// The state, with every commit:
//   byte    2, the format
//   byte    which of these follow: 1 due, 2 tries, 4 parked, 8 reason, 16 tracking number, 32 carrier
//   bytes   status, payment status, fulfilment status
//           due, tries, why it is parked and since when, reason, tracking number, carrier
//   number  how many events, and of each:
//     byte    type
//     byte    the actor and which of these follow: 16 attempt, 32 amount, 64 stock, 128 detail
//     number  time: since 1970 for the first event, since the first event for the others
//             attempt, amount, how many lines of stock and each one's SKU and quantity, detail
// The events come last, so that the bytes of a state go on where those of the one before it ended.
//
// No JSON begins with 2 and all of ours with '{', which is how the rows of older shops are told apart.
// clang-format on
namespace orderflow::sqlite {

[[nodiscard]] std::string pack_body(const OrderBody& body);
[[nodiscard]] std::string pack_state(const OrderState& state);

/// Of either format. Corrupt, with what is wrong, for anything that is not byte for byte what the
/// functions above write; takes no more memory than some 50 times the bytes, whatever they say.
[[nodiscard]] Result<OrderBody> unpack_body(const OrderId& id, std::string_view bytes);
[[nodiscard]] Result<OrderState> unpack_state(std::string_view bytes);

/// Whether the timeline of `next` is that of `before` and more: `next` as pack_state() wrote it,
/// `before` as it is stored.
[[nodiscard]] bool continues(std::string_view next, std::string_view before);

}  // namespace orderflow::sqlite
