#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "order/model/order.h"
#include "ports/order_store.h"
#include "ports/payment_gateway.h"
#include "ports/product_store.h"
#include "proof/world/simulation.h"

namespace orderflow::world {

/// An effect at the payment provider or the carrier.
enum class Effect : std::uint8_t { Authorize, Capture, Void, Ship };
inline constexpr int kEffectCount = 4;
[[nodiscard]] std::string_view to_string(Effect effect);

/// Watches a world from outside. From a status table and invariants of its own
/// (docs/correctness.md) it predicts what may be stored, done outside and answered. Shares no code
/// with src/order/rules, whose bugs it must find. The world reports everything that happens to it,
/// in order; it changes nothing.
///
/// Checks M1-M5, S1, T1, E1, I1, D1, P1 after every event, and L1 at the end. The homes check N1.
class Auditor {
 public:
  explicit Auditor(const Scenario& scenario);
  ~Auditor();

  // The store, as it is durable: in the local home a commit is reported when its group is on disk,
  // and one that is lost before that never is.

  /// `order_number`: its place in the scenario. A stored order that no client asked for violates
  /// D1, a second one for one key I1.
  void created(std::uint32_t order_number, const Order& order);
  void committed(const Order& order);
  /// After each durable change of stock, all that one commit moved in one call.
  void stock_is(const std::vector<Product>& products);
  /// The shop put or adjusted stock: `quantity` came (or, below zero, went) from outside.
  void received(const std::string& sku, std::int64_t quantity);
  /// The store of a process that died and came back reads like this: must be what was reported
  /// before.
  void reopened(const std::vector<OrderPtr>& orders, const std::vector<Product>& products);

  // The outside world.

  /// A processor asks for an effect, under this key. At this moment what the effect rests on must
  /// be durable: a claim before a capture or a shipment, a cancel or a sell-out before a void.
  void asked(Effect effect, const OrderId& order, std::string_view key, Minor amount);
  /// It takes effect at the other side, now or late (0 for a shipment): the books of the outside.
  void happened(Effect effect, const OrderId& order, std::string_view key, Minor amount);
  /// The provider (or carrier) refuses for good, and has stored the refusal under the key.
  void refused(Effect effect, const OrderId& order, std::string_view key);
  /// What the processor learns. Needed for L1 (which orders may be parked) and to see that no
  /// unknown outcome is taken for a decline.
  void answered(Effect effect, const OrderId& order, std::string_view key, EffectOutcome outcome,
                std::string_view reason);
  /// A look-up was answered, or not (nullopt), before the order's next step.
  void looked_up(Effect effect, const OrderId& order, bool answered);

  // Clients. `body` is what the client sent or was answered.

  void requested(std::uint32_t order_number, std::string_view method, std::string_view target,
                 std::string_view body);
  /// This answer leaves: what it says must be durable by now. An order that was answered 201 (D1)
  /// must be stored for ever.
  void responded(std::uint32_t order_number, std::string_view method, std::string_view target,
                 std::string_view idempotency_key, int status, std::string_view body);

  /// A text that may not contain personal data: a message, a problem detail, an error's detail, a
  /// log line. P1: every e-mail, token and address of the scenario contains kPersonalMark, and the
  /// text may not.
  void wrote(std::string_view kind, std::string_view text);

  /// The faults have stopped and the world has come to rest: L1, M4, M5, and that the outcome of
  /// each order is one that its scenario and its faults allow.
  void finish(const std::vector<OrderPtr>& orders, const std::vector<Product>& products);

  [[nodiscard]] const std::vector<Violation>& violations() const;
  /// The status in which an order is durably stored; nullopt where it is not stored.
  [[nodiscard]] std::optional<Status> status_of(std::uint32_t order_number) const;

 private:
  struct Model;
  std::unique_ptr<Model> model_;
};

/// Stands in every e-mail address, payment token suffix and street of a simulated customer.
inline constexpr std::string_view kPersonalMark = "p1mark";

}  // namespace orderflow::world
