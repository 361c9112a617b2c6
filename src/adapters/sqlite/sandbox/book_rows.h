#pragma once

#include <optional>
#include <string>

#include "adapters/sandbox/payment_account.h"
#include "adapters/sqlite/engine/connection.h"

// The rows of the simulated ledger, over any connection to it. Failures of SQLite are thrown as
// sqlite::Failure.
//
//   payments (order_id, currency, payment_method, entries)    entries: "authorize:1 5998 ok\n..."
//   shipments (order_id, attempt)                             the tracking number follows from the
//   id
//
// A life is one insert and one update there, and one insert, all at the end of their tree for ids
// that are in order of time: about 100 bytes.
namespace orderflow::sandbox {

/// Makes the tables in a new file. Corrupt where the file is of another version.
[[nodiscard]] Result<void> prepare_books(sqlite::Connection& db);

class BookRows {
 public:
  explicit BookRows(sqlite::Connection& db);

  /// nullopt where the provider does not know the order. Corrupt where the row is not ours.
  [[nodiscard]] Result<std::optional<PaymentAccount>> payment(const OrderId& order);
  /// False, and nothing stored, where the provider knows the order.
  [[nodiscard]] bool add_payment(const OrderId& order, const PaymentAccount& account);
  /// Of an order that the provider knows.
  void replace_payment(const OrderId& order, const PaymentAccount& account);

  /// The attempt under which the order was shipped.
  [[nodiscard]] std::optional<int> shipment(const OrderId& order);
  /// False, and nothing stored, where the order was shipped before.
  [[nodiscard]] bool add_shipment(const OrderId& order, int attempt);

 private:
  sqlite::Connection& db_;
  sqlite::Statement find_payment_;
  sqlite::Statement add_payment_;
  sqlite::Statement replace_payment_;
  sqlite::Statement find_shipment_;
  sqlite::Statement add_shipment_;
};

struct BookedPayment {
  OrderId order;
  PaymentAccount account;
};
struct BookedShipment {
  OrderId order;
  int attempt = 0;
};

/// Everything in the ledger, one after the other in order of order id; nullopt at the end. On a
/// connection with a transaction open it is all of one moment, also while another process serves.
class BookScan {
 public:
  explicit BookScan(sqlite::Connection& db);
  [[nodiscard]] Result<std::optional<BookedPayment>> next_payment();
  [[nodiscard]] Result<std::optional<BookedShipment>> next_shipment();

 private:
  sqlite::Statement payments_;
  sqlite::Statement shipments_;
};

}  // namespace orderflow::sandbox
