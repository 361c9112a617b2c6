#include "adapters/sqlite/sandbox/book_rows.h"

#include <array>
#include <utility>

#include "adapters/sqlite/engine/migrations.h"

namespace orderflow::sandbox {
namespace {

constexpr sqlite::Migration kTables = R"(
CREATE TABLE payments (
  order_id BLOB PRIMARY KEY,
  currency TEXT NOT NULL,
  payment_method TEXT NOT NULL,
  entries TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE shipments (
  order_id BLOB PRIMARY KEY,
  attempt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)";

/// To change the schema, append a migration and count kBooksSchemaVersion up. A migration that has been
/// released is never changed.
constexpr std::array<sqlite::Migration, kBooksSchemaVersion> kMigrations = {kTables};

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

Result<PaymentAccount> read_account(const sqlite::Statement& row, int first) {
  auto entries = parse_entries(row.text(first + 2));
  if (!entries) return corrupt_books();
  return PaymentAccount{std::string(row.text(first)), std::string(row.text(first + 1)),
                        std::move(*entries)};
}

std::unexpected<Error> corrupt_books() {
  return failure(ErrorCode::Corrupt, "the books of the sandbox do not read back as written");
}

void migrate_books(sqlite::SqliteConnection& db) { sqlite::migrate(db, kMigrations); }

BookRows::BookRows(sqlite::SqliteConnection& db)
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
  return read_account(find_payment_, 0);
}

bool BookRows::add_payment(const OrderId& order, const PaymentAccount& account) {
  run(add_payment_, order, account);
  return db_.changes() == 1;
}

void BookRows::replace_payment(const OrderId& order, const PaymentAccount& account) {
  run(replace_payment_, order, account);
}

int attempt_of(std::int64_t stored) {
  return std::in_range<int>(stored) && stored > 0 ? static_cast<int>(stored) : 0;
}

std::optional<int> BookRows::shipment(const OrderId& order) {
  const sqlite::ResetAtEnd reset(find_shipment_);
  if (!find_shipment_.bind_blob(1, order.bytes()).step()) return std::nullopt;
  return attempt_of(find_shipment_.integer(0));
}

bool BookRows::add_shipment(const OrderId& order, int attempt) {
  add_shipment_.bind_blob(1, order.bytes()).bind(2, attempt).run();
  return db_.changes() == 1;
}

}  // namespace orderflow::sandbox
