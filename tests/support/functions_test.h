#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "adapters/memory/memory_store.h"
#include "functions/order_status.h"
#include "functions/order_submission.h"
#include "functions/processors.h"

// The functions over a shop in memory, with a queue, a gateway and a carrier that do what a test
// tells them to. For *_test.cc only.
namespace orderflow {

/// Nothing here waits, so one run of the event loop finishes any task.
template <typename T>
T run(Task<T> task) {
  boost::asio::io_context io;
  std::optional<T> result;
  boost::asio::co_spawn(io, std::move(task), [&result](std::exception_ptr problem, T value) {
    if (problem) std::rethrow_exception(problem);
    result.emplace(std::move(value));
  });
  io.run();
  return std::move(*result);
}

struct FixedClock : Clock {
  Timestamp at = *parse_rfc3339("2026-01-02T03:04:05Z");
  Timestamp now() override { return at; }
};

struct CountingIds : Ids {
  std::uint64_t made = 0;
  OrderId next_order_id(Timestamp) override {
    std::array<std::uint8_t, 16> bytes{};
    bytes[6] = 0x70;
    bytes[15] = static_cast<std::uint8_t>(++made);
    return OrderId(bytes);
  }
  double jitter() override { return 1.0; }
};

struct RecordedQueue : WorkQueue {
  struct Nudge {
    Stage stage;
    OrderId order;
    Duration delay;
  };
  std::deque<Nudge> nudges;
  Task<Result<void>> nudge(Stage stage, OrderId order, Duration delay) override {
    nudges.push_back({stage, order, delay});
    co_return Result<void>();
  }
  Task<Result<std::vector<QueueDepth>>> depths() override { co_return std::vector<QueueDepth>{}; }
};

/// Answers what the test scripted, else Ok, and keeps every key it was asked under.
struct ScriptedGateway : PaymentGateway {
  std::deque<PaymentAnswer> script;
  std::vector<std::string> keys;
  std::optional<PaymentRecord> record = PaymentRecord{};
  int look_ups = 0;

  Task<PaymentAnswer> answer(const PaymentRequest& request) {
    keys.push_back(request.key.substr(request.key.find(':') + 1));
    PaymentAnswer next{.outcome = EffectOutcome::Ok};
    if (!script.empty()) {
      next = script.front();
      script.pop_front();
    }
    return ready(std::move(next));
  }
  static Task<PaymentAnswer> ready(PaymentAnswer answer) { co_return answer; }

  Task<PaymentAnswer> authorize(PaymentRequest request) override { return answer(request); }
  Task<PaymentAnswer> capture(PaymentRequest request) override { return answer(request); }
  Task<PaymentAnswer> void_authorization(PaymentRequest request) override {
    return answer(request);
  }
  Task<PaymentAnswer> refund(PaymentRequest request) override { return answer(request); }
  Task<std::optional<PaymentRecord>> look_up(OrderId) override {
    ++look_ups;
    co_return record;
  }
};

/// The process dies here.
struct Death {};

struct ScriptedCarrier : Carrier {
  bool deadly = false;  ///< ships, and nobody lives to hear of it
  std::deque<ShipAnswer> script;
  ShipAnswer found{.outcome = EffectOutcome::Declined};
  int ships = 0;
  Task<ShipAnswer> ship(std::string, std::shared_ptr<const OrderBody>) override {
    ++ships;
    if (deadly) throw Death{};
    ShipAnswer answer{EffectOutcome::Ok, {"SIM1", "simulated"}, ""};
    if (!script.empty()) {
      answer = script.front();
      script.pop_front();
    }
    co_return answer;
  }
  Task<ShipAnswer> look_up(std::string) override { co_return found; }
};

const PaymentAnswer kTimeout{EffectOutcome::Unknown, "timeout"};
const PaymentAnswer kDeclined{EffectOutcome::Declined, "card_declined"};

/// Orders whose cheaper read shows what a test says that was there a moment ago.
struct LaggingOrders : OrderStore {
  explicit LaggingOrders(OrderStore& store) : orders(store) {}
  OrderStore& orders;
  std::optional<OrderPtr> recent;  ///< null: not there yet; where it is not set, nothing lags

  Task<Result<OrderPtr>> load(OrderId id, View view) override {
    if (view != View::Recent || !recent) co_return co_await orders.load(id, view);
    if (!*recent) co_return failure(ErrorCode::NotFound, "not yet");
    co_return *recent;
  }
  Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> key) override {
    return orders.create(std::move(order), std::move(key));
  }
  Task<Result<std::optional<Creation>>> find(Idempotency key) override { return orders.find(key); }
  Task<Result<CommitOutcome>> commit(std::uint32_t version, Transition transition) override {
    return orders.commit(version, std::move(transition));
  }
  Task<Result<OrderPage>> list(OrderQuery query) override { return orders.list(std::move(query)); }
  Task<Result<std::vector<OverdueOrder>>> overdue(Timestamp before, std::int64_t limit) override {
    return orders.overdue(before, limit);
  }
  Task<Result<std::vector<OrderPtr>>> parked(std::int64_t limit) override {
    return orders.parked(limit);
  }
};

/// A catalogue whose cheaper read does not show a product that has just been put.
struct LaggingProducts : ProductStore {
  explicit LaggingProducts(ProductStore& store) : products(store) {}
  ProductStore& products;
  bool lags = false;

  Task<Result<std::vector<std::optional<CatalogueEntry>>>> catalogue(std::vector<std::string> skus,
                                                                     View view) override {
    if (view != View::Recent || !lags) co_return co_await products.catalogue(skus, view);
    co_return std::vector<std::optional<CatalogueEntry>>(skus.size());
  }
  Task<Result<Product>> get(std::string sku) override { return products.get(std::move(sku)); }
  Task<Result<Put>> put(std::string sku, CatalogueEntry entry,
                        std::optional<std::int64_t> available) override {
    return products.put(std::move(sku), std::move(entry), available);
  }
  Task<Result<Product>> adjust(std::string sku, std::int64_t quantity,
                               std::string reason) override {
    return products.adjust(std::move(sku), quantity, std::move(reason));
  }
  Task<Result<ProductPage>> list(std::int64_t limit, std::string cursor) override {
    return products.list(limit, std::move(cursor));
  }
};

class Functions : public testing::Test {
 protected:
  OrderDraft draft(std::string sku = "widget", std::int64_t quantity = 2) {
    return {.customer_email = "test@example.com",
            .lines = {{sku, "Widget", 2999, quantity}},
            .payment_method = "pm_card_visa"};
  }
  OrderPtr submit(OrderDraft what) {
    auto result = run(submit_order(services, std::move(what), std::nullopt));
    return std::get<Submission>(*result).order;
  }
  OrderPtr stored(const OrderPtr& order) { return *run(get_order(services, order->id())); }

  /// Delivers nudges until none is left, moving the clock to each delayed one.
  void deliver_all() {
    while (!queue.nudges.empty()) {
      const auto nudge = queue.nudges.front();
      queue.nudges.pop_front();
      clock.at += nudge.delay;
      ASSERT_TRUE(run(process(services, nudge.stage, nudge.order)));
    }
  }
  void stock(const std::string& sku, std::int64_t available) {
    ASSERT_TRUE(run(products.put(sku, {"Widget", 2999, Currency::usd()}, available)));
  }
  Stock stock_of(const std::string& sku) { return run(products.get(sku))->stock; }
  std::vector<EventType> timeline(const OrderPtr& order) {
    std::vector<EventType> types;
    for (const Event& event : stored(order)->state.events) types.push_back(event.type);
    return types;
  }

  MemoryStore memory;
  MemoryOrderStore stored_orders{memory};
  LaggingOrders orders{stored_orders};
  MemoryProductStore stored_products{memory};
  LaggingProducts products{stored_products};
  RecordedQueue queue;
  ScriptedGateway gateway;
  ScriptedCarrier carrier;
  FixedClock clock;
  CountingIds ids;
  Services services{orders, products, queue, gateway, carrier, clock, ids};
};

}  // namespace orderflow
