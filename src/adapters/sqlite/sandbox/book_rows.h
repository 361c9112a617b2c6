#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "adapters/sandbox/payment_account.h"
#include "adapters/sqlite/engine/sqlite_connection.h"

// The books of the sandbox's payment provider and carrier, `<data>/simulated.db`:
//
// payments: one row an order, made by its first effect and replaced by each further one.
//   order_id                   the 16 bytes of the id
//   currency, payment_method   of the first request
//   entries                    one line an effect: "authorize:1 5998 ok\n"
//
// shipments: one row an order that was shipped.
//   order_id   the 16 bytes of the id; the tracking number is made of it
//   attempt    the number of the attempt that shipped it
//
// An order costs about 100 bytes: one insert and one update of payments, and one insert of
// shipments, all at the end of their tree for ids in order of time.
namespace orderflow::sandbox {

inline constexpr int kBooksSchemaVersion = 1;

/// Makes the tables in an empty file, or brings those of an older version up to date. Throws
/// SqliteError, Corrupt, where a newer orderflow wrote the file.
void migrate_books(sqlite::SqliteConnection& db);

/// Of a row whose columns from `first` on are currency, payment_method, entries.
[[nodiscard]] Result<PaymentAccount> read_account(const sqlite::Statement& row, int first);
[[nodiscard]] std::unexpected<Error> corrupt_books();

/// The attempt that a row of shipments holds; 0, which none has, where that is none.
[[nodiscard]] int attempt_of(std::int64_t stored);

class BookRows {
 public:
  explicit BookRows(sqlite::SqliteConnection& db);

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
  sqlite::SqliteConnection& db_;
  sqlite::Statement find_payment_;
  sqlite::Statement add_payment_;
  sqlite::Statement replace_payment_;
  sqlite::Statement find_shipment_;
  sqlite::Statement add_shipment_;
};

}  // namespace orderflow::sandbox
