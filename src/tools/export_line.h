#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ports/shop_archive.h"

// The lines of an export. Each is one JSON object with a "type"; amounts are minor units, times are
// RFC 3339. A member without a value is left out.
namespace orderflow {

/// 2: an order's payment and shipment follow its line; entries of the stock ledger have keys.
inline constexpr std::int64_t kExportVersion = 2;

struct HeaderLine {
  std::int64_t version = kExportVersion;
  /// Whether the shop has the sandbox's books. Without them no order has a payment or a shipment.
  bool sandbox = true;
};

struct OrderLine {
  Order order;
  std::optional<Idempotency> idempotency;  ///< the Idempotency-Key that it was made under
};

/// The account of an order at the sandbox's provider.
struct PaymentLine {
  OrderId order;
  sandbox::PaymentAccount account;
};

/// The last line. An export without it is not whole.
struct EndLine {
  std::int64_t lines = 0;  ///< how many stand before it
};

using ExportLine = std::variant<HeaderLine, Product, StockEntry, OrderLine, PaymentLine,
                                ArchivedShipment, EndLine>;

/// Appends the line and its '\n'.
void append_line(std::string& out, const ExportLine& line);

/// The line, or what is wrong with it, for a person: "/items/0/quantity: must be a whole number
/// from 1 to 10000". Checks its shape, its content (audit/content.h) and that an order's timeline is
/// legal; not what depends on other lines.
[[nodiscard]] std::expected<ExportLine, std::string> parse_line(std::string_view text);

}  // namespace orderflow
