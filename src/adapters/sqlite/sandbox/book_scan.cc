#include "adapters/sqlite/sandbox/book_scan.h"

#include <algorithm>
#include <array>

#include "adapters/sqlite/sandbox/book_rows.h"

namespace orderflow::sandbox {
namespace {

std::optional<OrderId> read_id(std::span<const std::uint8_t> blob) {
  std::array<std::uint8_t, 16> bytes{};
  if (blob.size() != bytes.size()) return std::nullopt;
  std::ranges::copy(blob, bytes.begin());
  return OrderId(bytes);
}

}  // namespace

BookScan::BookScan(sqlite::SqliteConnection& db)
    : payments_(db.prepare(
          "SELECT order_id, currency, payment_method, entries FROM payments ORDER BY order_id")),
      shipments_(db.prepare("SELECT order_id, attempt FROM shipments ORDER BY order_id")) {}

Result<std::optional<BookedPayment>> BookScan::next_payment() {
  if (!payments_.step()) return std::nullopt;
  const auto order = read_id(payments_.blob(0));
  auto account = read_account(payments_, 1);
  if (!order || !account) return corrupt_books();
  return BookedPayment{*order, std::move(*account)};
}

Result<std::optional<BookedShipment>> BookScan::next_shipment() {
  if (!shipments_.step()) return std::nullopt;
  const auto order = read_id(shipments_.blob(0));
  if (!order) return corrupt_books();
  return BookedShipment{*order, static_cast<int>(shipments_.integer(1))};
}

}  // namespace orderflow::sandbox
