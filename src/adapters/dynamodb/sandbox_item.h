#pragma once

#include <optional>

#include "adapters/dynamodb/item.h"
#include "base/result.h"
#include "ports/sandbox_books.h"

// clang-format off
// The table of the sandbox's books: one item an order.
//
//   id        S   the order's UUID: hash key
//   version   N   counts the changes of the account; absent while the provider does not know the order
//   currency, method, entries   S   the account (sandbox/payment_account.h)
//   shipment  N   the attempt under which it was shipped
// clang-format on
namespace orderflow::dynamodb {

/// Its attributes but for the version.
[[nodiscard]] Attributes account_attributes(const sandbox::PaymentAccount& account);
/// nullopt where the provider does not know the order; Corrupt where we cannot have written the account.
[[nodiscard]] Result<std::optional<sandbox::PaymentAccount>> read_account(const DynamoItem& item);
/// nullopt where nothing was shipped.
[[nodiscard]] Result<std::optional<int>> read_shipment(const DynamoItem& item);

}  // namespace orderflow::dynamodb
