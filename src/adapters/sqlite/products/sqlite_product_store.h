#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "adapters/sqlite/engine/shop_database.h"
#include "ports/clock.h"
#include "ports/product_store.h"

namespace orderflow {

/// The catalogue and its stock in SQLite. Used on the I/O thread only. catalogue() answers from
/// memory once it has read a SKU, since only this process changes the catalogue.
class SqliteProductStore final : public ProductStore {
 public:
  SqliteProductStore(sqlite::ShopDatabase& database, Clock& clock);

  Task<Result<std::vector<std::optional<CatalogueEntry>>>> catalogue(std::vector<std::string> skus,
                                                                     View view) override;
  Task<Result<std::vector<std::optional<std::string>>>> similar(
      std::vector<std::string> skus) override;
  Task<Result<Product>> get(std::string sku) override;
  Task<Result<Put>> put(std::string sku, CatalogueEntry entry,
                        std::optional<std::int64_t> available, PutCondition condition) override;
  Task<Result<Adjustment>> adjust(std::string sku, std::int64_t quantity, std::string reason,
                                  std::optional<AdjustmentKey> key) override;
  Task<Result<ProductPage>> list(std::int64_t limit, std::string cursor) override;

  /// Calls `on_unreadable` with the SKU of each product that list() leaves out since its row is
  /// damaged.
  void notify_unreadable(std::function<void(const std::string&)> on_unreadable) {
    on_unreadable_ = std::move(on_unreadable);
  }

 private:
  using Entries = std::vector<std::optional<CatalogueEntry>>;
  [[nodiscard]] std::optional<Entries> known(const std::vector<std::string>& skus) const;

  sqlite::ShopDatabase& database_;
  Clock& clock_;
  std::function<void(const std::string&)> on_unreadable_ = [](const std::string&) {};
  /// By SKU; nullopt for a SKU that is not in the catalogue.
  std::unordered_map<std::string, std::optional<CatalogueEntry>> known_;
  /// A SKU of the catalogue by sku_key(), some 100 bytes each; nullopt until it is asked for.
  std::optional<std::unordered_map<std::string, std::string>> by_key_;
  /// How many puts there were. What was read before a put may be older than the put.
  std::uint64_t puts_ = 0;
};

}  // namespace orderflow
