#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "functions/order_status.h"
#include "functions/order_submission.h"
#include "functions/take_step.h"
#include "support/run.h"
#include "support/test_shop.h"

namespace orderflow {

const PaymentAnswer kTimeout{EffectOutcome::Unknown, "timeout"};

/// The functions over a shop in memory.
class Functions : public testing::Test, protected TestShop {
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
      ASSERT_TRUE(run(take_step(services, nudge.stage, nudge.order)));
    }
  }
  void stock(const std::string& sku, std::int64_t available) {
    ASSERT_TRUE(run(products.put(sku, {"Widget", 2999, Currency::usd()}, available, {})));
  }
  Stock stock_of(const std::string& sku) { return run(products.get(sku))->stock; }
  std::vector<EventType> timeline(const OrderPtr& order) {
    std::vector<EventType> types;
    for (const Event& event : stored(order)->state.events) types.push_back(event.type);
    return types;
  }
};

}  // namespace orderflow
