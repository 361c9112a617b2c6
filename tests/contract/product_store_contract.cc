// What every ProductStore promises. How orders move stock is in order_store_contract.cc.

#include "base/limits.h"
#include "contract/adapters.h"

namespace orderflow {
namespace {

class ProductStoreContract : public StoresContract {
 protected:
  ProductStore::Put put(const std::string& sku, std::optional<std::int64_t> available) {
    return *run(products().put(sku, {.name = "Name of " + sku, .price = 2999}, available, {}));
  }
  Stock stock(const std::string& sku) { return run(products().get(sku))->stock; }
  Result<Adjustment> adjust(const std::string& sku, std::int64_t quantity, std::string reason,
                            std::optional<AdjustmentKey> key = {}) {
    return run(products().adjust(sku, quantity, std::move(reason), key));
  }
};
INSTANTIATE_TEST_SUITE_P(Adapters, ProductStoreContract, testing::ValuesIn(stores_adapters()),
                         kAdapterName);

TEST_P(ProductStoreContract, CreatesAndKeeps) {
  const Currency kwd = *Currency::from_code("KWD");
  const auto created = run(products().put("A/1 é", {"Gründe \"☃\"", 0, kwd}, 12, {}));
  ASSERT_TRUE(created.has_value());
  EXPECT_TRUE(created->created);
  const Product expected{"A/1 é", "Gründe \"☃\"", 0, kwd, {12, 0, 0, 12}};
  EXPECT_EQ(created->product, expected);
  EXPECT_EQ(*run(products().get("A/1 é")), expected);
  reopen();
  EXPECT_EQ(*run(products().get("A/1 é")), expected);
}

TEST_P(ProductStoreContract, DoesNotFindAnUnknownSku) {
  put("A", 1);
  EXPECT_EQ(run(products().get("a")).error().code, ErrorCode::NotFound);
  EXPECT_EQ(adjust("a", 1, "found").error().code, ErrorCode::NotFound);
}

TEST_P(ProductStoreContract, ANewProductWithoutACountHasNoStock) {
  EXPECT_EQ(put("A", {}).product.stock, Stock());
}

TEST_P(ProductStoreContract, ReplacesNameAndPriceAndLeavesTheStock) {
  put("A", 5);
  const auto replaced = run(products().put("A", {.name = "New", .price = 1}, {}, {}));
  EXPECT_FALSE(replaced->created);
  EXPECT_EQ(replaced->product, (Product{"A", "New", 1, Currency::usd(), {5, 0, 0, 5}}));
  EXPECT_EQ(*run(products().get("A")), replaced->product);
}

TEST_P(ProductStoreContract, SettingTheCountReceivesOrWritesOffTheDifference) {
  put("A", 5);
  EXPECT_EQ(put("A", 8).product.stock, (Stock{8, 0, 0, 8}));
  EXPECT_EQ(put("A", 2).product.stock, (Stock{2, 0, 0, 2}));
  EXPECT_EQ(put("A", 0).product.stock, Stock());
  reopen();
  EXPECT_EQ(stock("A"), Stock());
}

TEST_P(ProductStoreContract, PutsOnlyWhereTheConditionHolds) {
  const auto is_new = [](const Product* current) { return current == nullptr; };
  const auto costs = [](Minor price) {
    return [price](const Product* current) { return current && current->price == price; };
  };
  const CatalogueEntry entry{.name = "New", .price = 1};
  for (const std::optional<std::int64_t> available : {std::optional<std::int64_t>(), {7}}) {
    const std::string sku = available ? "A" : "B";
    EXPECT_EQ(run(products().put(sku, entry, available, costs(1))).error().code,
              ErrorCode::Conflict);
    EXPECT_EQ(run(products().get(sku)).error().code, ErrorCode::NotFound);
    const auto created = run(products().put(sku, entry, available, is_new));
    ASSERT_TRUE(created.has_value()) << created.error().detail;
    EXPECT_TRUE(created->created);
    EXPECT_EQ(run(products().put(sku, entry, available, is_new)).error().code, ErrorCode::Conflict);
    const auto changed = run(products().put(sku, {.name = "Newer", .price = 2}, {}, costs(1)));
    ASSERT_TRUE(changed.has_value()) << changed.error().detail;
    EXPECT_FALSE(changed->created);
    EXPECT_EQ(run(products().put(sku, entry, 3, costs(1))).error().code, ErrorCode::Conflict);
    const Product expected{sku, "Newer", 2, Currency::usd(), created->product.stock};
    EXPECT_EQ(*run(products().get(sku)), expected);
    EXPECT_EQ(changed->product, expected);
  }
}

TEST_P(ProductStoreContract, OfManyConditionalPutsAtOnceOneHappens) {
  std::vector<Task<Result<ProductStore::Put>>> puts;
  for (Minor price = 1; price <= 20; ++price) {
    puts.push_back(products().put("A", {.name = "A", .price = price}, {},
                                  [](const Product* current) { return current == nullptr; }));
  }
  int created = 0;
  for (const auto& put : run_all(io(), std::move(puts))) created += put.has_value();
  EXPECT_EQ(created, 1);
}

TEST_P(ProductStoreContract, AdjustsUpAndDownButNeverBelowZero) {
  put("A", 5);
  EXPECT_EQ(adjust("A", 3, "delivery")->product.stock, (Stock{8, 0, 0, 8}));
  EXPECT_EQ(adjust("A", -8, "broken")->product.stock, Stock());
  const auto below = adjust("A", -1, "theft");
  ASSERT_FALSE(below.has_value());
  EXPECT_EQ(below.error().code, ErrorCode::Conflict);
  reopen();
  EXPECT_EQ(stock("A"), Stock());
}

TEST_P(ProductStoreContract, RefusesMoreStockThanItCanCount) {
  put("A", 5);
  EXPECT_EQ(adjust("A", kStockMax - 4, "typing error").error().code, ErrorCode::InvalidInput);
  ASSERT_TRUE(adjust("A", -5, "broken"));
  EXPECT_EQ(adjust("A", kStockMax, "full")->product.stock.received, kStockMax);
  EXPECT_EQ(adjust("A", 1, "one more").error().code, ErrorCode::InvalidInput);
}

TEST_P(ProductStoreContract, NoAdjustmentOfManyAtOnceIsLost) {
  put("A", 10);
  std::vector<Task<Result<Adjustment>>> adjustments;
  for (int i = 0; i < 30; ++i) {
    adjustments.push_back(products().adjust("A", -1, "sold by hand", {}));
  }
  int refused = 0;
  for (const auto& done : run_all(io(), std::move(adjustments))) refused += !done.has_value();
  EXPECT_EQ(refused, 20);
  EXPECT_EQ(stock("A"), Stock());
}

TEST_P(ProductStoreContract, AdjustsOnceUnderAKey) {
  put("A", 5);
  put("B", 5);
  const AdjustmentKey key{1}, other{2};
  const auto first = adjust("A", -5, "broken", key);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->outcome, AdjustmentOutcome::Adjusted);
  EXPECT_EQ(first->product.stock, Stock());
  for (int restarts = 0; restarts < 2; ++restarts, reopen()) {
    // Five pieces less than none would be refused: the key comes first.
    const auto again = adjust("A", -5, "broken", key);
    ASSERT_TRUE(again.has_value()) << again.error().detail;
    EXPECT_EQ(again->outcome, AdjustmentOutcome::Replayed);
    EXPECT_EQ(again->product.stock, Stock());
    EXPECT_EQ(adjust("A", -4, "broken", key)->outcome, AdjustmentOutcome::KeyReused);
    EXPECT_EQ(adjust("A", -5, "theft", key)->outcome, AdjustmentOutcome::KeyReused);
  }
  EXPECT_EQ(adjust("B", -5, "broken", other)->outcome, AdjustmentOutcome::Adjusted);
  EXPECT_EQ(adjust("A", 2, "found")->product.stock, (Stock{2, 0, 0, 2}));
  // The answer shows the product as it is now.
  EXPECT_EQ(adjust("A", -5, "broken", key)->product.stock, (Stock{2, 0, 0, 2}));
}

TEST_P(ProductStoreContract, ARefusedAdjustmentLeavesItsKeyFree) {
  put("A", 5);
  const AdjustmentKey key{1};
  EXPECT_EQ(adjust("A", -6, "broken", key).error().code, ErrorCode::Conflict);
  EXPECT_EQ(adjust("a", -6, "broken", key).error().code, ErrorCode::NotFound);
  EXPECT_EQ(adjust("A", -5, "broken", key)->outcome, AdjustmentOutcome::Adjusted);
}

TEST_P(ProductStoreContract, OfManyAdjustmentsUnderOneKeyOneHappens) {
  put("A", 10);
  std::vector<Task<Result<Adjustment>>> adjustments;
  for (int i = 0; i < 20; ++i) {
    adjustments.push_back(products().adjust("A", -7, "broken", AdjustmentKey{1}));
  }
  int adjusted = 0;
  for (const auto& done : run_all(io(), std::move(adjustments))) {
    ASSERT_TRUE(done.has_value()) << done.error().detail;
    adjusted += done->outcome == AdjustmentOutcome::Adjusted;
  }
  EXPECT_EQ(adjusted, 1);
  EXPECT_EQ(stock("A"), (Stock{3, 0, 0, 3}));
}

TEST_P(ProductStoreContract, FindsASkuThatDiffersByItsSpellingOnly) {
  const auto similar = [&](std::vector<std::string> skus) {
    auto found = run(products().similar(std::move(skus)));
    EXPECT_TRUE(found.has_value());
    return found ? *found : std::vector<std::optional<std::string>>();
  };
  EXPECT_EQ(similar({"mug-blue"}), (std::vector<std::optional<std::string>>{std::nullopt}));
  put("Mug-Blue", 1);
  put("tea", 1);
  ASSERT_TRUE(run(products().put("Pot", {.name = "Pot", .price = 7}, {}, {})).has_value());
  for (int restarts = 0; restarts < 2; ++restarts, reopen()) {
    EXPECT_EQ(similar({"mug-blue", "coffee", " TEA ", "ｍｕｇ－blue", "POT", "Tee"}),
              (std::vector<std::optional<std::string>>{"Mug-Blue", std::nullopt, "tea", "Mug-Blue",
                                                       "Pot", std::nullopt}));
  }
}

TEST_P(ProductStoreContract, ReturnsCatalogueEntriesInTheOrderOfTheRequest) {
  put("B", 1);
  put("A", 1);
  ASSERT_TRUE(run(products().put("B", {.name = "New", .price = 7}, {}, {})).has_value());
  for (int restarts = 0; restarts < 2; ++restarts, reopen()) {
    const auto entries = run(products().catalogue({"B", "unknown", "A", "B"}, View::Latest));
    ASSERT_TRUE(entries.has_value());
    ASSERT_EQ(entries->size(), 4u);
    EXPECT_EQ(entries->at(0)->name, "New");
    EXPECT_EQ(entries->at(0)->price, 7);
    EXPECT_FALSE(entries->at(1).has_value());
    EXPECT_EQ(entries->at(2)->name, "Name of A");
    EXPECT_EQ(entries->at(2)->currency, Currency::usd());
    EXPECT_EQ(entries->at(3)->price, 7);
  }
}

TEST_P(ProductStoreContract, ListsInOrderOfSkuPageByPage) {
  for (int i = 24; i >= 0; --i) put(std::string(1, static_cast<char>('a' + i)), i);
  for (const std::int64_t limit : {1, 7, 25, 200}) {
    std::string skus;
    std::string cursor;
    do {
      const auto page = run(products().list(limit, cursor));
      ASSERT_TRUE(page.has_value());
      ASSERT_LE(page->products.size(), static_cast<std::size_t>(limit));
      for (const Product& product : page->products) {
        skus += product.sku;
        EXPECT_EQ(product.stock.available, product.sku[0] - 'a');
      }
      cursor = page->next_cursor;
    } while (!cursor.empty() && skus.size() < 100);
    EXPECT_EQ(skus, "abcdefghijklmnopqrstuvwxy") << limit;
  }
}

TEST_P(ProductStoreContract, RefusesForgedCursors) {
  put("A", 1);
  put("B", 1);
  for (const std::string forged : {"x", "garbage", "A", "%00"}) {
    const auto page = run(products().list(1, forged));
    ASSERT_FALSE(page.has_value()) << forged;
    EXPECT_EQ(page.error().code, ErrorCode::InvalidInput);
  }
}

}  // namespace
}  // namespace orderflow
