#include <algorithm>

#include "adapters/memory/memory_store.h"
#include "adapters/stored/cursor.h"
#include "base/check.h"
#include "base/limits.h"
#include "order/model/sku_key.h"

namespace orderflow {
namespace {

constexpr std::string_view kList = "products";

std::unexpected<Error> unknown_sku() { return failure(ErrorCode::NotFound, "no such product"); }

/// Adds `quantity` pieces, or removes them where it is below zero.
Result<void> receive(Stock& stock, std::int64_t quantity) {
  if (stock.available + quantity < 0) {
    return failure(ErrorCode::Conflict, "less than nothing would be available");
  }
  if (stock.received + quantity > kStockMax) {
    return failure(ErrorCode::InvalidInput, "more stock than can be counted");
  }
  stock.available += quantity;
  stock.received += quantity;
  return {};
}

}  // namespace

Task<Result<std::vector<std::optional<CatalogueEntry>>>> MemoryProductStore::catalogue(
    std::vector<std::string> skus, View) {
  std::vector<std::optional<CatalogueEntry>> entries;
  for (const std::string& sku : skus) {
    const auto found = store_.products.find(sku);
    if (found == store_.products.end()) {
      entries.push_back(std::nullopt);
    } else {
      const Product& product = found->second;
      entries.push_back(CatalogueEntry{product.name, product.price, product.currency});
    }
  }
  co_return entries;
}

Task<Result<std::vector<std::optional<std::string>>>> MemoryProductStore::similar(
    std::vector<std::string> skus) {
  std::vector<std::optional<std::string>> found;
  for (const std::string& sku : skus) {
    const auto product = std::ranges::find_if(
        store_.products, [key = sku_key(sku)](const auto& p) { return sku_key(p.first) == key; });
    found.push_back(product == store_.products.end() ? std::nullopt
                                                     : std::optional(product->first));
  }
  co_return found;
}

Task<Result<Product>> MemoryProductStore::get(std::string sku) {
  const auto found = store_.products.find(sku);
  if (found == store_.products.end()) co_return unknown_sku();
  co_return found->second;
}

Task<Result<ProductStore::Put>> MemoryProductStore::put(std::string sku, CatalogueEntry entry,
                                                        std::optional<std::int64_t> available,
                                                        PutCondition condition) {
  CHECK(available.value_or(0) >= 0);
  const auto before = store_.products.find(sku);
  const bool created = before == store_.products.end();
  if (condition && !condition(created ? nullptr : &before->second)) {
    co_return failure(ErrorCode::Conflict, "the condition of the put does not hold");
  }
  Product product{sku, std::move(entry.name), entry.price, entry.currency,
                  created ? Stock{} : before->second.stock};
  if (available) {
    const auto counted = receive(product.stock, *available - product.stock.available);
    if (!counted) co_return std::unexpected(counted.error());
  }
  store_.products.insert_or_assign(std::move(sku), product);
  co_return Put{std::move(product), created};
}

Task<Result<Adjustment>> MemoryProductStore::adjust(std::string sku, std::int64_t quantity,
                                                    std::string reason,
                                                    std::optional<AdjustmentKey> key) {
  const auto found = store_.products.find(sku);
  if (found == store_.products.end()) co_return unknown_sku();
  Product& product = found->second;
  std::pair adjustment(quantity, std::move(reason));
  if (key) {
    const auto before = store_.adjustments.find(*key);
    if (before != store_.adjustments.end()) {
      const bool same = before->second == adjustment;
      co_return Adjustment{same ? AdjustmentOutcome::Replayed : AdjustmentOutcome::KeyReused,
                           product};
    }
  }
  const auto counted = receive(product.stock, quantity);
  if (!counted) co_return std::unexpected(counted.error());
  if (key) store_.adjustments.emplace(*key, std::move(adjustment));
  co_return Adjustment{AdjustmentOutcome::Adjusted, product};
}

Task<Result<ProductPage>> MemoryProductStore::list(std::int64_t limit, std::string cursor) {
  auto next = store_.products.begin();
  if (!cursor.empty()) {
    const auto last = read_cursor(cursor, kList);
    if (!last) co_return failure(ErrorCode::InvalidInput, "not a cursor of this list");
    next = store_.products.upper_bound(*last);
  }
  ProductPage page;
  for (; next != store_.products.end(); ++next) {
    if (page.products.size() == static_cast<std::size_t>(limit)) {
      page.next_cursor = make_cursor(page.products.back().sku, kList);
      break;
    }
    page.products.push_back(next->second);
  }
  co_return page;
}

}  // namespace orderflow
