#pragma once

#include <cstddef>
#include <cstdint>

#include "base/limits.h"
#include "order/model/stored_size.h"

namespace orderflow {

/// How much of a page of orders is still free: it ends by its limit or, where customers have sent large
/// orders, by kPageStoredBytesMax. Every page has room for one order.
class PageRoom {
 public:
  explicit PageRoom(std::int64_t limit) : orders_left_(static_cast<std::size_t>(limit)) {}

  [[nodiscard]] std::size_t orders_left() const { return orders_left_; }
  /// False, and takes nothing, where the order belongs on the next page.
  [[nodiscard]] bool take(const OrderBody& body) {
    const std::size_t bytes = stored_bytes_max(body);
    if (orders_left_ == 0 || (taken_ > 0 && taken_ + bytes > kPageStoredBytesMax)) return false;
    --orders_left_;
    taken_ += bytes;
    return true;
  }

 private:
  std::size_t orders_left_;
  std::size_t taken_ = 0;
};

}  // namespace orderflow
