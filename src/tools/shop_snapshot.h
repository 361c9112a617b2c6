#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "adapters/sqlite/engine/sqlite_connection.h"
#include "base/result.h"
#include "order/model/order.h"

namespace orderflow {

/// A shop's database and the books of its simulated provider and carrier, as both were at one
/// moment, for reading; the service may run. Failures of SQLite are thrown as sqlite::SqliteError.
class ShopSnapshot {
 public:
  /// NotFound where the folder holds no shop.
  [[nodiscard]] static Result<ShopSnapshot> open(const std::filesystem::path& data);

  [[nodiscard]] sqlite::SqliteConnection& shop() { return shop_; }
  /// Null where nothing was ever simulated.
  [[nodiscard]] sqlite::SqliteConnection* books() { return books_ ? &*books_ : nullptr; }

 private:
  explicit ShopSnapshot(const std::filesystem::path& data);
  [[nodiscard]] bool take(sqlite::SqliteConnection& watch);

  sqlite::SqliteConnection shop_;
  std::optional<sqlite::SqliteConnection> books_;
};

/// The order of an id column; all zeros where the column does not hold one.
[[nodiscard]] OrderId order_id_of(std::span<const std::uint8_t> column);

/// An order with its row as it stands there.
struct OrderRow {
  std::int64_t seq = 0;
  OrderId id;
  std::int64_t customer = 0;
  std::int64_t version = 0;
  std::int64_t status = 0;
  std::optional<std::int64_t> listed;
  std::optional<std::int64_t> due_at;
  bool copy_differs = false;  ///< the copy of id and body that an order at its end has
  Result<Order> order;
};

/// All orders that have both their rows, oldest first, one at a time.
class OrderScan {
 public:
  explicit OrderScan(sqlite::SqliteConnection& shop);
  /// nullopt at the end.
  [[nodiscard]] std::optional<OrderRow> next();

 private:
  sqlite::Statement rows_;
};

}  // namespace orderflow
