#pragma once

#include <string>
#include <unordered_map>

#include "adapters/sqlite/engine/database.h"
#include "ports/clock.h"
#include "ports/product_store.h"

namespace orderflow {

/// The catalogue and its stock in SQLite. catalogue() answers from memory once a SKU was asked for:
/// this process alone changes the catalogue. For the I/O thread.
class SqliteProductStore final : public ProductStore {
 public:
  SqliteProductStore(sqlite::Database& database, Clock& clock);

  Task<Result<std::vector<std::optional<CatalogueEntry>>>> catalogue(std::vector<std::string> skus,
                                                                     View view) override;
  Task<Result<Product>> get(std::string sku) override;
  Task<Result<Put>> put(std::string sku, CatalogueEntry entry,
                        std::optional<std::int64_t> available) override;
  Task<Result<Product>> adjust(std::string sku, std::int64_t quantity, std::string reason) override;
  Task<Result<ProductPage>> list(std::int64_t limit, std::string cursor) override;

 private:
  using Entries = std::vector<std::optional<CatalogueEntry>>;
  [[nodiscard]] std::optional<Entries> known(const std::vector<std::string>& skus) const;

  sqlite::Database& database_;
  Clock& clock_;
  /// What the catalogue says of a SKU, nullopt for one it does not know.
  std::unordered_map<std::string, std::optional<CatalogueEntry>> known_;
  /// Counts the puts: what was read before one may be behind it.
  std::uint64_t puts_ = 0;
};

}  // namespace orderflow
