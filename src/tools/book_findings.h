#pragma once

#include <optional>
#include <vector>

#include "audit/timeline.h"
#include "ports/sandbox_books.h"

// An order against what the sandbox has on its books for it. Audit reports what is found, and an import
// refuses it. `timeline` is the order's, replayed and legal.
namespace orderflow {

/// M5 and E1. An account that the provider does not have is an empty one.
[[nodiscard]] std::vector<Finding> payment_findings(const Order& order, const Timeline& timeline,
                                                    const sandbox::PaymentAccount& account);
/// E1 and M3. `attempt`: that of the shipment, nullopt where the carrier has none.
[[nodiscard]] std::vector<Finding> shipment_findings(const Order& order, const Timeline& timeline,
                                                     std::optional<int> attempt,
                                                     const sandbox::PaymentAccount& account);

}  // namespace orderflow
