#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "order/model/order.h"
#include "ports/payment_gateway.h"

// The audit's own reading of an order's timeline. It shares no logic with
// order/rules/transitions.cc, so that it finds the bugs of that file too.
namespace orderflow {

/// The invariants by their names in the audit's report.
enum class Invariant : std::uint8_t { M1, M2, M3, M4, M5, S1, T1, E1, L1, I1, D1, F1 };
inline constexpr int kInvariantCount = 12;

/// Where an order is: its status, with each status that stands for several places split up.
enum class OrderPhase : std::uint8_t {
  New,
  Pending,
  Authorized,
  Reserved,
  Claimed,   ///< FULFILLING, to be captured
  Captured,  ///< FULFILLING, to be shipped
  Shipped,
  Declined,
  SoldOut,  ///< OUT_OF_STOCK, to be voided
  SoldOutVoided,
  Cancelled,  ///< to be voided
  CancelledVoided,
};
/// Whether no step follows.
[[nodiscard]] bool ended(OrderPhase phase);

/// A timeline replayed event by event.
class Timeline {
 public:
  explicit Timeline(const OrderBody& body) : body_(body) {}

  /// Takes the step. Returns what is wrong with it: the status table has none here, or it is of
  /// another attempt than was due; empty where it is right. Its money and stock are counted in any
  /// case.
  [[nodiscard]] std::string apply(const Event& event);

  /// Whether every event so far was in the status table. Where not, phase() means nothing.
  [[nodiscard]] bool legal() const { return legal_; }
  [[nodiscard]] OrderPhase phase() const { return phase_; }
  [[nodiscard]] const Balance& money() const { return money_; }
  [[nodiscard]] int captures() const { return captures_; }
  [[nodiscard]] bool parked() const { return state_.attention.has_value(); }
  /// Reserved and not given up or shipped.
  [[nodiscard]] const std::vector<StockLine>& reserved() const { return reserved_; }
  [[nodiscard]] const std::vector<StockLine>& shipped() const { return shipped_; }
  /// For each event that moved other stock than it should: what was wrong.
  [[nodiscard]] const std::vector<std::string>& stock_findings() const { return stock_findings_; }
  /// The state as it should be stored, without events, `due_at` and shipment: those do not follow from
  /// the events.
  [[nodiscard]] OrderState expected() const;

 private:
  void work_step(const Event& event);
  void move_money(const Event& event);
  void move_stock(const Event& event);
  void take(OrderPhase next, const Event& event);
  [[nodiscard]] int expected_attempt(EventType type) const;

  const OrderBody& body_;
  OrderPhase phase_ = OrderPhase::New;
  bool legal_ = true;
  OrderState state_;
  Balance money_;
  int captures_ = 0;
  int declines_ = 0;
  std::vector<StockLine> reserved_;
  std::vector<StockLine> shipped_;
  std::vector<std::string> stock_findings_;
};

/// Compares the provider's books with the timeline; returns what is wrong, or empty. An effect happens
/// outside first and is stored here after it. So the books of an order with a step due may be ahead by
/// that step, and those of a claimed order by its shipment too (its capture need not be on disk before
/// it ships). An order at its end agrees exactly.
[[nodiscard]] std::string money_difference(const Timeline& timeline, const OrderBody& body,
                                           const PaymentRecord& books);
/// The same for the carrier's. `shipment`: its tracking number, where it has a shipment.
[[nodiscard]] std::string shipment_difference(const Timeline& timeline, const OrderState& stored,
                                              const std::optional<std::string>& shipment);

/// An invariant that does not hold for one order.
struct Finding {
  Invariant invariant{};
  std::string detail;  ///< without the order's id
};
/// Replays the order's events into `timeline` and checks all that needs nothing but the order: M1
/// to M4, S1 (its own moves), T1 and L1.
[[nodiscard]] std::vector<Finding> judge(const Order& order, Timeline& timeline);

}  // namespace orderflow
