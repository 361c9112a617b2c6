#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "adapters/sqlite/sandbox/book_rows.h"
#include "adapters/sqlite/sandbox/book_scan.h"
#include "order/model/order.h"
#include "ports/order_store.h"
#include "ports/product_store.h"

// The lines of an export. Each is one JSON object with a "type"; amounts are minor units, times are
// RFC 3339, and what a line may have but has not is left out.
namespace orderflow {

inline constexpr std::int64_t kTransferVersion = 1;

struct HeaderLine {
  std::int64_t version = kTransferVersion;
};

/// An entry of the stock ledger.
struct StockEntryLine {
  std::string sku;
  Timestamp at{};
  std::int64_t quantity = 0;
  std::string reason;
};

struct OrderLine {
  Order order;
  std::optional<Idempotency> idempotency;  ///< the Idempotency-Key that it was made under
};

/// What the simulated provider and carrier have on their books.
using PaymentLine = sandbox::BookedPayment;
using ShipmentLine = sandbox::BookedShipment;

/// What the end of a whole export says that stands before it.
struct EndLine {
  std::int64_t lines = 0;  ///< this one not counted
};

using TransferLine = std::variant<HeaderLine, Product, StockEntryLine, OrderLine, PaymentLine,
                                  ShipmentLine, EndLine>;

/// Appends the line and its '\n'.
void append_line(std::string& out, const TransferLine& line);

/// The line, or what is wrong with it, for a person: "/items/0/quantity: must be 1 to 10000". Its
/// shape and limits are checked, and that an order adds up and has a legal timeline; not what only
/// the other lines can tell.
[[nodiscard]] std::expected<TransferLine, std::string> parse_line(std::string_view text);

}  // namespace orderflow
