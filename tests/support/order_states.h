#pragma once

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "order/rules/transitions.h"

// One order of two lines in each state of its life: authorized() is the order after the decision of
// the same name.
namespace orderflow {

inline const Timestamp kNow = *parse_rfc3339("2026-01-02T03:04:05.678Z");
inline const std::vector<StockLine> kStock = {{"apple", 2}, {"pear", 1}};
inline constexpr Minor kTotal = 2500;

inline Order pending() {
  OrderBody body;
  body.id = *OrderId::parse("0198c2f0-1a2b-7c3d-8e4f-5a6b7c8d9e0f");
  body.created_at = kNow;
  body.customer_email = "test@example.com";
  body.lines = {{"apple", "Apple", 1000, 2, 2000}, {"pear", "Pear", 500, 1, 500}};
  body.total = kTotal;
  return receive(std::move(body));
}

/// The order after a decision that must be legal.
inline Order next(const Decision& decision) {
  EXPECT_TRUE(decision) << decision.error().detail;
  return *decision->next;
}

inline Order authorized() { return next(authorized(pending(), 1, kNow)); }
inline Order reserved() { return next(stock_reserved(authorized(), kStock, kNow)); }
inline Order claimed() { return next(claimed(reserved(), kNow)); }
inline Order captured() { return next(captured(claimed(), 1, kNow)); }
inline Order shipped() { return next(shipped(captured(), 1, "SIM1", "simulated", kNow)); }
inline Order declined() {
  return next(authorization_declined(pending(), 1, "card_declined", kNow));
}
inline Order capture_declined() { return next(capture_declined(claimed(), 1, "expired", kNow)); }
inline Order sold_out() { return next(sold_out(authorized(), "out_of_stock: pear", kNow)); }
inline Order sold_out_voided() { return next(voided(sold_out(), 1, kNow)); }
inline Order cancelled() { return next(cancelled(reserved(), "changed my mind", kNow)); }
inline Order cancelled_voided() { return next(voided(cancelled(), 1, kNow)); }

}  // namespace orderflow
