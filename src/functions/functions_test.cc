#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <exception>
#include <map>

#include "adapters/memory/memory_store.h"
#include "base/limits.h"
#include "functions/order_admin.h"
#include "functions/order_recovery.h"
#include "functions/order_status.h"
#include "functions/order_submission.h"
#include "functions/processors.h"
#include "order/transitions.h"

namespace orderflow {
namespace {

/// Nothing in these tests waits, so one run of the event loop finishes any task.
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

using enum EventType;

TEST_F(Functions, CarryAnOrderToShipped) {
  const auto order = submit(draft());
  EXPECT_EQ(order->state.status, Status::Pending);
  EXPECT_EQ(order->body->total, 5998);
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(stored(order)->state.tracking_number, "SIM1");
  EXPECT_EQ(timeline(order), (std::vector{OrderReceived, PaymentAuthorized, StockReserved,
                                          FulfillmentClaimed, PaymentCaptured, OrderShipped}));
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1"}));
}

TEST_F(Functions, DoubledAndStrayNudgesDoNothing) {
  const auto order = submit(draft());
  for (int i = 0; i < 3; ++i) {
    for (Stage stage : {Stage::Fulfillment, Stage::Inventory, Stage::Payment}) {
      ASSERT_TRUE(run(process(services, stage, order->id())));
    }
  }
  deliver_all();
  EXPECT_EQ(stored(order)->version(), 6U);
  EXPECT_EQ(gateway.keys.size(), 2U);
  EXPECT_EQ(carrier.ships, 1);
}

TEST_F(Functions, ANudgeThatIsFasterThanTheCheaperReadIsNotLost) {
  const auto order = submit(draft());
  orders.recent = OrderPtr();  // not there yet
  ASSERT_TRUE(run(process(services, Stage::Payment, order->id())));
  EXPECT_EQ(stored(order)->state.status, Status::Authorized);
  orders.recent = order;  // still to be paid
  ASSERT_TRUE(run(process(services, Stage::Inventory, order->id())));
  EXPECT_EQ(stored(order)->state.status, Status::Reserved);
  ASSERT_TRUE(run(process(services, Stage::Fulfillment, order->id())));
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
}

TEST_F(Functions, WhatIsDoneOnAnOlderStateChangesNothing) {
  stock("widget", 2);
  const auto order = submit(draft());
  std::map<Stage, OrderPtr> past;
  for (const Stage stage : {Stage::Payment, Stage::Inventory, Stage::Fulfillment}) {
    past[stage] = stored(order);
    ASSERT_TRUE(run(process(services, stage, order->id())));
  }
  const auto end = stored(order);
  ASSERT_EQ(end->state.status, Status::Shipped);
  for (const auto& [stage, then] : past) {
    orders.recent = then;
    ASSERT_TRUE(run(process(services, stage, order->id())));
    EXPECT_EQ(stored(order)->state, end->state);
  }
  EXPECT_EQ(stock_of("widget"), (Stock{0, 0, 2, 2}));
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1", "authorize:1"}))
      << "asked again, under the same key";
  EXPECT_EQ(carrier.ships, 1);
}

TEST_F(Functions, OnlyTheLatestCatalogueRefusesAnOrder) {
  stock("widget", 2);
  products.lags = true;
  services.unknown_sku = UnknownSku::Reject;
  EXPECT_EQ(submit(draft())->body->total, 5998);
  services.unknown_sku = UnknownSku::MakeToOrder;
  auto without_price = draft();
  without_price.lines[0].price.reset();
  EXPECT_EQ(submit(without_price)->body->total, 5998);
}

TEST_F(Functions, StockThatHasJustComeUnderControlIsReserved) {
  stock("widget", 2);
  products.lags = true;
  const auto order = submit(draft());
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(stock_of("widget"), (Stock{0, 0, 2, 2}));
}

TEST_F(Functions, AReservationOnAnOlderStateLosesToTheCancel) {
  stock("widget", 2);
  const auto order = submit(draft());
  ASSERT_TRUE(run(process(services, Stage::Payment, order->id())));
  orders.recent = stored(order);
  ASSERT_TRUE(run(cancel_order(services, order->id(), "mistaken")));
  ASSERT_TRUE(run(process(services, Stage::Inventory, order->id())));
  EXPECT_EQ(stored(order)->state.status, Status::Cancelled);
  EXPECT_EQ(stock_of("widget"), (Stock{2, 0, 0, 2}));
}

TEST_F(Functions, ADeclineEndsTheOrderWithItsReason) {
  gateway.script = {kDeclined};
  const auto order = submit(draft());
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::PaymentDeclined);
  EXPECT_EQ(stored(order)->state.reason, "card_declined");
}

TEST_F(Functions, AnUnknownOutcomeIsLookedUpAndAskedAgainUnderTheSameKey) {
  gateway.script = {kTimeout, kTimeout};
  const auto order = submit(draft());
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(gateway.keys,
            (std::vector<std::string>{"authorize:1", "authorize:1", "authorize:1", "capture:1"}));
  EXPECT_EQ(gateway.look_ups, 2);
}

TEST_F(Functions, WhatTheLookUpFindsIsNotAskedAgain) {
  gateway.script = {kTimeout};
  gateway.record = PaymentRecord{.authorized = 5998, .has_authorization = true};
  const auto order = submit(draft());
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1"}));
}

TEST_F(Functions, AShipmentOfUnknownOutcomeIsLookedUpBeforeItIsAskedAgain) {
  carrier.script = {{.outcome = EffectOutcome::Unknown, .reason = "timeout"}};
  carrier.found = {EffectOutcome::Ok, {"SIM9", "simulated"}, ""};
  const auto order = submit(draft());
  deliver_all();
  EXPECT_EQ(stored(order)->state.tracking_number, "SIM9");
  EXPECT_EQ(carrier.ships, 1);
}

TEST_F(Functions, AFreeOrderIsNotAskedForAgainEither) {
  gateway.script = {kTimeout};
  gateway.record = PaymentRecord{.has_authorization = true};
  OrderDraft free = draft();
  free.lines.front().price = 0;
  const auto order = submit(std::move(free));
  ASSERT_TRUE(run(process(services, Stage::Payment, order->id())));
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1"}));
}

class CaptureAndShipment : public Functions {
 protected:
  /// An order that the fulfillment-processor is nudged for.
  OrderPtr reserved(Minor price = 2999) {
    OrderDraft what = draft();
    what.lines.front().price = price;
    const auto order = submit(std::move(what));
    EXPECT_TRUE(run(process(services, Stage::Payment, order->id())));
    EXPECT_TRUE(run(process(services, Stage::Inventory, order->id())));
    return order;
  }
  /// ... which dies after the shipment.
  OrderPtr died_over(Minor price = 2999) {
    const auto order = reserved(price);
    carrier.deadly = true;
    EXPECT_THROW((void)run(process(services, Stage::Fulfillment, order->id())), Death);
    carrier.deadly = false;
    EXPECT_EQ(timeline(order).back(), FulfillmentClaimed) << "nothing else is stored";
    return order;
  }
};

TEST_F(CaptureAndShipment, AreStoredTogether) {
  carrier.script = {{.outcome = EffectOutcome::Unknown, .reason = "timeout"}};
  const auto order = reserved();
  ASSERT_TRUE(run(process(services, Stage::Fulfillment, order->id())));
  EXPECT_EQ(timeline(order), (std::vector{OrderReceived, PaymentAuthorized, StockReserved,
                                          FulfillmentClaimed, PaymentCaptured, WorkDeferred}));
  EXPECT_EQ(stored(order)->state.payment_status, PaymentStatus::Captured);
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1"}));
}

TEST_F(CaptureAndShipment, ARefusedShipmentParksACapturedOrder) {
  carrier.script = {{.outcome = EffectOutcome::Declined, .reason = "no such town"}};
  const auto order = reserved();
  deliver_all();
  EXPECT_EQ(timeline(order).size(), 6U);
  EXPECT_EQ(stored(order)->state.payment_status, PaymentStatus::Captured);
  EXPECT_EQ(stored(order)->state.attention->reason, "ship_declined: no such town");
}

TEST_F(CaptureAndShipment, ADeathBeforeTheirCommitAsksAgainUnderTheSameKey) {
  const auto order = died_over();
  deliver_all();
  EXPECT_EQ(timeline(order), (std::vector{OrderReceived, PaymentAuthorized, StockReserved,
                                          FulfillmentClaimed, PaymentCaptured, OrderShipped}));
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1", "capture:1"}));
  EXPECT_EQ(balance(stored(order)->state).captured, 5998);
}

TEST_F(CaptureAndShipment, ALongDeathIsLookedUpOnBothSides) {
  const auto order = died_over();
  clock.at += std::chrono::hours(13);  // the keys may be forgotten
  gateway.record = PaymentRecord{
      .authorized = 5998, .captured = 5998, .has_authorization = true, .has_capture = true};
  carrier.found = {EffectOutcome::Ok, {"SIM9", "simulated"}, ""};
  deliver_all();
  EXPECT_EQ(stored(order)->state.tracking_number, "SIM9");
  EXPECT_EQ(gateway.keys, (std::vector<std::string>{"authorize:1", "capture:1"}));
  EXPECT_EQ(carrier.ships, 1);
}

TEST_F(CaptureAndShipment, ALongDeathIsLookedUpForAFreeOrderToo) {
  const auto order = died_over(0);
  clock.at += std::chrono::hours(25);
  gateway.record = PaymentRecord{.has_authorization = true, .has_capture = true};
  gateway.script = {{EffectOutcome::Declined, "already_captured"}};  // by a provider that forgot
  carrier.found = {EffectOutcome::Ok, {"SIM9", "simulated"}, ""};
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(carrier.ships, 1);
}

TEST_F(Functions, WorkThatKeepsFailingIsParkedAndARetryPutsItBack) {
  gateway.record = std::nullopt;
  gateway.script = {kTimeout};
  const auto order = submit(draft());
  deliver_all();
  ASSERT_TRUE(stored(order)->state.attention);
  EXPECT_EQ(stored(order)->state.attention->reason, "payment_look_up_failed");
  EXPECT_EQ(stored(order)->state.status, Status::Pending);

  gateway.record = PaymentRecord{};
  ASSERT_TRUE(run(retry_order(services, order->id())));
  EXPECT_EQ(run(retry_order(services, order->id())).error().code, ErrorCode::Conflict);
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
}

TEST_F(Functions, StockIsReservedThenShipped) {
  stock("widget", 5);
  const auto order = submit(draft());
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
  EXPECT_EQ(stock_of("widget"), (Stock{.available = 3, .shipped = 2, .received = 5}));
}

TEST_F(Functions, SoldOutVoidsTheAuthorizationAndNamesTheSku) {
  stock("widget", 1);
  const auto order = submit(draft());
  deliver_all();
  const auto end = stored(order);
  EXPECT_EQ(end->state.status, Status::OutOfStock);
  EXPECT_EQ(end->state.reason, "out_of_stock: widget");
  EXPECT_EQ(end->state.payment_status, PaymentStatus::Voided);
  EXPECT_TRUE(terminal(end->state));
  EXPECT_EQ(stock_of("widget"), (Stock{.available = 1, .received = 1}));
}

TEST_F(Functions, ARefusedCaptureReleasesTheStockAndShipsNothing) {
  stock("widget", 5);
  gateway.script = {{EffectOutcome::Ok, ""}, {EffectOutcome::Declined, "authorization_expired"}};
  const auto order = submit(draft());
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::PaymentDeclined);
  EXPECT_EQ(stored(order)->state.reason, "authorization_expired");
  EXPECT_EQ(stock_of("widget"), (Stock{.available = 5, .received = 5}));
  EXPECT_EQ(carrier.ships, 0);
}

TEST_F(Functions, CancelBeforeTheClaimReleasesAndVoids) {
  stock("widget", 5);
  const auto order = submit(draft());
  ASSERT_TRUE(run(process(services, Stage::Payment, order->id())));
  ASSERT_TRUE(run(process(services, Stage::Inventory, order->id())));
  EXPECT_EQ(stock_of("widget").reserved, 2);

  const auto answer = run(cancel_order(services, order->id(), "changed my mind"));
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)->state.status, Status::Cancelled);
  EXPECT_EQ(stock_of("widget"), (Stock{.available = 5, .received = 5}));
  deliver_all();
  EXPECT_EQ(stored(order)->state.payment_status, PaymentStatus::Voided);
  EXPECT_EQ(carrier.ships, 0);

  const auto again = run(cancel_order(services, order->id(), "changed my mind"));
  ASSERT_TRUE(again) << "a client that lost the answer may ask again";
  EXPECT_EQ((*again)->version(), stored(order)->version());
}

TEST_F(Functions, CancelAfterTheClaimIsRefused) {
  const auto order = submit(draft());
  deliver_all();
  EXPECT_EQ(run(cancel_order(services, order->id(), "")).error().code, ErrorCode::Conflict);
}

TEST_F(Functions, ALostNudgeIsFoundByRecovery) {
  const auto order = submit(draft());
  queue.nudges.clear();
  EXPECT_EQ(*run(recover_overdue(services)), 0) << "not overdue yet";
  clock.at += kOverdueGrace + Duration(1);
  EXPECT_EQ(*run(recover_overdue(services)), 1);
  deliver_all();
  EXPECT_EQ(stored(order)->state.status, Status::Shipped);
}

TEST_F(Functions, AnEarlyNudgeIsPutOff) {
  gateway.script = {kTimeout};
  const auto order = submit(draft());
  ASSERT_TRUE(run(process(services, Stage::Payment, order->id())));
  queue.nudges.clear();
  ASSERT_TRUE(run(process(services, Stage::Payment, order->id())));
  ASSERT_EQ(queue.nudges.size(), 1U);
  EXPECT_EQ(queue.nudges.front().delay, kBackoffBase * 2);
  EXPECT_EQ(gateway.keys.size(), 1U);
}

TEST_F(Functions, AnUnknownOrderIsAnError) {
  EXPECT_EQ(run(process(services, Stage::Payment, OrderId{})).error().code, ErrorCode::NotFound);
}

std::vector<Violation> violations(const Result<SubmissionResult>& result) {
  return std::get<std::vector<Violation>>(*result);
}

TEST_F(Functions, TheCatalogueSaysThePrice) {
  stock("widget", 5);
  auto what = draft();
  what.lines[0].price.reset();
  EXPECT_EQ(submit(what)->body->total, 5998);

  what.lines[0].price = 3000;
  auto found = violations(run(submit_order(services, what, std::nullopt)));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].pointer, "/items/0/price");
  EXPECT_EQ(found[0].code, "price_mismatch");

  what.lines[0] = {"other", "Other", std::nullopt, 1};
  EXPECT_EQ(violations(run(submit_order(services, what, std::nullopt)))[0].pointer,
            "/items/0/price");
}

TEST_F(Functions, UnknownSkusAreRefusedWhereTheShopSaysSo) {
  services.unknown_sku = UnknownSku::Reject;
  const auto found = violations(run(submit_order(services, draft(), std::nullopt)));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "unknown_sku");
}

TEST_F(Functions, AmountsBeyondTheLimitAreRefused) {
  auto what = draft();
  what.lines[0].price = kOrderTotalMinorMax + 1;
  what.lines[0].quantity = 1;
  EXPECT_EQ(violations(run(submit_order(services, what, std::nullopt)))[0].pointer,
            "/items/0/price");
  what.lines[0].price = 900'000'000'000;
  what.lines.push_back(what.lines[0]);
  EXPECT_EQ(violations(run(submit_order(services, what, std::nullopt)))[0].pointer, "/items");
}

TEST_F(Functions, TheSameKeyIsTheSameOrder) {
  const Idempotency key{.key = {1}, .fingerprint = {2}};
  const auto first = std::get<Submission>(*run(submit_order(services, draft(), key)));
  deliver_all();
  const auto again = std::get<Submission>(*run(submit_order(services, draft(), key)));
  EXPECT_FALSE(first.replayed);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.order->id(), first.order->id());
  EXPECT_EQ(again.order->state, first.order->state) << "the first answer again";
  EXPECT_TRUE(queue.nudges.empty());

  stock("widget", 1);
  ASSERT_TRUE(run(products.put("widget", {"Widget", 3000, Currency::usd()}, 1)));
  const auto later = std::get<Submission>(*run(submit_order(services, draft(), key)));
  EXPECT_EQ(later.order->id(), first.order->id()) << "whatever the catalogue says by now";

  const Idempotency other{.key = {1}, .fingerprint = {3}};
  EXPECT_TRUE(std::holds_alternative<KeyReused>(*run(submit_order(services, draft(), other))));
}

}  // namespace
}  // namespace orderflow
