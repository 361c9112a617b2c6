#pragma once

#include <string>
#include <vector>

#include "order/model/order.h"
#include "ports/work_queue.h"

namespace orderflow {

/// The answer of GET /queues: {"queues": [...], "parked": [...]}. Each queue's count of parked
/// orders is taken from the list.
[[nodiscard]] std::string queues_json(const std::vector<QueueDepth>& depths,
                                      const std::vector<OrderPtr>& parked);

}  // namespace orderflow
