#pragma once

#include <optional>

#include "adapters/sandbox/payment_account.h"
#include "adapters/sqlite/engine/sqlite_connection.h"

namespace orderflow::sandbox {

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
  explicit BookScan(sqlite::SqliteConnection& db);
  [[nodiscard]] Result<std::optional<BookedPayment>> next_payment();
  [[nodiscard]] Result<std::optional<BookedShipment>> next_shipment();

 private:
  sqlite::Statement payments_;
  sqlite::Statement shipments_;
};

}  // namespace orderflow::sandbox
