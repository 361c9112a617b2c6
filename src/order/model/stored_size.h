#pragma once

#include <cstddef>

#include "order/model/order.h"

namespace orderflow {

/// At most how many bytes the order takes as JSON (adapters/stored), together with what its events
/// repeat of it: its SKUs, when its stock is reserved and when that is shipped or released.
///
/// A store may limit an item. An order that fits when it is created and no more could never move
/// on, so submit_order() refuses what is above kOrderStoredBytesMax.
[[nodiscard]] std::size_t stored_bytes_max(const OrderBody& body);

}  // namespace orderflow
