#include "adapters/sqlite/sandbox/book_rows.h"

#include <algorithm>

namespace orderflow::sandbox {
namespace {

constexpr std::int64_t kSchemaVersion = 1;
constexpr const char* kSchema =
    "BEGIN;"
    "CREATE TABLE payments (order_id BLOB PRIMARY KEY, currency TEXT NOT NULL,"
    "  payment_method TEXT NOT NULL, entries TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE shipments (order_id BLOB PRIMARY KEY, attempt INTEGER NOT NULL)"
    "  STRICT, WITHOUT ROWID;"
    "PRAGMA user_version = 1;"
    "COMMIT";

std::int64_t schema_version(sqlite::Connection& db) {
  sqlite::Statement version = db.prepare("PRAGMA user_version");
  version.step();
  return version.integer(0);
}

std::unexpected<Error> corrupt() {
  return failure(ErrorCode::Corrupt, "the simulated ledger does not read back as it was written");
}

std::optional<OrderId> read_id(std::span<const std::uint8_t> blob) {
  std::array<std::uint8_t, 16> bytes{};
  if (blob.size() != bytes.size()) return std::nullopt;
  std::ranges::copy(blob, bytes.begin());
  return OrderId(bytes);
}

/// Of a row whose columns from `first` on are currency, payment_method, entries.
std::optional<PaymentAccount> read_account(const sqlite::Statement& row, int first) {
  auto entries = parse_entries(row.text(first + 2));
  if (!entries) return std::nullopt;
  return PaymentAccount{std::string(row.text(first)), std::string(row.text(first + 1)),
                        std::move(*entries)};
}

/// `statement` takes an order and its account.
void run(sqlite::Statement& statement, const OrderId& order, const PaymentAccount& account) {
  std::string entries;
  for (const PaymentEntry& entry : account.entries) append_entry(entries, entry);
  statement.bind_blob(1, order.bytes())
      .bind_text(2, account.currency)
      .bind_text(3, account.payment_method)
      .bind_text(4, entries)
      .run();
}

}  // namespace

Result<void> prepare_books(sqlite::Connection& db) {
  if (schema_version(db) == 0) db.execute(kSchema);
  if (schema_version(db) != kSchemaVersion) return corrupt();
  return {};
}

BookRows::BookRows(sqlite::Connection& db)
    : db_(db),
      find_payment_(db.prepare("SELECT currency, payment_method, entries FROM payments"
                               " WHERE order_id = ?1")),
      add_payment_(db.prepare("INSERT OR IGNORE INTO payments VALUES (?1, ?2, ?3, ?4)")),
      replace_payment_(db.prepare("UPDATE payments SET currency = ?2, payment_method = ?3,"
                                  " entries = ?4 WHERE order_id = ?1")),
      find_shipment_(db.prepare("SELECT attempt FROM shipments WHERE order_id = ?1")),
      add_shipment_(db.prepare("INSERT OR IGNORE INTO shipments VALUES (?1, ?2)")) {}

Result<std::optional<PaymentAccount>> BookRows::payment(const OrderId& order) {
  const sqlite::ResetAtEnd reset(find_payment_);
  if (!find_payment_.bind_blob(1, order.bytes()).step()) return std::nullopt;
  auto account = read_account(find_payment_, 0);
  if (!account) return corrupt();
  return account;
}

bool BookRows::add_payment(const OrderId& order, const PaymentAccount& account) {
  run(add_payment_, order, account);
  return db_.changes() == 1;
}

void BookRows::replace_payment(const OrderId& order, const PaymentAccount& account) {
  run(replace_payment_, order, account);
}

std::optional<int> BookRows::shipment(const OrderId& order) {
  const sqlite::ResetAtEnd reset(find_shipment_);
  if (!find_shipment_.bind_blob(1, order.bytes()).step()) return std::nullopt;
  return static_cast<int>(find_shipment_.integer(0));
}

bool BookRows::add_shipment(const OrderId& order, int attempt) {
  add_shipment_.bind_blob(1, order.bytes()).bind(2, attempt).run();
  return db_.changes() == 1;
}

BookScan::BookScan(sqlite::Connection& db)
    : payments_(db.prepare(
          "SELECT order_id, currency, payment_method, entries FROM payments ORDER BY order_id")),
      shipments_(db.prepare("SELECT order_id, attempt FROM shipments ORDER BY order_id")) {}

Result<std::optional<BookedPayment>> BookScan::next_payment() {
  if (!payments_.step()) return std::nullopt;
  const auto order = read_id(payments_.blob(0));
  auto account = read_account(payments_, 1);
  if (!order || !account) return corrupt();
  return BookedPayment{*order, std::move(*account)};
}

Result<std::optional<BookedShipment>> BookScan::next_shipment() {
  if (!shipments_.step()) return std::nullopt;
  const auto order = read_id(shipments_.blob(0));
  if (!order) return corrupt();
  return BookedShipment{*order, static_cast<int>(shipments_.integer(1))};
}

}  // namespace orderflow::sandbox
