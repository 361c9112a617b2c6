#include "adapters/dynamodb/product_store.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "adapters/dynamodb/product_item.h"
#include "adapters/dynamodb/reads.h"
#include "adapters/dynamodb/transaction.h"
#include "adapters/stored/cursor.h"
#include "base/check.h"
#include "base/gather.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "order/model/sku_key.h"

namespace orderflow {
namespace {

using dynamodb::Update;

constexpr std::string_view kProducts = "products";  // what the cursors of list() are bound to

CatalogueEntry entry_of(const Product& product) {
  return {product.name, product.price, product.currency};
}

std::unexpected<Error> unknown_sku() {
  return failure(ErrorCode::NotFound, "there is no such product");
}
std::unexpected<Error> too_few(std::int64_t available) {
  return failure(ErrorCode::Conflict, "only " + std::to_string(available) + " available");
}
std::unexpected<Error> too_many() {
  return failure(ErrorCode::InvalidInput, "more stock than can be counted");
}

void set_entry(Update& update, const std::string& sku, const CatalogueEntry& entry) {
  update.set("kind", dynamodb::kind_of(sku)).set("name", entry.name);
  update.set("price", entry.price).set("currency", std::string(entry.currency.code()));
}

}  // namespace

Task<Result<std::vector<Product>>> DynamoProductStore::get_all(std::vector<std::string> skus,
                                                               Deadline deadline, View view) {
  std::vector<dynamodb::Attributes> keys;
  const std::set<std::string> once(skus.begin(), skus.end());
  for (const std::string& sku : once) keys.push_back(dynamodb::product_key(sku));
  auto items = co_await dynamodb::get_items(client_, table_, std::move(keys), deadline,
                                            {.reading = dynamodb::reading_for(view)});
  if (!items) co_return std::unexpected(std::move(items.error()));
  std::vector<Product> products;
  for (const auto& item : *items) {
    auto product = dynamodb::read_product(item);
    if (!product) co_return std::unexpected(std::move(product.error()));
    products.push_back(std::move(*product));
  }
  std::ranges::sort(products, {}, &Product::sku);
  co_return products;
}

Task<Result<std::vector<std::optional<CatalogueEntry>>>> DynamoProductStore::catalogue(
    std::vector<std::string> skus, View view) {
  const auto products = co_await get_all(skus, client_.deadline(), view);
  if (!products) co_return std::unexpected(products.error());
  std::vector<std::optional<CatalogueEntry>> entries;
  for (const std::string& sku : skus) {
    const auto found = std::ranges::lower_bound(*products, sku, {}, &Product::sku);
    const bool known = found != products->end() && found->sku == sku;
    entries.push_back(known ? std::optional(entry_of(*found)) : std::nullopt);
  }
  co_return entries;
}

Task<Result<std::vector<std::optional<std::string>>>> DynamoProductStore::similar(
    std::vector<std::string> skus) {
  const Deadline deadline = client_.deadline();
  std::set<std::string> once;
  for (const std::string& sku : skus) once.insert(sku_key(sku));
  std::vector<dynamodb::Attributes> keys;
  for (const std::string& key : once) keys.push_back(dynamodb::similar_key(key));
  const auto items = co_await dynamodb::get_items(client_, table_, std::move(keys), deadline,
                                                  {.reading = dynamodb::Reading::Eventual});
  if (!items) co_return std::unexpected(items.error());
  std::vector<std::string> named;
  for (const auto& item : *items) {
    if (const auto of = item.text("of")) named.emplace_back(*of);
  }
  std::vector<std::optional<std::string>> found(skus.size());
  if (named.empty()) co_return found;
  const auto products = co_await get_all(std::move(named), deadline, View::Recent);
  if (!products) co_return std::unexpected(products.error());
  for (std::size_t i = 0; i < skus.size(); ++i) {
    const auto at = std::ranges::find_if(
        *products,
        [key = sku_key(skus[i])](const Product& product) { return sku_key(product.sku) == key; });
    if (at != products->end()) found[i] = at->sku;
  }
  co_return found;
}

Task<Result<void>> DynamoProductStore::put_similar(const std::string& sku, Deadline deadline) {
  Update update(table_, dynamodb::similar_key(sku));
  update.set("of", sku);
  const auto reply = co_await client_.request("UpdateItem", update.request(), deadline);
  if (!reply) co_return std::unexpected(reply.error());
  co_return Result<void>{};
}

Task<Result<Product>> DynamoProductStore::get_by(const std::string& sku, Deadline deadline) {
  auto stored = co_await dynamodb::get_item(client_, table_, dynamodb::product_key(sku), deadline);
  if (!stored) co_return std::unexpected(std::move(stored.error()));
  if (!*stored) co_return unknown_sku();
  co_return dynamodb::read_product(**stored);
}

Task<Result<Product>> DynamoProductStore::get(std::string sku) {
  co_return co_await get_by(sku, client_.deadline());
}

Task<Result<ProductStore::Put>> DynamoProductStore::put_entry(const std::string& sku,
                                                              const CatalogueEntry& entry,
                                                              Deadline deadline) {
  Update update(table_, dynamodb::product_key(sku));
  set_entry(update, sku, entry);
  for (const std::string_view count : {"available", "reserved", "shipped", "received"}) {
    update.set_if_absent(count, std::int64_t{0});
  }
  auto reply = co_await client_.request("UpdateItem", update.request("ALL_OLD"), deadline);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  Product product{.sku = sku};
  const auto before = dynamodb::item_at(reply->body, "Attributes");
  if (before) {
    auto read = dynamodb::read_product(*before);
    if (!read) co_return std::unexpected(std::move(read.error()));
    product.stock = read->stock;
  }
  product.name = entry.name;
  product.price = entry.price;
  product.currency = entry.currency;
  co_return Put{std::move(product), !before};
}

Task<Result<dynamodb::Transacted>> DynamoProductStore::move_stock(
    const Update& update, const std::string& sku, std::int64_t quantity, std::string_view reason,
    const std::optional<AdjustmentKey>& key, Deadline deadline) {
  const std::string token = dynamodb::new_write_token();
  dynamodb::Transaction transaction;
  transaction.update(update.request());
  const std::int64_t now = epoch_ms(clock_.now());
  dynamodb::Attributes row = {
      {"sku", sku},
      {"entry", "ledger#" + std::to_string(now) + "#" + token},  // the token makes it unique
      {"at", now},
      {"quantity", quantity},
      {"reason", std::string(reason)}};
  if (key) row.emplace_back("key", dynamodb::binary_of(*key));
  transaction.put(dynamodb::put_new(table_, row, "sku"));
  if (key) {
    dynamodb::Attributes use = dynamodb::adjustment_key(sku, *key);
    use.emplace_back("quantity", quantity);
    use.emplace_back("reason", std::string(reason));
    transaction.put(dynamodb::put_new(table_, use, "sku"));
  }
  co_return co_await transaction.run(client_, token, deadline);
}

Task<Result<std::optional<Product>>> DynamoProductStore::replace(
    const std::optional<Product>& before, Product after, Compare compare, Deadline deadline) {
  const Stock stock = before ? before->stock : Stock{};
  const std::int64_t received = after.stock.available - stock.available;
  after.stock.received += received;
  if (after.stock.received > kStockMax) co_return too_many();
  Update update(table_, dynamodb::product_key(after.sku));
  set_entry(update, after.sku, entry_of(after));
  update.set("available", after.stock.available).set("received", after.stock.received);
  if (before) {
    update.only_if("available", "=", stock.available).only_if("received", "=", stock.received);
  } else {
    update.set("reserved", std::int64_t{0}).set("shipped", std::int64_t{0}).only_if_absent("sku");
  }
  if (before && compare == Compare::All) {
    update.only_if("name", "=", before->name).only_if("price", "=", before->price);
    update.only_if("currency", "=", std::string(before->currency.code()));
    update.only_if("reserved", "=", stock.reserved);  // and so shipped, by their sum
  }
  if (received == 0) {
    auto reply = co_await client_.request("UpdateItem", update.request(), deadline);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    co_return reply->ok() ? std::optional(std::move(after)) : std::nullopt;
  }
  auto outcome = co_await move_stock(update, after.sku, received, "count set", {}, deadline);
  if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  co_return outcome->done ? std::optional(std::move(after)) : std::nullopt;
}

Task<Result<ProductStore::Put>> DynamoProductStore::put(std::string sku, CatalogueEntry entry,
                                                        std::optional<std::int64_t> available,
                                                        PutCondition condition) {
  const Deadline deadline = client_.deadline();
  const auto named = co_await put_similar(sku, deadline);
  if (!named) co_return std::unexpected(named.error());
  if (!available && !condition) co_return co_await put_entry(sku, entry, deadline);
  CHECK(available.value_or(0) >= 0);
  const Compare compare = condition ? Compare::All : Compare::Stock;
  std::optional<Put> tried;
  for (int attempt = 0;; ++attempt) {
    auto stored = co_await get_by(sku, deadline);
    if (!stored && stored.error().code != ErrorCode::NotFound) {
      co_return std::unexpected(std::move(stored.error()));
    }
    const std::optional<Product> before = stored ? std::optional(std::move(*stored)) : std::nullopt;
    // The client sends a write again where its answer was lost; the second is then refused.
    if (tried && before == tried->product) co_return std::move(*tried);
    if (condition && !condition(before ? &*before : nullptr)) {
      co_return failure(ErrorCode::Conflict, "the condition of the put does not hold");
    }
    Product after{.sku = sku, .name = entry.name, .price = entry.price, .currency = entry.currency};
    if (before) after.stock = before->stock;
    if (available) after.stock.available = *available;
    tried = Put{after, !before};
    tried->product.stock.received += after.stock.available - (before ? before->stock.available : 0);
    auto changed = co_await replace(before, std::move(after), compare, deadline);
    if (!changed) co_return std::unexpected(std::move(changed.error()));
    if (*changed) co_return Put{std::move(**changed), !before};
    const bool again = co_await dynamodb::back_off(attempt, deadline);
    if (!again) co_return failure(ErrorCode::Throttled, "the stock keeps moving; ask again");
  }
}

Task<Result<std::optional<AdjustmentOutcome>>> DynamoProductStore::find_adjustment(
    const std::string& sku, const AdjustmentKey& key, std::int64_t quantity,
    std::string_view reason, Deadline deadline) {
  auto stored =
      co_await dynamodb::get_item(client_, table_, dynamodb::adjustment_key(sku, key), deadline);
  if (!stored) co_return std::unexpected(std::move(stored.error()));
  if (!*stored) co_return std::nullopt;
  const bool same =
      (*stored)->number("quantity") == quantity && (*stored)->text("reason") == reason;
  co_return same ? AdjustmentOutcome::Replayed : AdjustmentOutcome::KeyReused;
}

Task<Result<Adjustment>> DynamoProductStore::adjust(std::string sku, std::int64_t quantity,
                                                    std::string reason,
                                                    std::optional<AdjustmentKey> key) {
  const Deadline deadline = client_.deadline();
  if (quantity > kStockMax) co_return too_many();
  Update update(table_, dynamodb::product_key(sku));
  update.add("available", quantity).add("received", quantity);
  if (quantity < 0) {
    update.only_if("available", ">=", -std::max(quantity, -kStockMax - 1));
  } else {
    update.only_if("received", "<=", kStockMax - quantity);
  }
  auto moved = co_await move_stock(update, sku, quantity, reason, key, deadline);
  if (!moved) co_return std::unexpected(std::move(moved.error()));
  auto outcome = AdjustmentOutcome::Adjusted;
  if (!moved->done && key) {
    // The key comes first: what it has moved may be why the stock refuses it now.
    auto before = co_await find_adjustment(sku, *key, quantity, reason, deadline);
    if (!before) co_return std::unexpected(std::move(before.error()));
    outcome = before->value_or(AdjustmentOutcome::Adjusted);
  }
  if (moved->done || outcome != AdjustmentOutcome::Adjusted) {
    auto product = co_await get_by(sku, deadline);
    if (!product) co_return std::unexpected(std::move(product.error()));
    co_return Adjustment{outcome, std::move(*product)};
  }
  if (!moved->first_item) co_return unknown_sku();
  if (quantity > 0) co_return too_many();
  co_return too_few(moved->first_item->number("available").value_or(0));
}

Task<Result<ProductPage>> DynamoProductStore::list(std::int64_t limit, std::string cursor) {
  const Deadline deadline = client_.deadline();
  std::string after;
  if (!cursor.empty()) {
    auto position = read_cursor(cursor, kProducts);
    if (!position || position->empty() || count_characters(*position) > kSkuCharactersMax) {
      co_return failure(ErrorCode::InvalidInput, "the cursor is not one of this list");
    }
    after = std::move(*position);
  }
  // One Query a kind, each for as many as the page may need, since it may need none of the others.
  std::vector<Task<Result<dynamodb::RangeKeys>>> queries;
  for (int kind = 0; kind < dynamodb::kKinds; ++kind) {
    dynamodb::IndexQuery query{.hash_key = "kind",
                               .value = dynamodb::kind_name(kind),
                               .range_key = "sku",
                               .wanted = static_cast<std::size_t>(limit) + 1};
    if (!after.empty()) {
      query.bounds = "#range > :after";
      query.bound_values = {{":after", after}};
    }
    queries.push_back(dynamodb::query_index(client_, table_, std::move(query), deadline));
  }
  auto lists = co_await gather(std::move(queries));
  std::vector<std::string> skus;
  for (auto& found : lists) {
    if (!found) co_return std::unexpected(std::move(found.error()));
    std::ranges::move(found->keys, std::back_inserter(skus));
  }
  std::ranges::sort(skus);
  ProductPage page;
  if (std::cmp_greater(skus.size(), limit)) {
    skus.resize(static_cast<std::size_t>(limit));
    page.next_cursor = make_cursor(skus.back(), kProducts);
  }
  auto products = co_await get_all(std::move(skus), deadline);
  if (!products) co_return std::unexpected(std::move(products.error()));
  page.products = std::move(*products);
  co_return page;
}

}  // namespace orderflow
