#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sqlite/engine/sqlite_connection.h"
#include "base/time.h"
#include "ports/product_store.h"

namespace orderflow::sqlite {

struct ProductRow {
  std::string sku;
  std::optional<Product> product;  ///< nullopt where the row is damaged
};
[[nodiscard]] SqliteError unreadable_product(std::string_view sku);

/// The rows of the catalogue and of its stock ledger. Used on the thread of its connection only.
/// Throws SqliteError.
class ProductRows {
 public:
  explicit ProductRows(SqliteConnection& db);

  std::optional<Product> find(std::string_view sku);
  std::vector<std::string> skus();
  /// Products with a SKU greater than `after`, in order of SKU; below zero there is no limit.
  std::vector<ProductRow> list(std::string_view after, std::int64_t limit);

  /// Sets name, price and currency; a new product starts without stock.
  void put(std::string_view sku, const CatalogueEntry& entry);
  /// Adds to available and received, and a line to the ledger.
  void receive(std::string_view sku, std::int64_t quantity, std::string_view reason, Timestamp at,
               const std::optional<AdjustmentKey>& key);
  /// Whether the ledger has this key; Replayed or KeyReused, nullopt where the key is free.
  std::optional<AdjustmentOutcome> find_adjustment(const AdjustmentKey& key, std::int64_t quantity,
                                                   std::string_view reason);

 private:
  Statement find_;
  Statement list_;
  Statement skus_;
  Statement put_;
  Statement receive_;
  Statement add_to_ledger_;
  Statement find_key_;
};

}  // namespace orderflow::sqlite
