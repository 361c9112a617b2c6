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
  /// Something outside the store follows that may not happen without this change (an external
  /// effect, an answer), so it must be on disk first. Where only a further commit follows, the
  /// store may let both reach the disk together: it keeps their order.
  bool barrier = true;
  /// Where the order stood before, for stores that keep counts and lists.
  Status from = Status::Pending;
  bool was_parked = false;
};

}  // namespace orderflow
