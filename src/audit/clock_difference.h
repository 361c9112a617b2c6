#pragma once

#include <string>

#include "order/model/order.h"

namespace orderflow {

/// How far ahead of the clock an order, and its id, may be: no shop's clock is that wrong.
inline constexpr std::chrono::hours kAheadOfClockMax{24};

/// What is wrong with the times of an order's creation and of its id where the clock says `now`: they
/// are ahead of it by more than kAheadOfClockMax, or before 1970, which no store keeps. Else empty.
[[nodiscard]] std::string clock_difference(const OrderBody& body, Timestamp now);

}  // namespace orderflow
