#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <string>

#include "base/limits.h"
#include "functions/services.h"

// Ports that remember what they were asked and answer what a test tells them to. For *_test.cc
// only.
namespace orderflow {

class FakeOrders : public OrderStore {
 public:
  std::map<OrderId, OrderPtr> stored;
  std::map<std::array<std::uint8_t, 16>, std::pair<Idempotency, OrderPtr>> keys;
  std::optional<Error> broken;  ///< what every call answers, where it is set
  int calls = 0;
  OrderQuery last_query;

  Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> idempotency) override {
    ++calls;
    if (broken) co_return std::unexpected(*broken);
    if (idempotency) {
      auto before = co_await find(*idempotency);
      if (*before) co_return std::move(**before);
      keys.try_emplace(idempotency->key, *idempotency, order);
    }
    stored[order->id()] = order;
    co_return Creation{CreateOutcome::Created, order};
  }
  Task<Result<std::optional<Creation>>> find(Idempotency idempotency) override {
    const auto known = keys.find(idempotency.key);
    if (known == keys.end()) co_return std::nullopt;
    if (known->second.first != idempotency) co_return Creation{CreateOutcome::KeyReused, nullptr};
    co_return Creation{CreateOutcome::Replayed, known->second.second};
  }
  Task<Result<OrderPtr>> load(OrderId id, View) override {
    ++calls;
    if (broken) co_return std::unexpected(*broken);
    const auto found = stored.find(id);
    if (found == stored.end()) co_return failure(ErrorCode::NotFound, "no such order");
    co_return found->second;
  }
  Task<Result<CommitOutcome>> commit(std::uint32_t, Transition transition) override {
    ++calls;
    OrderPtr next = std::move(transition.next);
    stored[next->id()] = next;
    co_return CommitOutcome::Committed;
  }
  Task<Result<OrderPage>> list(OrderQuery query) override {
    ++calls;
    last_query = query;
    if (!query.cursor.empty()) co_return failure(ErrorCode::InvalidInput, "not a cursor of ours");
    OrderPage page;
    for (const auto& [id, order] : stored) page.orders.push_back(order);
    co_return page;
  }
  Task<Result<std::vector<OverdueOrder>>> overdue(Timestamp, std::int64_t) override {
    co_return std::vector<OverdueOrder>{};
  }
  Task<Result<std::vector<OrderPtr>>> parked(std::int64_t) override {
    std::vector<OrderPtr> parked;
    for (const auto& [id, order] : stored) {
      if (order->state.attention) parked.push_back(order);
    }
    co_return parked;
  }
};

class FakeProducts : public ProductStore {
 public:
  std::map<std::string, Product> stored;

  Task<Result<std::vector<std::optional<CatalogueEntry>>>> catalogue(std::vector<std::string> skus,
                                                                     View) override {
    std::vector<std::optional<CatalogueEntry>> entries;
    for (const auto& sku : skus) {
      const auto found = stored.find(sku);
      entries.emplace_back();
      if (found == stored.end()) continue;
      const Product& product = found->second;
      entries.back() = CatalogueEntry{product.name, product.price, product.currency};
    }
    co_return entries;
  }
  Task<Result<Product>> get(std::string sku) override {
    const auto found = stored.find(sku);
    if (found == stored.end()) co_return failure(ErrorCode::NotFound, "no such product");
    co_return found->second;
  }
  Task<Result<Put>> put(std::string sku, CatalogueEntry entry,
                        std::optional<std::int64_t> available) override {
    const bool created = !stored.contains(sku);
    Product& product = stored[sku];
    product.sku = sku;
    product.name = entry.name;
    product.price = entry.price;
    product.currency = entry.currency;
    product.stock.available = product.stock.received = available.value_or(product.stock.available);
    co_return Put{product, created};
  }
  Task<Result<Product>> adjust(std::string sku, std::int64_t quantity, std::string) override {
    const auto found = stored.find(sku);
    if (found == stored.end()) co_return failure(ErrorCode::NotFound, "no such product");
    Stock& stock = found->second.stock;
    if (quantity == kStockMax) co_return failure(ErrorCode::InvalidInput, "is too much");
    if (stock.available + quantity < 0) co_return failure(ErrorCode::Conflict, "below zero");
    stock.available += quantity;
    stock.received += quantity;
    co_return found->second;
  }
  Task<Result<ProductPage>> list(std::int64_t, std::string cursor) override {
    if (!cursor.empty()) co_return failure(ErrorCode::InvalidInput, "not a cursor of ours");
    ProductPage page;
    for (const auto& [sku, product] : stored) page.products.push_back(product);
    co_return page;
  }
};

class FakeQueue : public WorkQueue {
 public:
  int nudges = 0;

  Task<Result<void>> nudge(Stage, OrderId, Duration) override {
    ++nudges;
    co_return Result<void>();
  }
  Task<Result<std::vector<QueueDepth>>> depths() override {
    co_return std::vector<QueueDepth>{{Stage::Payment, 2, 1, 0, Duration(1042)},
                                      {Stage::Inventory, 0, 0, 0, {}},
                                      {Stage::Fulfillment, 0, 0, 3, {}}};
  }
};

/// No request of the API reaches a provider.
class FakeGateway : public PaymentGateway {
 public:
  Task<PaymentAnswer> authorize(PaymentRequest) override { co_return PaymentAnswer{}; }
  Task<PaymentAnswer> capture(PaymentRequest) override { co_return PaymentAnswer{}; }
  Task<PaymentAnswer> void_authorization(PaymentRequest) override { co_return PaymentAnswer{}; }
  Task<PaymentAnswer> refund(PaymentRequest) override { co_return PaymentAnswer{}; }
  Task<std::optional<PaymentRecord>> look_up(OrderId) override { co_return std::nullopt; }
};
class FakeCarrier : public Carrier {
 public:
  Task<ShipAnswer> ship(std::string, std::shared_ptr<const OrderBody>) override {
    co_return ShipAnswer{};
  }
  Task<ShipAnswer> look_up(std::string) override { co_return ShipAnswer{}; }
};

class FakeClock : public Clock {
 public:
  Timestamp now() override { return *parse_rfc3339("2026-03-20T09:30:00.125Z"); }
};
class FakeIds : public Ids {
 public:
  OrderId next_order_id(Timestamp) override {
    return *OrderId::parse("0195b2a4-8f6e-7c31-9d42-5f0e1a7b3c0" + std::to_string(count_++ % 10));
  }
  double jitter() override { return 0.5; }

 private:
  int count_ = 0;
};

}  // namespace orderflow
