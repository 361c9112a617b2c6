#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "order/model/order.h"

// clang-format off
// How a store holds an order whose items people read with the store's own tools: compact JSON.
//
// The body, once:
//   {"v":1,"at":1767323045678,"email":"a@b.c","currency":"USD","pay":"pm_card_visa",
//    "lines":[["Widget",2999,2],["Shirt, red",1000,1,"shirt-red"]],
//    "address":{"city":"Bonn"},"metadata":{"k":"v"}}
// A line is name, price, quantity and, where it is not the name, SKU. Address and metadata are left
// out where there are none. Amounts are minor units, times milliseconds since 1970.
//
// The state, with every commit:
//   {"s":4,"p":2,"f":2,"due":1767323045678,"tries":1,"parked":["timeout",1767323045678],
//    "reason":"out_of_stock","tracking":"SIM1","carrier":"simulated",
//    "e":[[0,1767323045678,0],[1,3,1,1,5998],[3,3,2,0,0,[["Widget",2]]]]}
// What is not set is left out. An event is type, time, actor, attempt, amount, stock, detail,
// without defaults at its end; one that counts more than 1 has all of these, its count and the time of
// the first. The time of the first event is absolute, all others are relative to it. Enums are by their
// numbers.
// clang-format on
namespace orderflow {

[[nodiscard]] std::string encode_body(const OrderBody& body);
[[nodiscard]] std::string encode_state(const OrderState& state);

/// Corrupt, with what is wrong, for anything that the functions above do not write. That includes
/// unknown members, because the next commit would drop them.
[[nodiscard]] Result<OrderBody> decode_body(const OrderId& id, std::string_view text);
[[nodiscard]] Result<OrderState> decode_state(std::string_view text);

}  // namespace orderflow
