#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "order/model/order.h"
#include "order/model/step.h"
#include "order/model/transition.h"
#include "ports/view.h"

namespace orderflow {

/// An Idempotency-Key (IETF draft-ietf-httpapi-idempotency-key-header) as it is stored.
struct Idempotency {
  /// The key in the scope of its customer: the first 16 bytes of SHA-256(mailbox_key(e-mail), 0, key).
  std::array<std::uint8_t, 16> key{};
  /// The request: the first 16 bytes of the SHA-256 of its canonical JSON.
  std::array<std::uint8_t, 16> fingerprint{};

  friend bool operator==(const Idempotency&, const Idempotency&) = default;
};

enum class CreateOutcome {
  Created,    ///< Stored, and durable: `order`.
  Replayed,   ///< The key was used for the same request before: `order` is its order as it is now.
  KeyReused,  ///< The key was used for another request; nothing is stored. `order` is null.
};
struct Creation {
  CreateOutcome outcome{};
  OrderPtr order;
};

enum class CommitOutcome {
  Committed,
  VersionConflict,  ///< Another commit was first; nothing is stored. Load the order again.
  SoldOut,          ///< Some SKU has too little available; nothing is stored.
};

struct OrderQuery {
  std::optional<std::string> customer_email;  ///< in any case: see customer_key()
  std::optional<Status> status;
  std::optional<Timestamp> from;  ///< created at or after
  std::optional<Timestamp> to;    ///< created before
  std::int64_t limit = 0;         ///< 1 .. kPageLimitMax
  std::string cursor;             ///< of the page before; empty for the first
};
struct OrderPage {
  std::vector<OrderPtr> orders;  ///< newest first
  /// Where the next page starts; empty at the end. A page may hold fewer orders than its limit and
  /// still have a next one: it ends by kPageStoredBytesMax too.
  std::string next_cursor;
};

struct OverdueOrder {
  OrderId id;
  DueStep due;
};

/// An order that waits for a person: state.attention is set.
struct ParkedOrder {
  OrderId id;
  OrderState state;
};

struct ParkedPage {
  std::vector<ParkedOrder> orders;
  std::string next_cursor;  ///< empty at the end
};

/// An order that is neither at its end nor parked.
struct OpenOrder {
  OrderId id;
  std::optional<DueStep> due;  ///< none where the stored order cannot be read
  std::int64_t seq = 0;        ///< its place by age; above 0
};

/// The orders: the only truth. Every change is one compare-and-swap.
///
///     auto loaded = co_await store.load(id, View::Latest);
///     auto decision = authorized(**loaded, 1, clock.now());
///     auto outcome = co_await store.commit((*loaded)->version(), std::move(*decision));
///
/// Every call may fail with Unavailable, Timeout, Throttled or StorageFull. A failed create() or
/// commit() may have happened nevertheless (its answer was lost). Repeating the same call is safe.
class OrderStore {
 public:
  virtual ~OrderStore() = default;

  /// Stores a new order (see receive()) durably, unless its idempotency key is already in use. A
  /// store may replace the order's id by one that it derives from the key: use `Creation::order`.
  /// Conflict where another order has the id.
  virtual Task<Result<Creation>> create(OrderPtr order, std::optional<Idempotency> idempotency) = 0;

  /// The answer of create() for a key that is in use; nullopt where the key is free.
  virtual Task<Result<std::optional<Creation>>> find(Idempotency idempotency) = 0;

  /// NotFound where there is no such order.
  virtual Task<Result<OrderPtr>> load(OrderId id, View view) = 0;

  /// Replaces the order of `expected_version` by `transition.next`, which follows it as continues() in
  /// order/model/order.h says, and moves the stock of its last event by `transition.stock_move`: all
  /// of it or nothing. With `transition.barrier` it returns when the change is durable. Without it, it
  /// may return sooner: the change reaches the disk before every later commit. Until then only
  /// load(View::Latest) is certain to show it; other reads, of stock too, may show the state
  /// before.
  virtual Task<Result<CommitOutcome>> commit(std::uint32_t expected_version,
                                             Transition transition) = 0;

  /// InvalidInput where the cursor is not from this store, or from another query.
  virtual Task<Result<OrderPage>> list(OrderQuery query) = 0;

  /// Orders with a step due at or before `due_before`, not the parked ones, longest overdue first,
  /// at most `limit`. A store may return only some of them; then the next calls return the others.
  virtual Task<Result<std::vector<OverdueOrder>>> overdue(Timestamp due_before,
                                                          std::int64_t limit) = 0;

  /// The parked orders, oldest order first, at most `limit`, those that follow the page that ended with
  /// `cursor`; empty for the first. Their bodies are not read: customers choose how large those are.
  /// InvalidInput where the cursor is not from this call.
  virtual Task<Result<ParkedPage>> parked(std::int64_t limit, std::string cursor) = 0;
};

}  // namespace orderflow
