#include "adapters/memory/memory_store.h"
#include "base/check.h"

namespace orderflow {
namespace {

constexpr std::string_view kCursorPrefix = "after:";

std::unexpected<Error> unknown_sku() { return failure(ErrorCode::NotFound, "no such product"); }

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

Task<Result<Product>> MemoryProductStore::get(std::string sku) {
  const auto found = store_.products.find(sku);
  if (found == store_.products.end()) co_return unknown_sku();
  co_return found->second;
}

Task<Result<ProductStore::Put>> MemoryProductStore::put(std::string sku, CatalogueEntry entry,
                                                        std::optional<std::int64_t> available) {
  CHECK(available.value_or(0) >= 0);
  const auto [at, created] = store_.products.try_emplace(sku);
  Product& product = at->second;
  product.sku = std::move(sku);
  product.name = std::move(entry.name);
  product.price = entry.price;
  product.currency = entry.currency;
  if (available) {
    product.stock.received += *available - product.stock.available;
    product.stock.available = *available;
  }
  co_return Put{product, created};
}

Task<Result<Product>> MemoryProductStore::adjust(std::string sku, std::int64_t quantity,
                                                 std::string) {
  const auto found = store_.products.find(sku);
  if (found == store_.products.end()) co_return unknown_sku();
  Stock& stock = found->second.stock;
  const auto available = checked_add(stock.available, quantity);
  const auto received = checked_add(stock.received, quantity);
  if (!available || !received || *available < 0) {
    co_return failure(ErrorCode::Conflict, "less than nothing would be available");
  }
  stock.available = *available;
  stock.received = *received;
  co_return found->second;
}

Task<Result<ProductPage>> MemoryProductStore::list(std::int64_t limit, std::string cursor) {
  auto next = store_.products.begin();
  if (!cursor.empty()) {
    if (!cursor.starts_with(kCursorPrefix)) {
      co_return failure(ErrorCode::InvalidInput, "not a cursor of this list");
    }
    next = store_.products.upper_bound(std::string_view(cursor).substr(kCursorPrefix.size()));
  }
  ProductPage page;
  for (; next != store_.products.end(); ++next) {
    if (page.products.size() == static_cast<std::size_t>(limit)) {
      page.next_cursor = std::string(kCursorPrefix) + page.products.back().sku;
      break;
    }
    page.products.push_back(next->second);
  }
  co_return page;
}

}  // namespace orderflow
