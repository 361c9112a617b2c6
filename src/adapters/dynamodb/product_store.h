#pragma once

#include <string>

#include "adapters/dynamodb/dynamo_client.h"
#include "adapters/dynamodb/transaction.h"
#include "adapters/dynamodb/update.h"
#include "ports/clock.h"
#include "ports/product_store.h"

namespace orderflow {

/// The catalogue and its stock in DynamoDB (dynamodb/product_item.h). What each call costs, in
/// write and read units:
///
///   catalogue()              1 RRU a SKU; as it was a moment ago (View::Recent) 0.5
///   similar()                0.5 RRU a SKU, and 0.5 where there is one
///   get()                    1 RRU
///   put(), without a count   2 WRU, and 1 for the index where it is new
///   put(), with a count      5 WRU and 1 RRU: a transaction with a row of the ledger; where the
///                            count is the stored one, or with a condition only, 2 WRU and 1 RRU
///   adjust()                 4 WRU and 1 RRU; 2 WRU more with a key, and 1 RRU more where it is in use
///   list()                   4 RRU and 1 RRU a product
///
/// Used on the I/O thread only.
class DynamoProductStore final : public ProductStore {
 public:
  DynamoProductStore(DynamoClient& client, Clock& clock, std::string table)
      : client_(client), clock_(clock), table_(std::move(table)) {}

  /// Not cached: other processes change the catalogue.
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

 private:
  /// Writes the row by which similar() finds the product. It is written before the product, so every
  /// product has one; a crash in between leaves a row without a product.
  Task<Result<void>> put_similar(const std::string& sku, Deadline deadline);
  Task<Result<Product>> get_by(const std::string& sku, Deadline deadline);
  Task<Result<Put>> put_entry(const std::string& sku, const CatalogueEntry& entry,
                              Deadline deadline);
  /// Makes `after` of what is stored. nullopt where another process has changed the stock since it
  /// was read; with Compare::All, where anything of the product has changed.
  enum class Compare { Stock, All };
  Task<Result<std::optional<Product>>> replace(const std::optional<Product>& before, Product after,
                                               Compare compare, Deadline deadline);
  /// Updates the product and adds a row to its ledger, and one for the key, or does nothing.
  Task<Result<dynamodb::Transacted>> move_stock(const dynamodb::Update& update,
                                                const std::string& sku, std::int64_t quantity,
                                                std::string_view reason,
                                                const std::optional<AdjustmentKey>& key,
                                                Deadline deadline);
  /// Replayed or KeyReused; nullopt where the key is free.
  Task<Result<std::optional<AdjustmentOutcome>>> find_adjustment(const std::string& sku,
                                                                 const AdjustmentKey& key,
                                                                 std::int64_t quantity,
                                                                 std::string_view reason,
                                                                 Deadline deadline);
  Task<Result<std::vector<Product>>> get_all(std::vector<std::string> skus, Deadline deadline,
                                             View view = View::Latest);

  DynamoClient& client_;
  Clock& clock_;
  std::string table_;
};

}  // namespace orderflow
