#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "base/task.h"
#include "ports/view.h"

namespace orderflow {

/// available >= 0 and available + reserved + shipped = received, always.
struct Stock {
  std::int64_t available = 0;
  std::int64_t reserved = 0;
  std::int64_t shipped = 0;
  std::int64_t received = 0;

  friend bool operator==(const Stock&, const Stock&) = default;
};

struct Product {
  std::string sku;
  std::string name;
  Minor price = 0;
  Currency currency = Currency::usd();
  Stock stock;

  friend bool operator==(const Product&, const Product&) = default;
};

/// A SKU in the catalogue, without its stock.
struct CatalogueEntry {
  std::string name;
  Minor price = 0;
  Currency currency = Currency::usd();
};

/// What must hold of the product for a put to happen; nullptr where there is none. An empty function
/// is no condition. May be called on another thread, and more than once.
using PutCondition = std::function<bool(const Product* current)>;

/// The Idempotency-Key of an adjustment as it is stored: the first 16 bytes of SHA-256(SKU, 0, key).
using AdjustmentKey = std::array<std::uint8_t, 16>;

enum class AdjustmentOutcome {
  Adjusted,
  Replayed,   ///< The key was used for the same adjustment before; nothing moves.
  KeyReused,  ///< The key was used for another adjustment; nothing moves.
};
struct Adjustment {
  AdjustmentOutcome outcome{};
  Product product;  ///< as it is now
};

struct ProductPage {
  std::vector<Product> products;  ///< in order of SKU
  std::string next_cursor;        ///< empty at the end
};

/// The catalogue and its stock. A SKU with a record here is stock-controlled. Records are never
/// deleted. Orders move stock by OrderStore::commit() only. Calls fail with the same errors as
/// those of OrderStore.
class ProductStore {
 public:
  virtual ~ProductStore() = default;

  /// An entry for each SKU, in the same order; nullopt where the catalogue does not have it (with
  /// View::Recent: did not have it a moment ago). The local home answers from memory.
  virtual Task<Result<std::vector<std::optional<CatalogueEntry>>>> catalogue(
      std::vector<std::string> skus, View view) = 0;

  /// For each of these SKUs, which the catalogue does not have, one that it has and that differs only
  /// by letter case, width or white space around it (sku_key()); nullopt where there is none. May miss
  /// a product of the last moment, or one that was put by a version of before it knew this.
  virtual Task<Result<std::vector<std::optional<std::string>>>> similar(
      std::vector<std::string> skus) = 0;

  /// NotFound where the catalogue does not have the SKU.
  virtual Task<Result<Product>> get(std::string sku) = 0;

  struct Put {
    Product product;  ///< as it is now
    bool created = false;
  };
  /// Creates the product, or replaces its name, price and currency. `available`, where given, sets
  /// the count; the stock ledger records the difference as received or written off. Conflict where the
  /// condition does not hold; nothing else comes between its check and the change.
  virtual Task<Result<Put>> put(std::string sku, CatalogueEntry entry,
                                std::optional<std::int64_t> available, PutCondition condition) = 0;

  /// Adds (or, below zero, removes) available stock, with a reason for the ledger. Conflict where
  /// less than zero would be left, NotFound. With a key it happens once, however often it is called;
  /// keys are kept as long as the ledger.
  virtual Task<Result<Adjustment>> adjust(std::string sku, std::int64_t quantity,
                                          std::string reason, std::optional<AdjustmentKey> key) = 0;

  /// InvalidInput where the cursor is not from this store.
  virtual Task<Result<ProductPage>> list(std::int64_t limit, std::string cursor) = 0;
};

}  // namespace orderflow
