#include "adapters/sqlite/products/sqlite_product_store.h"

#include "adapters/stored/cursor.h"
#include "base/limits.h"
#include "order/model/sku_key.h"

namespace orderflow {
namespace {

using sqlite::ShopReader;
using sqlite::ShopWriter;

/// About 10 MB of SKUs; beyond that the memory is cleared.
constexpr std::size_t kKnownMax = 65'536;
constexpr std::string_view kProducts = "products";

CatalogueEntry entry_of(const Product& product) {
  return {product.name, product.price, product.currency};
}

/// Stock counts stay within kStockMax, so that their sums cannot overflow.
Result<void> check_count(const Stock& stock, std::int64_t received) {
  if (stock.available + received < 0) {
    return failure(ErrorCode::Conflict, "only " + std::to_string(stock.available) + " available");
  }
  if (stock.received + received > kStockMax) {
    return failure(ErrorCode::InvalidInput, "more stock than can be counted");
  }
  return {};
}

}  // namespace

SqliteProductStore::SqliteProductStore(sqlite::ShopDatabase& database, Clock& clock)
    : database_(database), clock_(clock) {}

std::optional<SqliteProductStore::Entries> SqliteProductStore::known(
    const std::vector<std::string>& skus) const {
  Entries entries;
  entries.reserve(skus.size());
  for (const std::string& sku : skus) {
    const auto at = known_.find(sku);
    if (at == known_.end()) return std::nullopt;
    entries.push_back(at->second);
  }
  return entries;
}

Task<Result<SqliteProductStore::Entries>> SqliteProductStore::catalogue(
    std::vector<std::string> skus, View) {
  if (auto entries = known(skus)) co_return std::move(*entries);
  const std::uint64_t puts = puts_;
  auto read = [skus](ShopReader& db) -> Result<Entries> {
    Entries entries;
    for (const std::string& sku : skus) {
      const auto product = db.products.find(sku);
      entries.push_back(product ? std::optional(entry_of(*product)) : std::nullopt);
    }
    return entries;
  };
  auto entries = co_await database_.reader().run(std::move(read));
  if (!entries || puts != puts_) co_return entries;
  if (known_.size() + skus.size() > kKnownMax) known_.clear();
  for (std::size_t i = 0; i < skus.size(); ++i) known_.try_emplace(skus[i], (*entries)[i]);
  co_return entries;
}

Task<Result<std::vector<std::optional<std::string>>>> SqliteProductStore::similar(
    std::vector<std::string> skus) {
  if (!by_key_) {
    const std::uint64_t puts = puts_;
    using Keys = std::unordered_map<std::string, std::string>;
    auto read = [](ShopReader& db) -> Result<Keys> {
      Keys keys;
      for (std::string& sku : db.products.skus()) {
        std::string key = sku_key(sku);
        keys.try_emplace(std::move(key), std::move(sku));
      }
      return keys;
    };
    auto keys = co_await database_.reader().run(std::move(read));
    if (!keys) co_return std::unexpected(std::move(keys.error()));
    if (puts != puts_) co_return std::vector<std::optional<std::string>>(skus.size());
    if (!by_key_) by_key_ = std::move(*keys);
  }
  std::vector<std::optional<std::string>> found;
  for (const std::string& sku : skus) {
    const auto at = by_key_->find(sku_key(sku));
    found.push_back(at == by_key_->end() ? std::nullopt : std::optional(at->second));
  }
  co_return found;
}

Task<Result<Product>> SqliteProductStore::get(std::string sku) {
  auto read = [sku = std::move(sku)](ShopReader& db) -> Result<Product> {
    auto product = db.products.find(sku);
    if (!product) return failure(ErrorCode::NotFound, "there is no such product");
    return std::move(*product);
  };
  co_return co_await database_.reader().run(std::move(read));
}

Task<Result<ProductStore::Put>> SqliteProductStore::put(std::string sku, CatalogueEntry entry,
                                                        std::optional<std::int64_t> available,
                                                        PutCondition condition) {
  const Timestamp now = clock_.now();
  auto write = [sku, entry, available, condition = std::move(condition),
                now](ShopWriter& db) -> Result<Put> {
    const auto before = db.products.find(sku);
    if (condition && !condition(before ? &*before : nullptr)) {
      return failure(ErrorCode::Conflict, "the condition of the put does not hold");
    }
    const Stock stock = before ? before->stock : Stock{};
    const std::int64_t received = available ? *available - stock.available : 0;
    if (auto checked = check_count(stock, received); !checked) {
      return std::unexpected(std::move(checked.error()));
    }
    db.products.put(sku, entry);
    if (received != 0) db.products.receive(sku, received, "count set", now, {});
    return Put{*db.products.find(sku), !before};
  };
  auto result = co_await database_.writer().run(std::move(write));
  ++puts_;
  // After a failed write the entry is uncertain: the next order reads it.
  known_.erase(sku);
  if (result && by_key_) by_key_->try_emplace(sku_key(sku), sku);
  if (result) known_.emplace(std::move(sku), std::move(entry));
  co_return result;
}

Task<Result<Adjustment>> SqliteProductStore::adjust(std::string sku, std::int64_t quantity,
                                                    std::string reason,
                                                    std::optional<AdjustmentKey> key) {
  auto write = [sku = std::move(sku), reason = std::move(reason), quantity, key,
                now = clock_.now()](ShopWriter& db) -> Result<Adjustment> {
    auto product = db.products.find(sku);
    if (!product) return failure(ErrorCode::NotFound, "there is no such product");
    const auto before = key ? db.products.find_adjustment(*key, quantity, reason) : std::nullopt;
    if (before) return Adjustment{*before, std::move(*product)};
    if (auto checked = check_count(product->stock, quantity); !checked) {
      return std::unexpected(std::move(checked.error()));
    }
    db.products.receive(sku, quantity, reason, now, key);
    return Adjustment{AdjustmentOutcome::Adjusted, *db.products.find(sku)};
  };
  co_return co_await database_.writer().run(std::move(write));
}

Task<Result<ProductPage>> SqliteProductStore::list(std::int64_t limit, std::string cursor) {
  std::string after;
  if (!cursor.empty()) {
    auto position = read_cursor(cursor, kProducts);
    if (!position) co_return failure(ErrorCode::InvalidInput, "the cursor is not one of this list");
    after = std::move(*position);
  }
  auto read = [after, limit](ShopReader& db) -> Result<std::vector<sqlite::ProductRow>> {
    return db.products.list(after, limit + 1);
  };
  auto rows = co_await database_.reader().run(std::move(read));
  if (!rows) co_return std::unexpected(std::move(rows.error()));
  ProductPage page;
  if (std::cmp_greater(rows->size(), limit)) {
    rows->pop_back();
    page.next_cursor = make_cursor(rows->back().sku, kProducts);
  }
  for (auto& [sku, product] : *rows) {
    if (product) {
      page.products.push_back(std::move(*product));
    } else {
      on_unreadable_(sku);
    }
  }
  co_return page;
}

}  // namespace orderflow
