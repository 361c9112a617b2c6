#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "order/model/order.h"

// What the columns of an order hold: see schema.h.
namespace orderflow::sqlite {

/// For ids of version 7: the first and the second half of the id, as the columns have them. The
/// first half is the time of the id, in units of seq_at().
[[nodiscard]] std::int64_t seq_of(const OrderId& id);
[[nodiscard]] std::int64_t tail_of(const OrderId& id);
[[nodiscard]] OrderId id_of(std::int64_t seq, std::int64_t tail);
/// Whether an order of this id is stored in the row of the id's first half: the id is of the
/// millisecond in which the order was created. Else id_alias names the row.
[[nodiscard]] bool names_row(const OrderId& id, Timestamp created_at);
/// The first seq of a millisecond, above 0: all orders created before it have a smaller one.
[[nodiscard]] std::int64_t seq_at(Timestamp at);
/// The millisecond of a seq.
[[nodiscard]] Timestamp time_of_seq(std::int64_t seq);
[[nodiscard]] std::int64_t customer_hash(std::string_view email);
/// The column `listed`: nullopt, which is NULL, for SHIPPED.
[[nodiscard]] std::optional<int> listed(const OrderState& state);
/// Whether an order with this `listed` has ended.
[[nodiscard]] bool ended(std::optional<int> listed);

}  // namespace orderflow::sqlite
