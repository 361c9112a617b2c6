#include "adapters/sqlite/products/product_rows.h"

#include <sqlite3.h>

namespace orderflow::sqlite {
namespace {

std::optional<Product> read(const Statement& row) {
  const auto currency = Currency::from_code(row.text(3));
  if (!currency || row.integer(2) < 0) return std::nullopt;
  return Product{.sku = std::string(row.text(0)),
                 .name = std::string(row.text(1)),
                 .price = row.integer(2),
                 .currency = *currency,
                 .stock = {.available = row.integer(4),
                           .reserved = row.integer(5),
                           .shipped = row.integer(6),
                           .received = row.integer(7)}};
}

}  // namespace

SqliteError unreadable_product(std::string_view sku) {
  return {SQLITE_CORRUPT, "the product " + std::string(sku) + " has no valid price or currency"};
}

#define PRODUCT_COLUMNS \
  "SELECT sku, name, price, currency, available, reserved, shipped, received FROM products "

ProductRows::ProductRows(SqliteConnection& db)
    : find_(db.prepare(PRODUCT_COLUMNS "WHERE sku = ?1")),
      list_(db.prepare(PRODUCT_COLUMNS "WHERE sku > ?1 ORDER BY sku LIMIT ?2")),
      skus_(db.prepare("SELECT sku FROM products")),
      put_(db.prepare("INSERT INTO products VALUES (?1, ?2, ?3, ?4, 0, 0, 0, 0) ON CONFLICT (sku) "
                      "DO UPDATE SET name = ?2, price = ?3, currency = ?4")),
      receive_(
          db.prepare("UPDATE products SET available = available + ?2, received = received + ?2 "
                     "WHERE sku = ?1")),
      add_to_ledger_(db.prepare("INSERT INTO stock_ledger (sku, at, quantity, reason, key) "
                                "VALUES (?1, ?2, ?3, ?4, ?5)")),
      find_key_(db.prepare("SELECT quantity, reason FROM stock_ledger WHERE key = ?1")) {}

std::optional<Product> ProductRows::find(std::string_view sku) {
  const ResetAtEnd reset(find_);
  if (!find_.bind_text(1, sku).step()) return std::nullopt;
  auto product = read(find_);
  if (!product) throw unreadable_product(sku);
  return product;
}

std::vector<std::string> ProductRows::skus() {
  const ResetAtEnd reset(skus_);
  std::vector<std::string> skus;
  while (skus_.step()) skus.emplace_back(skus_.text(0));
  return skus;
}

std::vector<ProductRow> ProductRows::list(std::string_view after, std::int64_t limit) {
  const ResetAtEnd reset(list_);
  list_.bind_text(1, after).bind(2, limit);
  std::vector<ProductRow> rows;
  while (list_.step()) rows.push_back({std::string(list_.text(0)), read(list_)});
  return rows;
}

void ProductRows::put(std::string_view sku, const CatalogueEntry& entry) {
  put_.bind_text(1, sku).bind_text(2, entry.name).bind(3, entry.price);
  put_.bind_text(4, entry.currency.code()).run();
}

void ProductRows::receive(std::string_view sku, std::int64_t quantity, std::string_view reason,
                          Timestamp at, const std::optional<AdjustmentKey>& key) {
  receive_.bind_text(1, sku).bind(2, quantity).run();
  add_to_ledger_.bind_text(1, sku).bind(2, epoch_ms(at));
  add_to_ledger_.bind(3, quantity).bind_text(4, reason);
  if (key) {
    add_to_ledger_.bind_blob(5, *key).run();
  } else {
    add_to_ledger_.bind_null(5).run();
  }
}

std::optional<AdjustmentOutcome> ProductRows::find_adjustment(const AdjustmentKey& key,
                                                              std::int64_t quantity,
                                                              std::string_view reason) {
  const ResetAtEnd reset(find_key_);
  if (!find_key_.bind_blob(1, key).step()) return std::nullopt;
  const bool same = find_key_.integer(0) == quantity && find_key_.text(1) == reason;
  return same ? AdjustmentOutcome::Replayed : AdjustmentOutcome::KeyReused;
}

}  // namespace orderflow::sqlite
