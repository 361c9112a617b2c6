#pragma once

#include <cstdint>

#include "order/model/order.h"

namespace orderflow {

/// Which way a commit moves the stock of its event.
enum class StockMove : std::uint8_t { None, Reserve, Release, Ship };

struct Transition {
  OrderPtr next;  ///< the order after it; never null
  /// What happens, in the same commit, to the stock named by the last event of `next`.
  StockMove stock_move = StockMove::None;
  /// True where something outside the store follows (an external effect, an answer): this change
  /// must be on disk before it. False where only a further commit follows: the store keeps the
  /// order of commits, so both may reach the disk together.
  bool barrier = true;
  bool was_parked = false;  ///< before it, for stores that keep a list of the parked orders
};

}  // namespace orderflow
