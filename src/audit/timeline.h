#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "order/model/order.h"
#include "ports/payment_gateway.h"

// The audit's own reading of an order's timeline. Shares no logic with order/rules/transitions.cc, so
// that it finds the bugs of that file too.
namespace orderflow {

/// The invariants by their names in the audit's report.
enum class Check : std::uint8_t { M1, M2, M3, M4, M5, S1, T1, E1, L1, I1, D1 };
inline constexpr int kCheckCount = 11;

/// Where an order is: its status, with the two statuses that hold more than one place split up.
enum class Phase : std::uint8_t {
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
/// Nothing follows any more.
[[nodiscard]] bool ended(Phase phase);

/// A timeline replayed event by event.
class Timeline {
 public:
  explicit Timeline(const OrderBody& body) : body_(body) {}

  /// Why the status table has no such step here; empty where it has, and the step is taken. The
  /// money and stock of the event count in either case.
  [[nodiscard]] std::string apply(const Event& event);

  /// No event so far was out of place: where it is and what follows from that can be trusted.
  [[nodiscard]] bool legal() const { return legal_; }
  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] const Balance& money() const { return money_; }
  [[nodiscard]] int captures() const { return captures_; }
  [[nodiscard]] bool parked() const { return state_.attention.has_value(); }
  /// Reserved and not given up or shipped.
  [[nodiscard]] const std::vector<StockLine>& reserved() const { return reserved_; }
  [[nodiscard]] const std::vector<StockLine>& shipped() const { return shipped_; }
  /// Where an event moved stock that it should not have.
  [[nodiscard]] const std::vector<std::string>& stock_faults() const { return stock_faults_; }
  /// The state as it should be stored; without its events, `due_at` and shipment, which no event
  /// tells.
  [[nodiscard]] OrderState expected() const;

 private:
  void work_step(const Event& event);
  void move_money(const Event& event);
  void move_stock(const Event& event);
  void take(Phase next, const Event& event);
  [[nodiscard]] int expected_attempt(EventType type) const;

  const OrderBody& body_;
  Phase phase_ = Phase::New;
  bool legal_ = true;
  OrderState state_;
  Balance money_;
  int captures_ = 0;
  int declines_ = 0;
  std::vector<StockLine> reserved_;
  std::vector<StockLine> shipped_;
  std::vector<std::string> stock_faults_;
};

/// Whether the books of the provider and the carrier may be as they are while the order is where
/// `timeline` is. An effect happens outside first and is stored here after it, so an order with a
/// step due may be ahead there by that step, and a claimed one by its shipment too (its capture
/// need not be on disk before it ships); an order at its end agrees exactly. Empty, or what is
/// wrong.
[[nodiscard]] std::string money_difference(const Timeline& timeline, const OrderBody& body,
                                           const PaymentRecord& books);
/// `shipment`: the carrier's tracking number, where it has a shipment.
[[nodiscard]] std::string shipment_difference(const Timeline& timeline, const OrderState& stored,
                                              const std::optional<std::string>& shipment);

/// Something that does not hold, of one order.
struct Fault {
  Check check{};
  std::string detail;  ///< without the order's id
};
/// All that can be said of an order on its own: M1 to M4, S1 (its own moves), T1 and L1.
[[nodiscard]] std::vector<Fault> judge(const Order& order, Timeline& timeline);

}  // namespace orderflow
