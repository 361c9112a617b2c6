#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "order/model/order.h"

// What the columns of an order hold: see schema.h.
namespace orderflow::sqlite {

/// For ids of version 7: the first and the second half of the id, as the columns have them.
[[nodiscard]] std::int64_t seq_of(const OrderId& id);
[[nodiscard]] std::int64_t tail_of(const OrderId& id);
[[nodiscard]] OrderId id_of(std::int64_t seq, std::int64_t tail);
/// The first seq of a millisecond: all orders created before it have a smaller one.
[[nodiscard]] std::int64_t seq_at(Timestamp at);
[[nodiscard]] std::int64_t customer_hash(std::string_view email);
/// The column `listed`: nullopt, which is NULL, for SHIPPED.
[[nodiscard]] std::optional<int> listed(const OrderState& state);
/// Whether an order with this `listed` has ended.
[[nodiscard]] bool ended(std::optional<int> listed);

}  // namespace orderflow::sqlite
