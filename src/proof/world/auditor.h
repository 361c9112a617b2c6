#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/timeline.h"
#include "order/model/order.h"
#include "order/model/step.h"
#include "ports/order_store.h"
#include "ports/payment_gateway.h"
#include "ports/product_store.h"
#include "proof/world/simulation.h"

namespace orderflow::world {

/// Stands in every e-mail address, payment token suffix and street of a simulated customer.
inline constexpr std::string_view kPersonalMark = "p1mark";

/// What a client asks of the API.
struct ClientRequest {
  std::uint32_t order = kNoOrder;
  std::string method;
  std::string target;
  std::string key;  ///< Idempotency-Key; empty for none
  std::string body;
};

/// Whether `later` has all events of `earlier`, in the same order; its last deferral may count one
/// more.
[[nodiscard]] bool continues(const Order& later, const Order& earlier);

/// One order, as far as the auditor knows it.
struct Watched {
  std::uint32_t number = kNoOrder;
  OrderPtr stored;            ///< as it is durable; null before it is
  PaymentRecord books;        ///< the provider's
  bool shipped = false;       ///< at the carrier
  bool acknowledged = false;  ///< a client has its 201
  bool cancel_asked = false;
  bool was_short = false;  ///< of a product, at a moment when its stock could be reserved
  std::set<std::string, std::less<>> effects;   ///< keys that have had their effect
  std::set<std::string, std::less<>> refusals;  ///< keys that were refused for good
  std::set<Operation> refused_for_good;         ///< shipments and voids
  bool given_up = false;                        ///< by the queue, after its last delivery
  std::set<Status> been;                        ///< every status it was durably in
  std::map<Operation, int> unanswered;          ///< of each effect: calls without an answer
};

/// Watches a world from outside. From a status table and invariants of its own
/// (docs/correctness.md) it predicts what may be stored, done outside and answered. Shares no code
/// with src/order/rules, whose bugs it must find. The world reports everything that happens to it,
/// in order; it changes nothing.
///
/// Checks M1-M5, S1, T1, E1, I1, D1, P1 after every event, and L1 at the end. The homes check N1.
class Auditor {
 public:
  explicit Auditor(const Scenario& scenario) : scenario_(scenario) {}

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

  /// The store answers an error that no retry can help: the order may be parked at once.
  void no_retry_can_help() { ++hopeless_; }

  // The outside world: Authorize, Capture, Void and Ship have effects there.

  /// A processor asks for an effect, under this key. At this moment what the effect rests on must
  /// be durable: a claim before a capture or a shipment, a cancel or a sell-out before a void.
  void asked(Operation effect, const OrderId& order, std::string_view key, Minor amount);
  /// It takes effect at the other side, now or late (0 for a shipment): the books of the outside.
  void happened(Operation effect, const OrderId& order, std::string_view key, Minor amount);
  /// The provider (or carrier) refuses for good, and has stored the refusal under the key.
  void refused(Operation effect, const OrderId& order, std::string_view key);
  /// What the processor learns from its request or look-up: an answer, or nothing. Needed for L1:
  /// which orders may be put off or parked.
  void answered(Operation effect, const OrderId& order, bool is_known);

  /// The step of this order failed on the last delivery of its message: it may be put off.
  void given_up(const OrderId& order);

  // Clients.

  void requested(const ClientRequest& request);
  /// This answer leaves: what it says must be durable by now. An order that was answered 201 (D1)
  /// must be stored for ever.
  void responded(const ClientRequest& request, int status, std::string_view body);

  /// A text that may not contain personal data: a message, a problem detail, an error's detail, a
  /// log line. P1: every e-mail, token and address of the scenario contains kPersonalMark, and the
  /// text may not.
  void wrote(std::string_view kind, std::string_view text);

  /// The faults have stopped and the world has come to rest: L1, M4, M5, and that the outcome of
  /// each order is one that its scenario and its faults allow.
  void finish(const std::vector<OrderPtr>& orders, const std::vector<Product>& products);

  void violate(std::string_view invariant, std::string detail);
  /// The first few.
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
  /// The status in which an order is durably stored; nullopt where it is not stored.
  [[nodiscard]] std::optional<Status> status_of(std::uint32_t order_number) const;

 private:
  void violate(std::string_view invariant, const Watched& order, std::string_view detail);
  [[nodiscard]] Watched* find(const OrderId& id);
  /// The orders that the client has made and that this path names.
  [[nodiscard]] std::vector<Watched*> named_in(const ClientRequest& request);
  void take(Watched& order, const Order& now);
  void check_outside(const Watched& order, const Order& now, const Timeline& timeline);
  void check_patience(const Watched& order, const Order& now);
  [[nodiscard]] bool is_silent(Operation effect) const;
  void check_stock();
  void note_shortage(Watched& order) const;
  void check_end(const Watched& order);

  const Scenario& scenario_;
  std::map<OrderId, Watched> orders_;
  std::map<std::uint32_t, std::vector<OrderId>> of_number_;
  std::map<std::string, Stock, std::less<>> stock_;            ///< as it was reported last
  std::map<std::string, std::int64_t, std::less<>> received_;  ///< from outside
  std::map<std::string, OrderId> key_answers_;                 ///< by number and key
  std::set<std::uint32_t> requested_;  ///< orders that a client has asked for
  int hopeless_ = 0;                   ///< errors that no retry can help
  std::vector<Violation> violations_;
};

}  // namespace orderflow::world
